package metrics

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
)

// A process that goes on from what is known says the same as the one that met it, but for
// what it has counted and what its own clock differs.
func TestResume(t *testing.T) {
	fine, last := run("login"), failing("login", loginwatch.Unavailable, loginwatch.ReasonTimeout)
	before := newMetrics(nil)
	before.SetJobs([]loginwatch.Job{job("login")})
	recorded(t, before.RecordRun(t.Context(), fine))
	recorded(t, before.RecordRun(t.Context(), last))
	recorded(t, before.RecordRun(t.Context(), last))
	after := newMetrics(nil)
	after.SetJobs([]loginwatch.Job{job("login")})
	s := loginwatch.Standing{Key: fine.Key, Failing: loginwatch.Unavailable, Row: 2, Runs: []*loginwatch.Run{fine, last}}
	after.Resume(s)
	gauges := func(m *Metrics) string {
		var all []string
		for line := range strings.Lines(text(t, m)) {
			for _, name := range []string{"up", "consecutive_failures", "last_run_", "last_success_", "token_", "tls_"} {
				if strings.HasPrefix(line, "loginwatch_"+name) {
					all = append(all, line)
				}
			}
		}
		return strings.Join(all, "")
	}
	if diff := cmp.Diff(gauges(before), gauges(after)); diff != "" || gauges(after) == "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	if all := text(t, after); strings.Contains(all, "loginwatch_clock_skew_seconds{") || strings.Contains(all, `loginwatch_runs_total{probe="login",target="production",vendor="acme",verdict="unavailable"} 2`) {
		t.Errorf("it says what it has not met:\n%s", all)
	}
	recorded(t, after.RecordRun(t.Context(), last))
	if !strings.Contains(gauges(after), `verdict="unavailable"} 3`) {
		t.Errorf("it does not go on:\n%s", gauges(after))
	}
	s.Failing, s.Row, s.Runs = "", 0, s.Runs[:1]
	s.Runs[0].Started = start.Add(2 * time.Hour)
	after.Resume(s) // another one was answered meanwhile
	if strings.Contains(gauges(after), "loginwatch_consecutive_failures") || !strings.Contains(gauges(after), `loginwatch_up{probe="login",target="production",vendor="acme"} 1`) {
		t.Errorf("a row that has ended goes on:\n%s", gauges(after))
	}
	gone := s
	gone.Probe = "gone"
	after.Resume(gone)
	if strings.Contains(text(t, after), `probe="gone"`) {
		t.Error("a job that nobody watches is shown")
	}
}
