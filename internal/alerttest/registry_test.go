package alerttest

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/metrics"
	"github.com/loginwatch/loginwatch/internal/store"
	"github.com/loginwatch/loginwatch/internal/window"
)

// family is one metric as the registry has it.
type family struct {
	kind   string
	labels []string // sorted, without those of the type
}

var start = time.Date(2026, time.November, 21, 10, 0, 0, 0, time.UTC)

// exported gives every metric of a daemon to which everything has happened, and
// the page that it serves.
func exported(t *testing.T) (map[string]family, string) {
	t.Helper()
	page := scraped(t, false, 1500*time.Millisecond)
	return families(page), page
}

// scraped gives that page, or its summary, of a login with a threshold.
func scraped(t *testing.T, summary bool, threshold time.Duration) string {
	t.Helper()
	ledger := store.NewMemory(store.DefaultBudget())
	slot := loginwatch.Slot{Key: loginwatch.Key{Vendor: "alpha", Probe: "login", Target: "production"}, Due: start, Planned: start}
	for i := range 3 { // the budget is used up
		earlier := slot
		earlier.Due = start.Add(time.Duration(i-3) * time.Minute)
		ticket, err := ledger.Admit(t.Context(), loginwatch.Claim{Slot: earlier, Credential: loginwatch.Credential{Name: "alpha/production", Digest: "d"}, Next: loginwatch.Credential{Digest: "e"}, At: start})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.Settle(t.Context(), ticket, loginwatch.Settlement{At: start, Refusal: loginwatch.RefusalCertain}); err != nil {
			t.Fatal(err)
		}
	}
	m := metrics.New(metrics.Options{
		Unwritten: func() int { return 0 },
		Traces:    &metrics.Traces{Sent: func() uint64 { return 0 }, Dropped: map[string]func() uint64{"full": func() uint64 { return 0 }}, Keeps: func(*loginwatch.Run) bool { return false }},
		Changes:   func() map[string]map[loginwatch.Class]int { return nil },
		Version:   "1", Revision: "r", Ledger: ledger, Now: func() time.Time { return start },
		Upcoming: func() []loginwatch.Slot { return []loginwatch.Slot{slot} },
	})
	m.SetJobs([]loginwatch.Job{{
		Probe: &loginwatch.Probe{
			Contract: &loginwatch.Contract{Vendor: "alpha", SHA256: "5ec8", Documents: []loginwatch.Document{{File: "alpha.txt"}}}, Name: "login",
			Objectives: loginwatch.Objectives{Availability: 0.995, Correctness: 0.999, LatencyQuantile: 0.95, Latency: threshold},
		},
		Target: &loginwatch.Target{Name: "production", Credential: "alpha/production"}, Interval: 5 * time.Minute,
		Maintenance: []loginwatch.Maintenance{{When: window.Once{Since: start, Until: start.Add(time.Hour)}}},
	}})
	m.ConfigReloaded(true, start)
	err := errors.Join(m.RecordPlanned(t.Context(), slot), m.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: slot, Reason: loginwatch.ReasonOverlap}))
	phases := map[loginwatch.Phase]time.Duration{}
	for _, p := range loginwatch.Phases {
		phases[p] = time.Millisecond
	}
	for _, v := range []loginwatch.Verdict{loginwatch.OK, loginwatch.Drift} {
		err = errors.Join(err, m.RecordRun(t.Context(), &loginwatch.Run{
			ID: "1", Key: loginwatch.Key{Vendor: "alpha", Probe: "login", Target: "production"}, Started: start, Duration: time.Second,
			Verdict: v, Reason: loginwatch.ReasonContract, CertificateEnds: start.AddDate(0, 3, 0), Quota: loginwatch.QuotaState{Logins: 9, Used: 1, Ends: start.AddDate(0, 1, 0)}, ClientCertificateEnds: start.AddDate(0, 6, 0),
			Steps: []loginwatch.StepResult{{Phases: phases, Judgement: loginwatch.Judgement{
				HasSkew: true, Token: loginwatch.TokenFacts{Present: true, HasLifetime: true, Lifetime: time.Hour, Documented: time.Hour},
				Findings: []loginwatch.Finding{{Class: loginwatch.Breaking, Kind: loginwatch.KindMissing}},
			}}},
		}))
	}
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	m.Summarize(summary)
	m.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return answer.Body.String()
}

var (
	typeLine   = regexp.MustCompile(`^# TYPE (\S+) (\S+)$`)
	sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? \S+$`)
	labelName  = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)="`)
)

// families reads Prometheus' text format.
func families(page string) map[string]family {
	found := map[string]family{}
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		if m := typeLine.FindStringSubmatch(line); m != nil {
			found[m[1]] = family{kind: m[2]}
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name := familyOf(m[1], found)
		f := found[name]
		for _, l := range labelName.FindAllStringSubmatch(m[2], -1) {
			if l[1] != "le" && l[1] != "quantile" && !slices.Contains(f.labels, l[1]) {
				f.labels = append(f.labels, l[1])
			}
		}
		slices.Sort(f.labels)
		found[name] = f
	}
	return found
}

// familyOf takes the ending off that a histogram or summary gives its series.
func familyOf(series string, known map[string]family) string {
	for _, end := range []string{"_bucket", "_sum", "_count"} {
		if name, cut := strings.CutSuffix(series, end); cut && (known[name].kind == "histogram" || known[name].kind == "summary") {
			return name
		}
	}
	return series
}

// client tells whether a metric is one of the Go client's own collectors.
func client(name string) bool {
	return strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_")
}
