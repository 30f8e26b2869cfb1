package store

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// pgMigrations bring a database from one version to the next; its version is how many
// of them it has seen. They only go forward, and one that was released never changes.
//
// They only add: tables, their indices, columns that may be left out. So a daemon of the
// version before goes on beside a new one, and may be restarted, while a fleet is replaced one by
// one; what an older one would miss waits until no older one is left. A test holds them to that
// (docs/adr/0015-a-fleet-on-postgresql.md).
var pgMigrations = []string{pgClaims, pgPast}

// pgOldest is the version of the oldest program that may use the tables as they are now:
// whoever adds what an older one must not do without raises it.
const pgOldest = 1

// pgClaims is what decides what may be sent. Times are nanoseconds since the epoch, UTC.
// Records are written again and again, so their pages have room for that.
const pgClaims = `
CREATE SCHEMA IF NOT EXISTS loginwatch;

CREATE TABLE loginwatch.meta (
	name  text PRIMARY KEY,
	value text NOT NULL
);

CREATE TABLE loginwatch.job (
	id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	vendor   text COLLATE "C" NOT NULL,
	probe    text COLLATE "C" NOT NULL,
	target   text COLLATE "C" NOT NULL,
	location text COLLATE "C" NOT NULL,
	UNIQUE (vendor, probe, target, location)
);

CREATE TABLE loginwatch.slot (
	id       bigint PRIMARY KEY,       -- drawn at random by who claims it
	job      bigint NOT NULL REFERENCES loginwatch.job,
	due      bigint NOT NULL,
	planned  bigint NOT NULL,
	admitted bigint NOT NULL,
	ends     bigint NOT NULL,
	instance text NOT NULL,            -- who has it
	reason   text NOT NULL DEFAULT '', -- why it was not granted
	ticket   text,                     -- while it is granted and not settled
	settled  bigint,
	lost     bigint,
	UNIQUE (job, due)
);

CREATE INDEX slot_open ON loginwatch.slot (ends) WHERE ticket IS NOT NULL AND lost IS NULL;
CREATE INDEX slot_admitted ON loginwatch.slot (admitted);

CREATE TABLE loginwatch.record (
	kind  text COLLATE "C" NOT NULL,
	key   text COLLATE "C" NOT NULL,
	value text COLLATE "C" NOT NULL,
	until bigint NOT NULL,
	PRIMARY KEY (kind, key)
) WITH (fillfactor = 50);
`

// pgPast is what came of slots, as in a file (see past): without the savings there that a
// server does not need, and with indices for whoever asks for a time or a run.
const pgPast = `
CREATE TABLE loginwatch.run (
	job     bigint NOT NULL,
	due     bigint NOT NULL,
	at      bigint NOT NULL,
	verdict text COLLATE "C" NOT NULL,
	reason  text COLLATE "C" NOT NULL,
	latency bigint, -- microseconds, where something was measured
	class   bigint, -- of that latency
	detail  bigint, -- which may be gone
	PRIMARY KEY (job, due)
);

CREATE INDEX run_due ON loginwatch.run (due);

CREATE SEQUENCE loginwatch.detail_n;

CREATE TABLE loginwatch.detail (
	n      bigint PRIMARY KEY,
	id     bytea NOT NULL,
	job    bigint NOT NULL,
	due    bigint NOT NULL,
	failed bigint NOT NULL,
	shape  bigint NOT NULL,
	own    bytea NOT NULL
);

CREATE INDEX detail_id ON loginwatch.detail (id);

CREATE TABLE loginwatch.shape (
	id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	digest bytea NOT NULL UNIQUE,
	seen   bigint NOT NULL, -- the day of its last run
	text   bytea NOT NULL
);

CREATE TABLE loginwatch.total (
	span  bigint NOT NULL, -- an hour or a day
	since bigint NOT NULL,
	shard bigint NOT NULL, -- of jobs
	rows  bytea NOT NULL,
	PRIMARY KEY (span, since, shard)
);

INSERT INTO loginwatch.meta (name, value) VALUES ('late', '0'); -- which can be held
`

// prepare makes what the database lacks, and holds it to be ours.
func (p *postgres) prepare(ctx context.Context, mark string, migrations []string) error {
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	return p.step(ctx, func(x *pgTx, _ bool) error {
		version, err := x.version(mark, len(migrations))
		if err != nil {
			return err
		}
		if version < len(migrations) {
			if err := x.migrate(mark, migrations); err != nil {
				return err
			}
		}
		return x.mayWrite(migrations)
	})
}

