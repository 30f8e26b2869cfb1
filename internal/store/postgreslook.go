package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// lookAtPostgreSQL looks at a database in one transaction that reads alone. Nothing is
// decided by what it sees, so [database/sql] will do.
func lookAtPostgreSQL(ctx context.Context, at Place) (_ *view, err error) {
	conf, err := pgConfig(at)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	c := conf.ConnConfig
	v := &view{engine: "postgresql", where: pgWhere(c), known: len(pgMigrations), locks: true}
	defer func() {
		if err != nil {
			err = fmt.Errorf("store %s: %w", v.where, inPgWords(err))
		}
	}()
	v.key, v.noKey = pgKey(at.Secrets)
	conf.ConnConfig.ValidateConnect = nil // a standby knows it as well
	c.OnNotice = nil
	for name, value := range map[string]string{
		"search_path":       "loginwatch",
		"statement_timeout": "30min", "idle_in_transaction_session_timeout": "10min", // a look at a million runs takes its time
	} {
		c.RuntimeParams[name] = value
	}
	db := stdlib.OpenDB(*c, stdlib.OptionBeforeConnect(func(ctx context.Context, c *pgx.ConnConfig) error { return conf.BeforeConnect(ctx, c) }))
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	v.pastReader, v.close = pastReader{inDollars{tx}}, func() error { return errors.Join(tx.Rollback(), db.Close()) }
	if err := v.inDatabase(ctx); err != nil {
		return nil, errors.Join(err, v.close())
	}
	return v, nil
}

// inDatabase holds what is in the database to be ours.
func (v *view) inDatabase(ctx context.Context) (err error) {
	v.tables, err = v.names(ctx, `SELECT relname::text FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname = 'loginwatch' AND relkind = 'r'`)
	switch {
	case err != nil:
		return err
	case len(v.tables) == 0:
		return errors.New("nothing is in it yet: serve makes its tables")
	case !slices.Contains(v.tables, "meta"):
		return errForeign
	}
	if err := v.readMeta(ctx, "loginwatch.meta"); err != nil { // which says more of one who may not see it
		return err
	}
	v.version, err = pgVersionOf(v.meta, len(pgMigrations))
	return err
}
