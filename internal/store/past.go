package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// ringOf is how many slots a store in memory knows the end of.
const ringOf = 5_000

// Past is the history of a store, beside its ledger.
type Past interface {
	history.History
	// Tidy counts what is over and drops what is kept no longer, in steps that keep
	// nobody waiting.
	Tidy(ctx context.Context, now time.Time, keep Keep) error
	// Unwritten is how many slots the history has lost since the start.
	Unwritten() int
}

// Past gives the history of what is decided here: in the same file or database, or, where
// the ledger is in memory, of the last 5,000 slots.
func (l *Ledger) Past() Past { return l.engine.past() }

// remembered is a history in memory.
type remembered struct{ *history.Ring }

// Tidy implements [Past]: a ring keeps itself short.
func (remembered) Tidy(context.Context, time.Time, Keep) error { return nil }

// Unwritten implements [Past].
func (remembered) Unwritten() int { return 0 }

func (m *memory) past() Past { return m.history }

func (s *sqlite) past() Past { return pastOf{pastReader{s.db}, s.pending, keeper{sqliteTables{s}}} }

// pastOf reads a file's history beside its writer.
type pastOf struct {
	history.Reader
	*pending
	keeper keeper
}

// Tidy implements [Past]. It is for the daemon to call from time to time.
func (p pastOf) Tidy(ctx context.Context, now time.Time, keep Keep) error {
	return p.keeper.tidy(ctx, now, keep)
}

// Reading is what a store keeps for people, while somebody else may be writing it.
type Reading struct {
	history.Reader
	view *view
}

// readerOf says of which store an error tells, for somebody who has several, and tells of
// damage where it makes nothing of something.
type readerOf struct {
	history.Reader
	view *view
}

// pastParts are the tables that a history stands in beside its jobs, which are known to be sound.
var pastParts = []string{"run", "detail", "shape", "total"}

// told gives an error its store. What finds nothing, or something that can't be read, is
// asked whether a damaged page is why.
func (n readerOf) told(ctx context.Context, err error, nothing bool) error {
	if err == nil && nothing || err != nil && !errors.As(err, new(*inWordsError)) && ctx.Err() == nil {
		err = cmp.Or(n.view.sound(ctx, pastParts...), err)
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("store %s: %w", n.view.where, err)
}

// Entries implements [history.Reader].
func (n readerOf) Entries(ctx context.Context, q history.Query) ([]history.Entry, error) {
	all, err := n.Reader.Entries(ctx, q)
	return all, n.told(ctx, err, len(all) == 0)
}

// Run implements [history.Reader].
func (n readerOf) Run(ctx context.Context, id string) (*history.Record, error) {
	r, err := n.Reader.Run(ctx, id)
	return r, n.told(ctx, err, r == nil)
}

// Totals implements [history.Reader].
func (n readerOf) Totals(ctx context.Context, q history.Query) ([]*history.Totals, error) {
	all, err := n.Reader.Totals(ctx, q)
	return all, n.told(ctx, err, len(all) == 0)
}

// Incidents implements [history.Reader].
func (n readerOf) Incidents(ctx context.Context, q history.Query) ([]history.Incident, error) {
	all, err := n.Reader.Incidents(ctx, q)
	return all, n.told(ctx, err, len(all) == 0)
}

// Standings implements [history.Reader].
func (n readerOf) Standings(ctx context.Context, keys []loginwatch.Key) ([]loginwatch.Standing, error) {
	all, err := n.Reader.Standings(ctx, keys)
	return all, n.told(ctx, err, len(all) == 0)
}

// Dropped implements [history.Reader].
func (n readerOf) Dropped(ctx context.Context) (time.Time, error) {
	at, err := n.Reader.Dropped(ctx)
	return at, n.told(ctx, err, false)
}

// Close ends the reading.
func (r *Reading) Close() error { return r.view.close() }

// Texts gives what is learned of answers, as [Learned.Texts] does.
func (r *Reading) Texts(ctx context.Context) (map[string]string, error) {
	texts, err := r.view.learned(ctx)
	if err = cmp.Or(err, r.view.sound(ctx, "record")); err != nil {
		return nil, fmt.Errorf("store %s: what answers look like: %w", r.view.where, err)
	}
	return texts, nil
}

// Read opens a store to read its history and what it knows of answers, whether a daemon
// uses it or not. It has to be there, and nothing in it is changed.
func Read(ctx context.Context, at Place) (*Reading, error) {
	v, err := look(ctx, at)
	if err != nil {
		return nil, err
	}
	if v.version < v.known {
		err = fmt.Errorf("store %s: an older loginwatch has written it (version %d): once serve has opened it, it has a history", v.where, v.version)
		return nil, errors.Join(err, v.close())
	}
	if err := v.sound(ctx, "meta", "job"); err != nil {
		return nil, errors.Join(fmt.Errorf("store %s: %w", v.where, err), v.close())
	}
	return &Reading{readerOf{v, v}, v}, nil
}
