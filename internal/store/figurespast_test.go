package store

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/report"
	"github.com/loginwatch/loginwatch/internal/store/storetest"
)

const (
	monthLimit = 200 * time.Millisecond
	startLimit = time.Second
	sizeLimit  = 250_000_000
)

// A million runs of 10,000 jobs in 30 days, all of them within an hour of each seven: the size of the file, and how long it takes
// to count all of it, in CPU of this process. Only "make bench", which sets FIGURES, judges it.
func TestCountsHistory(t *testing.T) {
	judged := os.Getenv("FIGURES") != ""
	jobs, each := 50, 20
	if judged {
		jobs, each = 10_000, 100
	}
	path := filepath.Join(t.TempDir(), "loginwatch.db")
	l := openAt(t, path)
	defer func() { _ = l.Close() }()
	s, _ := l.engine.(*sqlite)
	if _, err := s.conn.ExecContext(t.Context(), "PRAGMA synchronous = off"); err != nil { // what is measured is no disk
		t.Fatal(err)
	}
	const month = 30 * 24 * time.Hour
	begin := start.Truncate(24 * time.Hour)
	r := rand.New(rand.NewPCG(1, 2))
	before := storetest.ProcessCPU()
	for i := range each {
		for job := range jobs {
			due := begin.Add(2*time.Hour + month/time.Duration(each)*time.Duration(i)).Add(time.Hour / time.Duration(jobs) * time.Duration(job))
			e := event{told: due.Add(time.Second)}
			run := watched(r, due, job)
			shared, own, err := history.Pack(run)
			if err != nil {
				t.Fatal(err)
			}
			e.entry, e.shared, e.own, e.longer = history.EntryOf(run), shared, own, history.Telling(run)
			for s.pending.full(2 * batch) {
				flush(t, s)
			}
			s.pending.mu.Lock()
			s.pending.events = append(s.pending.events, e)
			s.pending.mu.Unlock()
		}
	}
	flush(t, s)
	t.Logf("SQLite: %s of CPU to write down one of %d runs", ((storetest.ProcessCPU() - before) / time.Duration(jobs*each)).Round(100*time.Nanosecond), jobs*each)
	before = storetest.ProcessCPU()
	if err := l.Past().Tidy(t.Context(), begin.Add(month+time.Hour), Keep{}); err != nil {
		t.Fatal(err)
	}
	t.Logf("SQLite: %s of CPU to count them by hour and day", (storetest.ProcessCPU() - before).Round(time.Millisecond))
	q := history.Query{Since: begin, Until: begin.Add(month)}
	for _, asked := range []struct {
		name  string
		limit time.Duration
		of    func(context.Context) (int, error)
	}{
		{"availability and percentiles", monthLimit, func(ctx context.Context) (runs int, err error) {
			all, err := l.Past().Totals(ctx, q)
			for _, sum := range all {
				sum.Availability()
				sum.Correctness()
				for _, share := range []float64{0.5, 0.95, 0.99} {
					sum.Latency.Quantile(share)
				}
				runs += sum.Slots()
			}
			return runs, err
		}},
		{"how each stands, as at a start,", startLimit, func(ctx context.Context) (runs int, err error) {
			all, err := l.Past().Standings(ctx, nil)
			if len(all) == jobs {
				runs = jobs * each
			}
			return runs, err
		}},
	} {
		best := time.Hour
		for range 5 {
			before := storetest.ProcessCPU()
			runs, err := asked.of(t.Context())
			if err != nil || runs != jobs*each {
				t.Fatalf("%s: %d runs, %v", asked.name, runs, err)
			}
			best = min(best, storetest.ProcessCPU()-before)
		}
		t.Logf("SQLite: %s of CPU for %s of %d jobs over 30 days", best.Round(100*time.Microsecond), asked.name, jobs)
		if judged && best > asked.limit {
			t.Errorf("want at most %s", asked.limit)
		}
	}
	if err := s.run(t.Context(), func(s *sqlite) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("SQLite: %.1f MB for %d runs", float64(info.Size())/1e6, jobs*each)
	if judged && info.Size() > sizeLimit {
		t.Errorf("want at most %d MB", int(sizeLimit/1e6))
	}
	figuresOfCommands(t, path, jobs*each)
}

// growth is a sink that keeps nothing, and sees how much memory is in use meanwhile.
type growth struct {
	*report.Export

	runs  int
	most  uint64
	begin uint64
}

func (g *growth) Run(r *history.Record) error {
	if g.runs++; g.runs%50_000 == 0 {
		g.look()
	}
	return g.Export.Run(r)
}

func (g *growth) look() {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	if g.begin == 0 {
		g.begin = m.HeapAlloc
	}
	g.most = max(g.most, m.HeapAlloc)
}

// figuresOfCommands says what the commands on a store cost, beside who writes it.
func figuresOfCommands(t *testing.T, path string, runs int) {
	t.Helper()
	at := Place{URL: "sqlite:" + path}
	g := &growth{Export: report.NewExport(io.Discard)}
	for _, asked := range []struct {
		name string
		do   func() (int, error)
	}{
		{"check", func() (int, error) {
			found, err := Check(t.Context(), at, Keep{}, start.AddDate(1, 0, 0))
			if err == nil && len(found.Faults) > 0 {
				err = fmt.Errorf("%+v", found.Faults)
			}
			if err != nil {
				return 0, err
			}
			return found.History.Runs, nil
		}},
		{"backup", func() (int, error) {
			made, err := BackUp(t.Context(), at, path+".copy", false, start)
			if err != nil {
				return 0, err
			}
			return made.Runs, nil
		}},
		{"export", func() (int, error) {
			g.look()
			err := ExportTo(t.Context(), at, Export{}, start, func(Exported) error { return nil }, g)
			return g.runs, err
		}},
	} {
		before, begun := storetest.ProcessCPU(), time.Now()
		got, err := asked.do()
		if err != nil || got != runs {
			t.Fatalf("%s: %d runs, %v", asked.name, got, err)
		}
		t.Logf("SQLite: store %s of %d runs takes %s of CPU, %s", asked.name, runs, (storetest.ProcessCPU() - before).Round(10*time.Millisecond), time.Since(begun).Round(10*time.Millisecond))
	}
	t.Logf("SQLite: store export holds %.1f MB beside", float64(g.most-g.begin)/1e6)
	if g.most-g.begin > 32<<20 {
		t.Errorf("an export of %d runs holds %d bytes", runs, g.most-g.begin)
	}
}

func (p *pending) full(most int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.events) >= most
}

