package metrics

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/loginwatch/loginwatch"
)

// Open changes are counted for the vendors that are watched, and no others; none is 0.
func TestChanges(t *testing.T) {
	open := map[string]map[loginwatch.Class]int{"acme": {loginwatch.Breaking: 2, loginwatch.Additive: 1}, "gone": {loginwatch.Breaking: 7}}
	m := New(Options{Changes: func() map[string]map[loginwatch.Class]int { return open }})
	m.SetJobs([]loginwatch.Job{{
		Probe:  &loginwatch.Probe{Contract: &loginwatch.Contract{Vendor: "acme"}, Name: "login"},
		Target: &loginwatch.Target{Name: "production"},
	}})
	const want = `
# HELP loginwatch_drift_changes Changes of what the vendor's answers look like that go on and that nobody has acknowledged or accepted.
# TYPE loginwatch_drift_changes gauge
loginwatch_drift_changes{class="additive",vendor="acme"} 1
loginwatch_drift_changes{class="breaking",vendor="acme"} 2
loginwatch_drift_changes{class="tolerated",vendor="acme"} 0
`
	if err := testutil.GatherAndCompare(gathered{t, m}, strings.NewReader(want), "loginwatch_drift_changes"); err != nil {
		t.Error(err)
	}
}
