package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// flush has everything written that was told to a file's history.
func flush(t testing.TB, s *sqlite) {
	t.Helper()
	for waiting := 1; waiting > 0; {
		if err := s.run(context.Background(), func(*sqlite) error { return nil }); err != nil {
			t.Fatal(err)
		}
		s.pending.mu.Lock()
		waiting = len(s.pending.events)
		s.pending.mu.Unlock()
	}
}

// tested is a store whose history a test looks into.
type tested struct {
	*Ledger
	pending *pending
	flush   func(testing.TB)                      // has everything written that was told
	number  func(query string, args ...any) int64 // with ? for an argument
}

// sqliteTested is one in a file, whose power nobody cuts.
func sqliteTested(t testing.TB) tested {
	t.Helper()
	l := openAt(t, filepath.Join(t.TempDir(), "loginwatch.db"))
	t.Cleanup(func() { _ = l.Close() })
	s, _ := l.engine.(*sqlite)
	if _, err := s.conn.ExecContext(context.Background(), "PRAGMA synchronous = off"); err != nil {
		t.Fatal(err)
	}
	return tested{l, s.pending, func(t testing.TB) { t.Helper(); flush(t, s) }, func(query string, args ...any) int64 { return numberOf(t, s.db, query, args...) }}
}

func numberOf(t testing.TB, db querier, query string, args ...any) (n int64) {
	t.Helper()
	if err := (pastReader{db}).each(context.Background(), func(scan func(...any) error) error { return scan(&n) }, query, args...); err != nil {
		t.Fatal(err)
	}
	return n
}

// Random histories: what SQL says of the file, with totals of hours and days that were
// counted before or between, is what Go counts over the slots themselves. Only "make
// bench", which sets FIGURES, has the time for a thousand.
func TestCountsAgreement(t *testing.T) {
	n := 100
	if os.Getenv("FIGURES") != "" {
		n = 1_000
	}
	histories(t, n, sqliteTested)
	t.Logf("SQLite: of %d random histories SQL and Go say the same", n)
}

func histories(t *testing.T, many int, open func(testing.TB) tested) {
	const inOneFile = 25
	var incidents, counted atomic.Int64
	t.Run("files", func(t *testing.T) {
		for first := 0; first < many; first += inOneFile {
			t.Run(fmt.Sprint(first), func(t *testing.T) {
				t.Parallel() // no file knows of another one
				n, m := oneFile(t, first, min(inOneFile, many-first), open(t))
				incidents.Add(int64(n))
				counted.Add(int64(m))
			})
		}
	})
	if incidents.Load() < int64(many/20) || counted.Load() < int64(10*many) {
		t.Errorf("these histories have only %d incidents and %d slots in their periods", incidents.Load(), counted.Load())
	}
}

// oneFile has so many histories, numbered from first on, told to one store.
func oneFile(t *testing.T, first, many int, l tested) (incidents, counted int) {
	t.Helper()
	r := rand.New(rand.NewPCG(9, uint64(first)))
	var now atomic.Int64 // the writer asks for it
	l.pending.now = func() time.Time { return time.Unix(0, now.Load()) }
	for i := first; i < first+many; i++ {
		ring := history.NewRing(1 << 20)
		h := made{r: r, vendor: fmt.Sprint("vendor-", i), begin: start.Add(time.Duration(i) * time.Hour)}
		slots := 12 + r.IntN(24)
		for n := range slots {
			tell := h.next(n)
			if n == slots/2 && (i-first)%12 == 11 { // what comes after that comes late
				l.flush(t)
				if err := l.Past().Tidy(t.Context(), h.at.Add(2*time.Hour), Keep{}); err != nil {
					t.Fatal(err)
				}
			}
			now.Store(h.at.Add(30 * time.Minute).UnixNano())
			for _, to := range []loginwatch.Recorder{ring, l.Past()} {
				if err := tell(to); err != nil {
					t.Fatal(err)
				}
			}
		}
		l.flush(t)
		for range 2 {
			q := h.query()
			n, m := agree(t, l.Past(), ring, q)
			incidents, counted = incidents+n, counted+m
			if t.Failed() {
				t.Fatalf("history %d, %s to %s", i, q.Since, q.Until)
			}
		}
	}
	return incidents, counted
}