// someID makes an id as the runs of a daemon have.
func someID(r *rand.Rand) string {
	id := make([]byte, 26)
	for i := range id {
		id[i] = letters[r.IntN(len(letters))]
	}
	return string(id)
}

// watched is a run as a daemon writes it down: mostly well, with a token and a finding.
func watched(r *rand.Rand, due time.Time, job int) *loginwatch.Run {
	run := &loginwatch.Run{
		ID: someID(r), Key: loginwatch.Key{Vendor: fmt.Sprint("vendor-", job%100), Probe: "login", Target: fmt.Sprint("target-", job)},
		Credential: fmt.Sprint("vendor/robot-", job), Due: due, Started: due.Add(2 * time.Millisecond), Lateness: time.Duration(r.Int64N(int64(5 * time.Millisecond))),
		Verdict: loginwatch.OK, CertificateEnds: due.Truncate(90 * 24 * time.Hour),
	}
	run.Duration = time.Duration(float64(80*time.Millisecond) * (1 + r.ExpFloat64()))
	step := loginwatch.StepResult{Case: "valid-credentials", Role: loginwatch.RoleSubject, Operation: "login", HTTPStatus: 200, Duration: run.Duration, Phases: map[loginwatch.Phase]time.Duration{}}
	for _, p := range loginwatch.Phases {
		step.Phases[p] = run.Duration / 6
	}
	step.Verdict, step.Outcome, step.HasSkew, step.Skew = loginwatch.OK, "success", true, 300*time.Millisecond
	step.Token = loginwatch.TokenFacts{Present: true, HasLifetime: true, Lifetime: time.Hour, Documented: time.Hour, Digest: fmt.Sprintf("%064x", r.Uint64())}
	step.Findings = []loginwatch.Finding{{Class: loginwatch.Additive, Kind: loginwatch.KindExtra, Pointer: "/region", Got: "string", Contract: "contracts/vendor/contract.yaml:41", Fingerprint: "0123456789abcdef"}}
	if r.IntN(50) == 0 {
		run.Verdict, run.Reason, run.Detail = loginwatch.Unavailable, loginwatch.ReasonTimeout, "no answer within 10s"
		step.Verdict, step.Reason, step.Outcome, step.Token, step.Findings = run.Verdict, run.Reason, "", loginwatch.TokenFacts{}, nil
	}
	step.Evidence = &loginwatch.Evidence{
		Method: "POST", URL: "https://" + run.Target + ".example/login", Tried: []string{"192.0.2.7:443"}, Resolved: []string{"192.0.2.7"}, Remote: "192.0.2.7:443",
		Request: make([]loginwatch.Trait, 6), Answer: make([]loginwatch.Trait, 20),
	}
	for i := range step.Evidence.Answer {
		step.Evidence.Answer[i] = loginwatch.Trait{Place: fmt.Sprint("/answer/place-", i), Type: "string", Format: "date-time", Length: r.IntN(100)}
		if i%4 == 0 {
			step.Evidence.Answer[i].Digest = fmt.Sprintf("%012x", r.Uint64()>>16)
		}
	}
	run.Steps = []loginwatch.StepResult{step}
	return run
}
