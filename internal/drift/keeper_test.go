package drift

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// shelf keeps texts in memory.
type shelf struct {
	mu      sync.Mutex
	texts   map[string]string
	failing error
}

func (s *shelf) Text(_ context.Context, key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.texts[key], s.failing
}

func (s *shelf) Texts(context.Context) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]string{}
	for k, v := range s.texts {
		all[k] = v
	}
	return all, s.failing
}

func (s *shelf) Swap(_ context.Context, key, head, text string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failing != nil || headOf(s.texts[key]) != head {
		return false, s.failing
	}
	s.texts[key] = text
	return true, nil
}

// replica is a keeper beside others.
type replica struct {
	*Keeper
	log *bytes.Buffer
}

func newReplica(s *shelf, w *world) replica {
	var log bytes.Buffer
	k := NewKeeper(s, slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return w.now })
	k.Watch([]Target{{w.vendor, "production"}})
	return replica{k, &log}
}

func (r replica) told() int { return strings.Count(r.log.String(), "answers have changed") }

// Two replicas take turns, and one of them is killed and comes back: a change is told once,
// by whoever keeps it first, and nothing of what was learned is lost.
func TestReplicas(t *testing.T) {
	s := &shelf{texts: map[string]string{}}
	w := asYouLike(77, time.Hour)
	w.quiet = [2]int{}
	a, b := newReplica(s, w), newReplica(s, w)
	turn := 0
	notable := false
	record := func(r *loginwatch.Run) {
		turn++
		k := a
		if turn%7 < 3 {
			k = b
		}
		if err := k.RecordRun(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		notable = notable || r.Notable
		k.Keep(t.Context(), false)
	}
	w.live(begin, begin.AddDate(0, 1, 0), record)
	if turn == 0 || a.told()+b.told() > 0 {
		t.Fatalf("told before anything has changed:\n%s%s", a.log, b.log)
	}
	w.cases[0].at("/user/id").rate = 0
	w.live(w.now, w.now.Add(3*time.Hour), record)
	before := a.told() + b.told()
	b = newReplica(s, w) // killed: what it had not kept is lost
	w.live(w.now, w.now.AddDate(0, 0, 3), record)
	if n := before + b.told() + a.told() - min(before, a.told()); n == 0 || a.told()+b.told() > 1 {
		t.Errorf("told %d and %d times", a.told(), b.told())
	}
	known, err := Look(t.Context(), s, "")
	if err != nil || len(known.Changes) != 1 || known.Changes[0].Class != loginwatch.Breaking || known.Learned < 2 || !notable {
		t.Fatalf("%+v, %v", known, err)
	}
	standings(t, s, w, a, known.Changes[0].ID)

	// What was accepted is usual; taken back, after weeks, it is another change.
	w.live(w.now, w.now.AddDate(0, 0, 20), record)
	if known, err = Look(t.Context(), s, ""); err != nil || len(known.Changes) != 1 {
		t.Fatalf("%+v, %v", known, err)
	}
	w.cases[0].at("/user/id").rate = 1
	w.live(w.now, w.now.AddDate(0, 0, 3), record)
	known, err = Look(t.Context(), s, "")
	if err != nil || len(known.Changes) != 2 || known.Changes[1].Parts[0].Kind != Added || known.Changes[1].Parts[0].Place != "/user/id" {
		t.Errorf("%+v, %v", known, err)
	}
}

// standings has the change acknowledged, its acknowledgement end, and it be accepted.
func standings(t *testing.T, s *shelf, w *world, a replica, id string) {
	open := func() int { return a.Open()[w.vendor][loginwatch.Breaking] }
	later := func(d time.Duration) {
		w.now = w.now.Add(d)
		a.Keep(t.Context(), false)
	}
	later(time.Hour)
	if open() != 1 {
		t.Errorf("%d are open", open())
	}
	if _, err := Alter(t.Context(), s, id, func(_ string, _ *State, c *Change) error {
		c.Acknowledge(w.now.Add(time.Hour), "ticket")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	later(2 * time.Minute)
	if open() != 0 {
		t.Error("it is open though it was acknowledged")
	}
	later(time.Hour)
	if open() != 1 {
		t.Error("its acknowledgement does not end")
	}
	if _, err := Alter(t.Context(), s, id, func(_ string, st *State, c *Change) error { st.Accept(c, w.now, ""); return nil }); err != nil {
		t.Fatal(err)
	}
	later(2 * time.Minute)
	if open() != 0 {
		t.Error("it is open though it was accepted")
	}
	if _, err := Alter(t.Context(), s, "nothing", nil); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
}

// What can't be kept is kept later, and what can't be read is learned anew.
func TestFailingStore(t *testing.T) {
	s := &shelf{texts: map[string]string{}, failing: errors.New("the disk is full")}
	w := asYouLike(78, time.Hour)
	r := newReplica(s, w)
	w.live(begin, begin.AddDate(0, 0, 2), func(run *loginwatch.Run) {
		if err := r.RecordRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		r.Keep(t.Context(), false)
	})
	if n := strings.Count(r.log.String(), "the disk is full"); n != 1 {
		t.Errorf("told %d times that it fails", n)
	}
	s.failing = nil
	r.Keep(t.Context(), true)
	for key, text := range s.texts {
		if _, err := unseal(text); err != nil {
			t.Error(err)
		}
		s.texts[key] = text[:len(text)/2]
	}
	if known, err := Look(t.Context(), s, ""); err != nil || len(known.Damaged) != 1 {
		t.Errorf("%+v, %v", known, err)
	}
	again := newReplica(s, w)
	again.Keep(t.Context(), false)
	w.live(w.now, w.now.Add(2*time.Hour), func(run *loginwatch.Run) { _ = again.RecordRun(t.Context(), run) })
	again.Keep(t.Context(), true)
	if known, err := Look(t.Context(), s, ""); err != nil || len(known.Damaged) != 0 || !strings.Contains(again.log.String(), "learned anew") {
		t.Errorf("%+v, %v, %s", known, err, again.log)
	}
}

// Whatever stands in a damaged store, reading it ends, and what was read can be gone on with.
func FuzzDecode(f *testing.F) {
	w := asYouLike(79, 24*time.Hour)
	w.now = begin
	f.Add([]byte(`{"format":1,"shapes":{"login/valid/success":{"n":3,"places":{"body:":{"in":{"n":2},"values":{"object":{"n":2}}}}}}}`))
	f.Add([]byte(`{"format":1,"shapes":{"login/valid/success":{"n":30,"levels":[60],"falling":true,"places":{"":{"open":{"n":30,"since":9,"day":20000,"days":9}},` +
		`"body:/plan":{"in":{"n":30,"since":9,"days":9},"miss":2,"values":{"nothing":{"n":2,"known":true},"string":{"spell":{"at":9,"n":2}}}}}}},` +
		`"changes":[{"id":"a","parts":[{"kind":"renamed","place":"/a","to":"/b"}],"at":["login/valid/success"]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Decode(text)
		if err != nil {
			return
		}
		for _, o := range Of(w.run(w.cases[0])) {
			s.Learn(&o)
		}
		if _, err := s.Encode(); err != nil {
			t.Error(err)
		}
	})
}

// Of thousands that are kept at an end several are written at a time, or the store would be
// waited for once for each.
func TestSeveralAreKeptAtATime(t *testing.T) {
	s := &together{shelf: &shelf{texts: map[string]string{}}, gate: make(chan struct{})}
	w := asYouLike(79, time.Hour)
	r := newReplica(s.shelf, w)
	r.store = s
	w.live(begin, begin.Add(3*time.Hour), func(run *loginwatch.Run) {
		for i := range 2 * keptAtOnce {
			of := *run
			of.Target = strconv.Itoa(i)
			if err := r.RecordRun(t.Context(), &of); err != nil {
				t.Fatal(err)
			}
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if r.Keep(ctx, true); strings.Contains(r.log.String(), "can't be kept") || len(s.texts) != 2*keptAtOnce {
		t.Errorf("%d are kept: %s", len(s.texts), r.log)
	}
}

// together is a store that writes as many as are kept at a time, or nothing.
type together struct {
	*shelf

	mu   sync.Mutex
	came int
	gate chan struct{}
}

// Swap implements [Store].
func (s *together) Swap(ctx context.Context, key, head, text string) (bool, error) {
	s.mu.Lock()
	gate := s.gate
	if s.came++; s.came%keptAtOnce == 0 {
		close(gate)
		s.gate = make(chan struct{})
	}
	s.mu.Unlock()
	select {
	case <-gate:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return s.shelf.Swap(ctx, key, head, text)
}
