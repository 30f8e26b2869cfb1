package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// pastConnections is how many connections a process has for its history at most: for its
// writer, for who shortens it, and for who reads.
const pastConnections = 3

// pgPastDB gives the connections of a history. What is written of it is acknowledged by
// the primary alone: a claim must outlive a promotion, and what came of it may lack
// the last moment; in turn it is written while a standby is away, when most is to be told.
func pgPastDB(conf *pgxpool.Config, afterConnect func(context.Context, *pgx.Conn) error) *sql.DB {
	c := conf.ConnConfig.Copy()
	c.RuntimeParams["search_path"] = "loginwatch"
	c.RuntimeParams["synchronous_commit"] = "local"
	c.RuntimeParams["lock_timeout"] = "2s"
	c.RuntimeParams["statement_timeout"] = "1min" // nobody waits for it but who reads
	db := stdlib.OpenDB(*c, stdlib.OptionBeforeConnect(conf.BeforeConnect), stdlib.OptionAfterConnect(afterConnect))
	db.SetMaxOpenConns(pastConnections)
	db.SetMaxIdleConns(pastConnections)
	db.SetConnMaxIdleTime(conf.MaxConnIdleTime)
	return db
}

// onPg is what asks a database, or is asked within a transaction.
type onPg interface {
	querier
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// inDollars asks PostgreSQL what is written with ? for an argument.
type inDollars struct{ onPg }

// QueryContext implements querier.
func (d inDollars) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.onPg.QueryContext(ctx, dollars(query), args...)
}

// dollars numbers the arguments of a query, in which no text has a question mark.
func dollars(query string) string {
	var b strings.Builder
	for n, part := range strings.SplitAfter(query, "?") {
		text, argument := strings.CutSuffix(part, "?")
		b.WriteString(text)
		if argument {
			b.WriteString("$" + strconv.Itoa(n+1))
		}
	}
	return b.String()
}

// pgStep is a transaction on its way.
type pgStep struct {
	ctx context.Context //nolint:containedctx // of the one step that it is for
	on  onPg
}

// QueryContext implements querier.
func (s pgStep) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return inDollars{s.on}.QueryContext(ctx, query, args...)
}

func (s pgStep) exec(query string, args ...any) error {
	_, err := s.changes(query, args...)
	return err
}

func (s pgStep) changes(query string, args ...any) (rows int64, err error) {
	result, err := s.on.ExecContext(s.ctx, dollars(query), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// pgTables are a database's, on one connection.
type pgTables struct{ conn *sql.Conn }

// QueryContext implements querier.
func (t pgTables) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return inDollars{t.conn}.QueryContext(ctx, query, args...)
}

// change implements pastTables.
func (t pgTables) change(ctx context.Context, do func(pastStep) error) error {
	tx, err := t.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(pgStep{ctx, tx}); err != nil {
		_ = tx.Rollback() // the error that counts is told
		return err
	}
	return tx.Commit()
}

// tidying is the number of the lock of who counts and shortens.
const tidying = applicationID + 1

// Tidy implements [Past], unless another process is at it. Its lock and its steps are on one
// connection: who loses it, or is killed, has neither.
func (h *pgHistory) Tidy(ctx context.Context, now time.Time, keep Keep) error {
	conn, err := h.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("the history of the store: %w", pastWords(err))
	}
	defer func() { _ = conn.Close() }() // back to where it came from, or away
	var mine bool
	if err := conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1)`, int64(tidying)).Scan(&mine); err != nil || !mine {
		return pastWords(err)
	}
	err = keeper{pgTables{conn}}.tidy(ctx, now, keep)
	if _, failed := conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(tidying)); err != nil || failed != nil {
		_ = onPgConn(conn, func(c *pgx.Conn) error { return c.Close(context.WithoutCancel(ctx)) }) // which gives the lock back as well
	}
	return err
}
