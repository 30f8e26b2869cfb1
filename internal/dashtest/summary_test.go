package dashtest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/metrics"
)

// TestSummaryOfMetrics: which panels go without something where the configuration asks for
// a summary, is what docs/metrics.md says.
func TestSummaryOfMetrics(t *testing.T) {
	lacking, coarse := lessOf(t)
	without, blunt := map[string]bool{}, map[string]bool{}
	for _, q := range queries(t) {
		for metric := range read(q.expr).metrics {
			name := strings.TrimSuffix(q.file, ".json") + ": " + q.panel
			without[name] = without[name] || slices.Contains(lacking, metric)
			blunt[name] = blunt[name] || slices.Contains(coarse, metric)
		}
	}
	for begin, panels := range map[string]map[string]bool{"| Panels without data | ": without, "| Panels that are less sharp | ": blunt} {
		var want []string
		for name, so := range panels {
			if so {
				want = append(want, name)
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, listed(t, begin)); diff != "" {
			t.Errorf("docs/metrics.md, %q (-dashboards +page):\n%s", begin, diff)
		}
	}
}

// listed gives what stands in a row of the page, between dots.
func listed(t *testing.T, begin string) []string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(page)) {
		if row, found := strings.CutPrefix(line, begin); found {
			all := strings.Split(strings.TrimSuffix(strings.TrimSpace(row), " |"), " · ")
			slices.Sort(all)
			return all
		}
	}
	t.Fatalf("docs/metrics.md has no row %q", begin)
	return nil
}

// lessOf gives the metrics that a summary has not, and those that it has less of.
func lessOf(t *testing.T) (lacking, less []string) {
	t.Helper()
	m := metrics.New(metrics.Options{})
	key := loginwatch.Key{Vendor: "acme", Probe: "login", Target: "production"}
	m.SetJobs([]loginwatch.Job{{Probe: &loginwatch.Probe{Contract: &loginwatch.Contract{Vendor: "acme"}, Name: "login"}, Target: &loginwatch.Target{Name: "production"}}})
	if err := m.RecordRun(t.Context(), &loginwatch.Run{
		ID: "1", Key: key, Duration: time.Second, Verdict: loginwatch.OK,
		Steps: []loginwatch.StepResult{{Phases: map[loginwatch.Phase]time.Duration{loginwatch.PhaseConnect: time.Second}}},
	}); err != nil {
		t.Fatal(err)
	}
	samples := func() map[string]int {
		page := httptest.NewRecorder()
		m.Handler().ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		n := map[string]int{}
		for line := range strings.Lines(page.Body.String()) {
			if name := strings.FieldsFunc(line, func(r rune) bool { return r == '{' || r == ' ' })[0]; strings.HasPrefix(name, "loginwatch_") {
				n[name]++
			}
		}
		return n
	}
	full := samples()
	m.Summarize(true)
	brief := samples()
	for name, n := range full {
		switch {
		case brief[name] == 0:
			lacking = append(lacking, name)
		case brief[name] < n && name != "loginwatch_runs_total": // whose row of 0 nobody misses
			less = append(less, name)
		}
	}
	return lacking, less
}
