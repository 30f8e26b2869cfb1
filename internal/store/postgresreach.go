package store

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// reach is what a process knows of whether its server can be reached, so that hundreds
// of slots don't each find out.
type reach struct {
	down    atomic.Bool
	looking chan struct{} // has room for the one who looks whether a server is back

	mu  sync.Mutex
	at  time.Time // when a call had no patience left
	why error
}

// acquire gives a connection. While there was none, one caller at a time asks, and
// seldom.
func (r *reach) acquire(ctx context.Context, pool *pgxpool.Pool) (*pgxpool.Conn, error) {
	if r.down.Load() {
		select {
		case r.looking <- struct{}{}:
			defer func() { <-r.looking }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if r.down.Load() {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
	c, err := pool.Acquire(ctx)
	r.down.Store(err != nil && errors.As(err, new(*pgconn.ConnectError)))
	return c, err
}

// failed notes why a call has failed that had no patience left.
func (r *reach) failed(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if errors.Is(err, context.DeadlineExceeded) && r.why != nil && r.down.Load() {
		err = r.why // it has waited for another one to look
	}
	r.at, r.why = time.Now(), err
	return err
}

func (r *reach) succeeded() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at, r.why = time.Time{}, nil
}

// failedJustNow gives the error of a call that has failed just now.
func (r *reach) failedJustNow() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) < withoutTrying {
		return inPgWords(r.why)
	}
	return nil
}

// unreachable tells whether an error is one of the way to the server.
func unreachable(err error) bool {
	var way net.Error
	return errors.As(err, &way) || pgconn.Timeout(err) || errors.As(err, new(*pgconn.ConnectError)) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, pgconn.ErrConnClosed)
}
