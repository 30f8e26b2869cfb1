package metrics

import (
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
)

// What the vendor did in a row is counted across what says nothing of it.
func TestConsecutiveFailures(t *testing.T) {
	const unavailable, drift = loginwatch.Unavailable, loginwatch.Drift
	tests := []struct {
		verdicts []loginwatch.Verdict
		want     string // of the verdict and its streak; "" for none
	}{
		{nil, ""},
		{[]loginwatch.Verdict{loginwatch.OK}, ""},
		{[]loginwatch.Verdict{loginwatch.Broken}, ""},
		{[]loginwatch.Verdict{unavailable}, `"unavailable"} 1`},
		{[]loginwatch.Verdict{unavailable, unavailable, loginwatch.Broken, unavailable}, `"unavailable"} 3`},
		{[]loginwatch.Verdict{unavailable, unavailable, drift}, `"drift"} 1`},
		{[]loginwatch.Verdict{drift, drift, loginwatch.OK, drift}, `"drift"} 1`},
		{[]loginwatch.Verdict{drift, drift, loginwatch.Rejected}, ""},
		{[]loginwatch.Verdict{unavailable, loginwatch.Throttled}, ""},
	}
	for _, test := range tests {
		m := newMetrics(nil)
		m.SetJobs([]loginwatch.Job{job("login")})
		for _, v := range test.verdicts {
			recorded(t, m.RecordRun(t.Context(), failing("login", v, "")))
			recorded(t, m.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: slot("login"), Reason: loginwatch.ReasonOverlap}))
		}
		got := ""
		for line := range strings.Lines(text(t, m)) {
			if value, ok := strings.CutPrefix(line, `loginwatch_consecutive_failures{probe="login",target="production",vendor="acme",verdict=`); ok {
				got += strings.TrimSpace(value)
			}
		}
		if got != test.want {
			t.Errorf("%v: %q instead of %q", test.verdicts, got, test.want)
		}
	}
}