// migrate brings the database up to date. Of those who begin at once one does, and the
// others wait for it.
func (x *pgTx) migrate(mark string, migrations []string) error {
	b := begin()
	b.Queue(`SELECT pg_advisory_xact_lock($1)`, int64(applicationID))
	if err := x.send(b); err != nil {
		return err
	}
	version, err := x.version(mark, len(migrations))
	if err != nil {
		return err
	}
	if version >= len(migrations) { // somebody else just has
		b := &pgx.Batch{}
		b.Queue("ROLLBACK")
		return x.send(b)
	}
	for from, m := range migrations[version:] {
		if _, err := x.conn.PgConn().Exec(x.ctx, m).ReadAll(); err != nil {
			return fmt.Errorf("from version %d to %d: %w", version+from, version+from+1, err)
		}
	}
	b = &pgx.Batch{}
	b.Queue(`INSERT INTO loginwatch.meta (name, value) VALUES ('application', 'loginwatch'), ('key', $1), ('version', $2), ('oldest', $3)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, mark, strconv.Itoa(len(migrations)), strconv.Itoa(pgOldest))
	return x.commit(b)
}

var errForeign = errors.New("its schema loginwatch is of another program: name another database")

// version gives the version of tables that are ours and that a program may use which knows
// so many; 0 where there are none. Those of a newer one it may use where nothing was
// taken away.
func (x *pgTx) version(mark string, known int) (version int, err error) {
	tables, err := x.tables()
	if err != nil || len(tables) == 0 {
		return 0, err
	}
	if !slices.Contains(tables, "meta") {
		return 0, errForeign
	}
	meta, err := x.meta()
	if err != nil {
		return 0, err
	}
	if version, err = pgVersionOf(meta, known); err == nil && meta["key"] != mark {
		err = errors.New("the key is another one than it was written with: give that one; with this one every budget would begin again")
	}
	return version, err
}

// pgVersionOf reads what tables say of themselves to a program that knows so many versions.
func pgVersionOf(meta map[string]string, known int) (version int, err error) {
	version, err = strconv.Atoi(meta["version"])
	if meta["application"] != "loginwatch" || err != nil {
		return 0, errForeign
	}
	if version > known {
		if oldest, err := strconv.Atoi(meta["oldest"]); err != nil || oldest > known {
			return 0, fmt.Errorf("a newer loginwatch has written it (version %d, this one knows %d): use that one, or name another database", version, known)
		}
	}
	return version, nil
}

// tables names what is in our schema. It asks the catalogs themselves: a function such as
// to_regclass may answer from what this connection remembers.
func (x *pgTx) tables() (names []string, err error) {
	rows, err := x.conn.Query(x.ctx, `SELECT relname::text FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname = 'loginwatch'`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (x *pgTx) meta() (map[string]string, error) {
	rows, err := x.conn.Query(x.ctx, `SELECT name, value FROM loginwatch.meta`)
	if err != nil {
		return nil, err
	}
	meta := map[string]string{}
	var name, value string
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		meta[name] = value
		return nil
	})
	return meta, err
}

// mayWrite holds what may be done with the tables to be enough.
func (x *pgTx) mayWrite(migrations []string) error {
	var may bool
	tables, sequences := pgMade(migrations)
	err := x.conn.QueryRow(x.ctx, `SELECT bool_and(has_table_privilege(name, 'SELECT') AND has_table_privilege(name, 'INSERT') AND has_table_privilege(name, 'UPDATE')
			AND (name IN ('loginwatch.job', 'loginwatch.meta') OR has_table_privilege(name, 'DELETE')))
			AND (SELECT coalesce(bool_and(has_sequence_privilege(name, 'USAGE')), true) FROM unnest($2::text[]) AS name)
		FROM unnest($1::text[]) AS name`, tables, sequences).Scan(&may)
	if err == nil && !may {
		err = errors.New("the user may not write its tables: let it own the schema loginwatch")
	}
	return err
}

// pgMade names what migrations make.
func pgMade(migrations []string) (tables, sequences []string) {
	for _, m := range migrations {
		for _, made := range pgMakes.FindAllStringSubmatch(m, -1) {
			if made[1] == "TABLE" {
				tables = append(tables, made[2])
			} else {
				sequences = append(sequences, made[2])
			}
		}
	}
	return tables, sequences
}

var pgMakes = regexp.MustCompile(`CREATE (TABLE|SEQUENCE) (loginwatch\.\w+)`)