// keysOf gives the jobs of a vendor that are known.
func keysOf(t *testing.T, r history.Reader, vendor string) (keys []loginwatch.Key) {
	t.Helper()
	all, err := r.Standings(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Vendor == vendor {
			keys = append(keys, s.Key)
		}
	}
	return keys
}

// agree holds two readers against each other.
func agree(t *testing.T, a, b history.Reader, q history.Query) (incidents, slots int) {
	t.Helper()
	same := func(what string, of func(history.Reader) (any, error)) {
		got, err := of(a)
		want, failed := of(b)
		if err != nil || failed != nil {
			t.Fatalf("%s: %v, %v", what, err, failed)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-Go +SQL):\n%s", what, diff)
		}
	}
	same("totals", func(r history.Reader) (any, error) {
		all, err := r.Totals(t.Context(), q)
		for _, sum := range all {
			slices.SortFunc(sum.Counts, func(a, b history.Count) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			slots += sum.Slots()
		}
		return append([]*history.Totals{}, all...), err
	})
	same("incidents", func(r history.Reader) (any, error) {
		all, err := r.Incidents(t.Context(), q)
		incidents = len(all)
		return append([]history.Incident{}, all...), err
	})
	for what, only := range map[string]history.Query{
		"entries": {}, "entries of a verdict": {Verdict: loginwatch.Unavailable}, "entries of a reason": {Reason: loginwatch.Reasons[0]}, "newest entries": {Limit: 3},
	} {
		only.Vendor, only.Probe, only.Target, only.Since, only.Until = q.Vendor, q.Probe, q.Target, q.Since, q.Until
		same(what, func(r history.Reader) (any, error) {
			all, err := r.Entries(t.Context(), only)
			return append([]history.Entry{}, all...), err
		})
	}
	jobs := keysOf(t, b, q.Vendor)
	if len(jobs) > 0 { // else it would ask for all
		same("standings", func(r history.Reader) (any, error) { return r.Standings(t.Context(), jobs) })
	}
	return incidents, slots
}

// made makes a random history of one vendor.
type made struct {
	r      *rand.Rand
	vendor string
	begin  time.Time
	at     time.Time // of its last slot
	mood   loginwatch.Verdict
	runs   int
}

// next makes what is told of the next slot: moods last, as outages do.
func (h *made) next(n int) func(loginwatch.Recorder) error {
	if n == 0 {
		h.at = h.begin
	}
	if h.mood == "" || h.r.IntN(4) == 0 {
		moods := append(slices.Clone(loginwatch.Verdicts), loginwatch.OK, loginwatch.OK, loginwatch.Unavailable)
		h.mood = moods[h.r.IntN(len(moods))]
	}
	if h.r.IntN(20) > 0 { // or the same slot is told again
		h.at = h.at.Add([]time.Duration{time.Minute, 5 * time.Minute, 20 * time.Minute, time.Hour, 3 * time.Hour}[h.r.IntN(5)])
	}
	k := loginwatch.Key{Vendor: h.vendor, Probe: []string{"login", "sso"}[h.r.IntN(2)], Target: "production"}
	if h.r.IntN(3) == 0 {
		k.Location = "east"
	}
	if h.mood == loginwatch.Skipped {
		s := loginwatch.SkippedSlot{Slot: loginwatch.Slot{Key: k, Due: h.at, Planned: h.at.Add(time.Second)}, Reason: loginwatch.Reasons[h.r.IntN(len(loginwatch.Reasons))]}
		return func(to loginwatch.Recorder) error { return to.RecordSkip(context.Background(), s) }
	}
	run := aRun(h.r, k, h.at, h.mood)
	h.runs++
	run.ID = fmt.Sprint(h.vendor, "/", h.runs)
	return func(to loginwatch.Recorder) error { return to.RecordRun(context.Background(), run) }
}

