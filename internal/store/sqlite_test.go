package store

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/store/storetest"
)

func openAt(t testing.TB, path string) *Ledger {
	t.Helper()
	l, err := OpenSQLite(context.Background(), path, Budget{})
	if err != nil {
		t.Fatal(err)
	}
	return trusting(l)
}

// Whatever the rules have written, check has nothing to say of it.
func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t testing.TB) storetest.Store {
		path := filepath.Join(t.TempDir(), "a b?#%.db")
		l := openAt(t, path)
		t.Cleanup(func() {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			found, err := Check(context.Background(), Place{URL: "sqlite:" + path}, Keep{}, start.AddDate(100, 0, 0))
			if err != nil || len(found.Faults) > 0 {
				t.Errorf("%+v, %v", found, err)
			}
		})
		return l
	})
}

// Everything holds as well when each call comes from a process of its own.
func TestSQLiteAcrossRestarts(t *testing.T) {
	storetest.Run(t, func(t testing.TB) storetest.Store {
		path := filepath.Join(t.TempDir(), "loginwatch.db")
		return &restarting{t, func(ctx context.Context) (*Ledger, error) { return OpenSQLite(ctx, path, Budget{}) }}
	})
}

// restarting is a ledger that is opened for each call.
type restarting struct {
	t    testing.TB
	open func(context.Context) (*Ledger, error)
}

func (r *restarting) each(do func(*Ledger) error) error {
	l, err := r.open(context.Background())
	if err != nil {
		return err
	}
	defer func() {
		if err := l.Close(); err != nil {
			r.t.Error(err)
		}
	}()
	return do(trusting(l))
}

func (r *restarting) Admit(ctx context.Context, c loginwatch.Claim) (a loginwatch.Ticket, err error) {
	err = r.each(func(l *Ledger) (err error) { a, err = l.Admit(ctx, c); return err })
	return a, err
}

func (r *restarting) Settle(ctx context.Context, a loginwatch.Ticket, s loginwatch.Settlement) (c loginwatch.CredentialState, err error) {
	err = r.each(func(l *Ledger) (err error) { c, err = l.Settle(ctx, a, s); return err })
	return c, err
}

func (r *restarting) Lost(ctx context.Context, now time.Time, mine func(loginwatch.Key) bool) (slots []loginwatch.Slot, err error) {
	err = r.each(func(l *Ledger) (err error) { slots, err = l.Lost(ctx, now, mine); return err })
	return slots, err
}

func (r *restarting) Rotate(ctx context.Context, of loginwatch.RotatingSecret, change func(*loginwatch.Rotated)) error {
	return r.each(func(l *Ledger) error { return l.Rotate(ctx, of, change) })
}

func (r *restarting) Resume(ctx context.Context, name string, now time.Time) (before loginwatch.CredentialState, known bool, err error) {
	err = r.each(func(l *Ledger) (err error) { before, known, err = l.Resume(ctx, name, now); return err })
	return before, known, err
}

func (r *restarting) Opened(ctx context.Context, t loginwatch.Ticket, token string) error {
	return r.each(func(l *Ledger) error { return l.Opened(ctx, t, token) })
}

func (r *restarting) Credentials(ctx context.Context, now time.Time) (all []loginwatch.CredentialState, err error) {
	err = r.each(func(l *Ledger) (err error) { all, err = l.Credentials(ctx, now); return err })
	return all, err
}

// Everything holds as well when two processes share the file, and each call goes to
// the other one than the call before.
func TestSQLiteShared(t *testing.T) {
	storetest.Run(t, func(t testing.TB) storetest.Store {
		path := filepath.Join(t.TempDir(), "loginwatch.db")
		a := &alternating{ledgers: [2]*Ledger{openAt(t, path), openAt(t, path)}}
		t.Cleanup(func() {
			for _, l := range a.ledgers {
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			}
		})
		return a
	})
}

// alternating is a ledger that is two.
type alternating struct {
	ledgers [2]*Ledger
	calls   atomic.Int64
}

func (a *alternating) next() *Ledger { return a.ledgers[a.calls.Add(1)%2] }

func (a *alternating) Admit(ctx context.Context, c loginwatch.Claim) (loginwatch.Ticket, error) {
	return a.next().Admit(ctx, c)
}

func (a *alternating) Settle(ctx context.Context, t loginwatch.Ticket, s loginwatch.Settlement) (loginwatch.CredentialState, error) {
	return a.next().Settle(ctx, t, s)
}

func (a *alternating) Rotate(ctx context.Context, of loginwatch.RotatingSecret, change func(*loginwatch.Rotated)) error {
	return a.next().Rotate(ctx, of, change)
}

func (a *alternating) Resume(ctx context.Context, name string, now time.Time) (loginwatch.CredentialState, bool, error) {
	return a.next().Resume(ctx, name, now)
}

func (a *alternating) Opened(ctx context.Context, t loginwatch.Ticket, token string) error {
	return a.next().Opened(ctx, t, token)
}

func (a *alternating) Lost(ctx context.Context, now time.Time, mine func(loginwatch.Key) bool) ([]loginwatch.Slot, error) {
	return a.next().Lost(ctx, now, mine)
}

func (a *alternating) Credentials(ctx context.Context, now time.Time) ([]loginwatch.CredentialState, error) {
	return a.next().Credentials(ctx, now)
}

// However many slots there are, those that are kept no longer go, some at a time.
func TestSQLiteForgetsSlots(t *testing.T) {
	l := openAt(t, filepath.Join(t.TempDir(), "loginwatch.db"))
	defer func() { _ = l.Close() }()
	s, _ := l.engine.(*sqlite)
	fill := `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
		INSERT INTO slot (job, due, planned, admitted, ends) SELECT 1, i, i, ?, i FROM n`
	err := s.run(t.Context(), func(s *sqlite) error {
		if _, err := s.job(claimed(0).Slot.Key); err != nil {
			return err
		}
		return s.exec(fill, start.UnixNano())
	})
	if err != nil {
		t.Fatal(err)
	}
	now := start.Add(keptSlots + time.Second)
	for _, tt := range []struct {
		pass time.Duration
		left int
	}{{0, 1500}, {time.Second / 2, 1500}, {time.Second / 2, 500}, {time.Second, 0}, {sweepEvery, 0}} {
		now = now.Add(tt.pass)
		if err := l.engine.forget(t.Context(), now, l.budget); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := s.db.QueryRowContext(t.Context(), `SELECT count(*) FROM slot`).Scan(&left); err != nil || left != tt.left {
			t.Fatalf("%s later %d are left, %v; want %d", tt.pass, left, err, tt.left)
		}
	}
}
