package store

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// withoutTrying is how long calls fail at once after one that had no patience left:
	// those who waited for it would each begin again.
	withoutTrying = 100 * time.Millisecond
	// pause stands between two attempts.
	pause = 50 * time.Millisecond
)

// pgTx is a transaction on its way, on a connection of its own.
type pgTx struct {
	ctx    context.Context //nolint:containedctx // of the one call that it is for
	conn   *pgx.Conn
	unsure *atomic.Bool // the server has warned since it was cleared
}

// doubtful is the error of a transaction that may have been committed.
type doubtful struct{ err error }

func (d doubtful) Error() string {
	return "nobody knows whether it is kept, so it does not count: " + d.err.Error()
}
func (d doubtful) Unwrap() error { return d.err }

func isDoubt(err error) bool { return errors.As(err, new(doubtful)) }

// errStandby is the server's warning that a commit may be there and on no standby.
var errStandby = errors.New("the server has committed it without its standby: see whether the standby runs and is connected (pg_stat_replication)")

// bounded gives a call's context, which ends when patience does.
func (p *postgres) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, p.patience, errPatience)
}

// step carries a transaction out, again and again while the server can't and patience
// lasts. do is told whether a transaction before this one may have been committed.
func (p *postgres) step(ctx context.Context, do func(x *pgTx, doubtful bool) error) error {
	if p.closed.Load() {
		return errClosed
	}
	if err := p.reach.failedJustNow(); err != nil {
		return err
	}
	var doubt, last error
	for {
		err := p.attempt(ctx, func(x *pgTx) error { return do(x, doubt != nil) })
		switch {
		case err == nil:
			p.reach.succeeded()
			return nil
		case isDoubt(err):
			doubt = err
		case ctx.Err() == nil || last == nil:
			last = err
		}
		if worthwhile(err) && ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // so that replicas don't meet
				continue
			}
		}
		if errors.Is(context.Cause(ctx), errPatience) { // and not that of who called
			last = p.reach.failed(cmp.Or(last, doubt))
		}
		if doubt != nil && !isDoubt(last) {
			return inPgWords(doubtful{cmp.Or(last, doubt)})
		}
		return inPgWords(cmp.Or(last, doubt))
	}
}

// attempt carries a transaction out once. What do has not committed is rolled back.
func (p *postgres) attempt(ctx context.Context, do func(*pgTx) error) error {
	c, err := p.reach.acquire(ctx, p.pool)
	if err != nil {
		return err
	}
	defer c.Release()
	conn := c.Conn()
	x := &pgTx{ctx: ctx, conn: conn, unsure: unsureOf(conn.PgConn())}
	err = do(x)
	if isReadOnly(err) { // it is no primary any more
		_ = conn.Close(ctx)
		return err
	}
	if !conn.IsClosed() && conn.PgConn().TxStatus() != 'I' {
		if _, failed := conn.Exec(ctx, "ROLLBACK"); failed != nil {
			_ = conn.Close(ctx) // which rolls back as well
		}
	}
	return err
}

// begin gives a batch that begins a transaction.
func begin() *pgx.Batch {
	b := &pgx.Batch{}
	b.Queue("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
	return b
}

func (x *pgTx) send(b *pgx.Batch) error { return x.conn.SendBatch(x.ctx, b).Close() }

// commit sends a batch and commits. Committed is what the server says to be, without a
// warning: one whose wait for the standby was cancelled has committed here alone
// (https://www.postgresql.org/docs/current/warm-standby.html#SYNCHRONOUS-REPLICATION).
func (x *pgTx) commit(b *pgx.Batch) error {
	committed := false
	b.Queue("COMMIT").Exec(func(tag pgconn.CommandTag) error {
		committed = tag.String() == "COMMIT"
		return nil
	})
	x.unsure.Store(false)
	err := x.send(b)
	var refused *pgconn.PgError
	switch {
	case err == nil && x.unsure.Load():
		return doubtful{errStandby}
	case err == nil && !committed:
		return errors.New("the server rolled it back")
	case err == nil:
		return nil
	case pgconn.SafeToRetry(err), errors.As(err, &refused) && refused.SeverityUnlocalized == "ERROR":
		return err // before anything was committed
	}
	return doubtful{err}
}

// unsureKey is where a connection has its mark.
const unsureKey = "loginwatch.unsure"

func unsureOf(c *pgconn.PgConn) *atomic.Bool {
	mark, _ := c.CustomData()[unsureKey].(*atomic.Bool)
	return mark
}

// noticed marks the connection whose server warns. No other warning than that of a
// commit comes while a mark counts.
func noticed(c *pgconn.PgConn, n *pgconn.Notice) {
	if mark := unsureOf(c); mark != nil && n.SeverityUnlocalized == "WARNING" {
		mark.Store(true)
	}
}

// worthwhile tells whether the same transaction may go well in a moment
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func worthwhile(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		switch refused.Code {
		case "55P03", "40001", "40P01", // a lock that somebody holds, two who wait for each other
			"25006", "25P03", "57014", // a standby; a transaction that stood still; a statement that took too long
			"53300", "57P01", "57P02", "57P03": // no connection left, shutting down, crashed, starting
			return true
		}
		return refused.Code[:2] == "08"
	}
	if refusedTLS(err) || errors.As(err, new(*tls.CertificateVerificationError)) {
		return false // no other server comes by waiting
	}
	return isDoubt(err) || errors.Is(err, errAsk) || errors.Is(err, errGone) || unreachable(err)
}

func isReadOnly(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == "25006"
}