// query asks for a random part of the history, to the second.
func (h *made) query() history.Query {
	long := h.at.Sub(h.begin) + 4*time.Hour
	since := h.begin.Add(time.Duration(h.r.Int64N(int64(long))) - 2*time.Hour).Truncate(time.Second)
	q := history.Query{Vendor: h.vendor, Since: since, Until: since.Add(time.Duration(h.r.Int64N(int64(long)))).Truncate(time.Second)}
	if h.r.IntN(4) == 0 {
		q.Location = "east"
	}
	switch h.r.IntN(4) {
	case 0:
		q.Since = time.Time{}
	case 1:
		q.Until = time.Time{}
	case 2:
		q.Probe, q.Limit = "login", 1+h.r.IntN(20)
	}
	return q
}

// aRun makes a run with all that a run can have.
func aRun(r *rand.Rand, k loginwatch.Key, due time.Time, v loginwatch.Verdict) *loginwatch.Run {
	us := func(most time.Duration) time.Duration {
		return time.Duration(r.Int64N(int64(most))).Truncate(time.Microsecond)
	}
	run := &loginwatch.Run{
		ID: someID(r), Key: k, Credential: "acme/robot", Due: due, Started: due.Add(us(time.Second)), Duration: us(time.Minute), Lateness: us(time.Second),
		Verdict: v, LeftOpen: r.IntN(2) == 0, CertificateEnds: due.Add(90 * 24 * time.Hour).Truncate(time.Second),
	}
	if v != loginwatch.OK {
		run.Reason, run.Detail = loginwatch.Reasons[r.IntN(len(loginwatch.Reasons))], "no address for api.example.com"
	}
	for range r.IntN(3) {
		step := loginwatch.StepResult{
			Case: "public-key", Role: loginwatch.RoleSetup, Operation: "key", HTTPStatus: 200 + r.IntN(300), Duration: us(20 * time.Second),
			Phases: map[loginwatch.Phase]time.Duration{loginwatch.PhaseDNS: us(time.Second), loginwatch.PhaseWait: us(time.Second)},
			Judgement: loginwatch.Judgement{
				Verdict: v, Reason: run.Reason, Outcome: "success", Refusal: loginwatch.RefusalPossible, Sign: loginwatch.SignPage, HasSkew: true, Skew: -us(time.Hour), RetryAfter: us(time.Hour),
				Token:    loginwatch.TokenFacts{Present: true, HasLifetime: true, Lifetime: us(time.Hour), Documented: time.Hour, Digest: fmt.Sprintf("%064x", r.Uint64()), ByOurValues: 1},
				Findings: []loginwatch.Finding{{Class: loginwatch.Breaking, Kind: loginwatch.KindType, Pointer: "/ttl", Documented: "integer", Got: "string", Fingerprint: "f"}},
			},
		}
		if len(run.Steps) > 0 {
			step.Case, step.Role, step.Phases, step.HasSkew, step.Skew = "valid-credentials", loginwatch.RoleSubject, nil, false, 0
		}
		run.Steps = append(run.Steps, step)
	}
	return run
}

// What is told of a run is what it was, to the microsecond, in memory as in a file.
func TestRunsAreWrittenDown(t *testing.T) { runsAreWrittenDown(t, sqliteTested(t)) }

func runsAreWrittenDown(t *testing.T, l tested) {
	m := NewMemory(Budget{})
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 50 {
		run := aRun(r, claimed(0).Slot.Key, start.Add(time.Duration(i)*time.Minute), loginwatch.Verdicts[i%6])
		for _, past := range []Past{l.Past(), m.Past()} {
			if err := past.RecordRun(t.Context(), run); err != nil {
				t.Fatal(err)
			}
			l.flush(t)
			got, err := past.Run(t.Context(), run.ID)
			if err != nil || got == nil {
				t.Fatalf("%v, %v", got, err)
			}
			if diff := cmp.Diff(run, got.Run); diff != "" || got.LeftOut != 0 {
				t.Errorf("%d left out, (-told +known):\n%s", got.LeftOut, diff)
			}
			if unknown, err := past.Run(t.Context(), "nobody's"); unknown != nil || err != nil {
				t.Errorf("%v, %v", unknown, err)
			}
		}
	}
}
