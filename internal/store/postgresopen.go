package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loginwatch/loginwatch"
)

// connections is how many a process has at most: a claim takes one for some
// milliseconds.
const connections = 8

// OpenPostgreSQL opens the ledger in a database, and makes its tables, or what they lack,
// in the schema loginwatch. Zero fields of budget mean the defaults. The errors say
// what is wrong and what to do, and hold no secret.
func OpenPostgreSQL(ctx context.Context, at Place, budget Budget) (*Ledger, error) {
	return openPostgreSQL(ctx, at, budget, pgMigrations)
}

// openPostgreSQL opens it as a program does that knows some migrations.
func openPostgreSQL(ctx context.Context, at Place, budget Budget, migrations []string) (*Ledger, error) {
	conf, err := pgConfig(at)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	where := pgWhere(conf.ConnConfig)
	key, err := pgKey(at.Secrets)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", where, err)
	}
	mark, opened := fingerprint(key), &atomic.Bool{}
	conf.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		c.PgConn().CustomData()[unsureKey] = &atomic.Bool{}
		if !opened.Load() {
			return nil
		}
		return sameStore(ctx, c, mark)
	}
	pool, err := pgxpool.NewWithConfig(ctx, conf)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", where, inPgWords(err))
	}
	p := &postgres{pool: pool, instance: at.Instance, patience: patience}
	p.reach.looking, p.doubts.clearing = make(chan struct{}, 1), make(chan struct{}, 1)
	if err := p.prepare(ctx, mark, migrations); err != nil {
		pool.Close()
		return nil, fmt.Errorf("store %s: %w", where, err)
	}
	opened.Store(true)
	p.history = newPgHistory(pgPastDB(conf, func(ctx context.Context, c *pgx.Conn) error { return sameStore(ctx, c, mark) }))
	if budget, err = p.agree(ctx, budget); err != nil {
		_ = p.end() // the error that counts is told
		return nil, fmt.Errorf("store %s: %w", where, err)
	}
	return newLedger(p, key, budget), nil
}

// pgConfig makes the pool's configuration. What has to do with safety is not for the
// URL or the environment to say.
func pgConfig(at Place) (*pgxpool.Config, error) {
	conf, err := pgxpool.ParseConfig(at.URL)
	if err == nil && !hasTLSMode(at.URL) {
		conf, err = pgxpool.ParseConfig(withTLSMode(at.URL, conf.ConnConfig))
	}
	if err != nil {
		// Its text may repeat the URL, and whatever somebody has written there.
		return nil, errors.New("the URL can't be used: see its form, and the files that it names for TLS")
	}
	c := conf.ConnConfig
	c.Password = ""
	c.OnNotice = noticed
	c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	// A commit that waits for its standby ends only by being cancelled. Left alone, it
	// would keep its locks and its connection for as long as there is no standby.
	c.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: time.Second}
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 2 * time.Second
	}
	for name, value := range map[string]string{
		"application_name":                    strings.TrimSpace("loginwatch " + at.Instance),
		"client_encoding":                     "UTF8",
		"synchronous_commit":                  "on", // also on the standby, where the server has a synchronous one
		"lock_timeout":                        "250ms",
		"statement_timeout":                   "3s",
		"idle_in_transaction_session_timeout": "5s", // of a process that was stopped: others want its locks
	} {
		c.RuntimeParams[name] = value
	}
	conf.MaxConns, conf.MaxConnIdleTime, conf.PingTimeout = connections, 5*time.Minute, time.Second
	conf.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) (err error) {
		if at.Secrets == nil {
			return nil
		}
		c.Password, _, err = at.Secrets.Secret("password")
		if err != nil {
			// Apart from the errors of the way to the server, which would be tried again.
			return errors.New("its password: " + err.Error())
		}
		return nil
	}
	return conf, nil
}

func hasTLSMode(address string) bool {
	_, query, _ := strings.Cut(address, "?")
	values, err := url.ParseQuery(query)
	return err == nil && values.Has("sslmode")
}

// withTLSMode says what the URL does not: on the way to another machine nothing is said
// to a server that can't show who it is.
func withTLSMode(address string, c *pgx.ConnConfig) string {
	mode := "sslmode=disable"
	for _, host := range pgHosts(c) {
		if !strings.HasPrefix(host.name, "/") && !isLoopback(host.name) {
			mode = "sslmode=verify-full"
		}
	}
	if strings.Contains(address, "?") {
		return address + "&" + mode
	}
	return address + "?" + mode
}

// pgKey reads the key of the digests of credentials: all who share a store have the same.
func pgKey(secrets loginwatch.SecretSource) ([]byte, error) {
	if secrets == nil {
		return nil, errors.New("it needs a key")
	}
	text, found, err := secrets.Secret("key")
	if err != nil {
		return nil, fmt.Errorf("its key: %w", err)
	}
	if !found {
		return nil, fmt.Errorf("its key is missing (%s): all daemons that share the store need the same, %d hexadecimal digits, as openssl rand -hex %d makes them", secrets.Origin("key"), 2*keyBytes, keyBytes)
	}
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != keyBytes {
		return nil, fmt.Errorf("its key (%s) should be %d hexadecimal digits", secrets.Origin("key"), 2*keyBytes)
	}
	return key, nil
}

// agree gives the budget that holds: the one that is given, for those who come after and
// give none as well, or the one that was given last.
func (p *postgres) agree(ctx context.Context, given Budget) (holds Budget, err error) {
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	err = p.step(ctx, func(x *pgTx, _ bool) error {
		holds = given
		meta, err := x.meta()
		if err != nil {
			return err
		}
		if given == (Budget{}) {
			if kept := meta["budget"]; kept != "" {
				return json.Unmarshal([]byte(kept), &holds)
			}
			return nil
		}
		text, err := json.Marshal(given)
		if err != nil || string(text) == meta["budget"] {
			return err
		}
		b := begin()
		b.Queue(`INSERT INTO loginwatch.meta (name, value) VALUES ('budget', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, string(text))
		return x.commit(b)
	})
	return holds, err
}

// sameStore holds a connection to be one to the store that was opened: a name may lead
// to another server meanwhile.
func sameStore(ctx context.Context, c *pgx.Conn, mark string) error {
	var now string
	err := c.QueryRow(ctx, `SELECT value FROM loginwatch.meta WHERE name = 'key'`).Scan(&now)
	if err == nil && now != mark {
		err = errors.New("it is another store than the one that was opened: see where its host's name leads, or restart")
	}
	return err
}
