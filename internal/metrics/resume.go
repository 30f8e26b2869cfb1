package metrics

import (
	"slices"

	"github.com/loginwatch/loginwatch"
)

// Resume has the gauges of a job say what its standing says, as if its latest runs had
// been recorded here. Counters stay: they count what this process did; and so does the
// difference of clocks, which is that of whoever ran the login.
func (m *Metrics) Resume(s loginwatch.Standing) {
	m.mu.Lock() // nothing is counted meanwhile
	defer m.mu.Unlock()
	k := labelled(s.Key)
	if _, ok := m.jobs[k]; !ok {
		return
	}
	for _, r := range s.Runs {
		m.last(k, verdictOf(r), seconds(r.Started.Add(r.Duration)))
		if len(r.Steps) > 0 {
			m.facts(k, r)
		}
	}
	for _, v := range loginwatch.FailingVerdicts {
		if v == s.Failing {
			m.streak.WithLabelValues(values(k, string(v))...).Set(float64(s.Row))
		} else {
			m.streak.DeleteLabelValues(values(k, string(v))...)
		}
	}
}

// verdictOf gives a run's verdict. A run was executed, whatever it says; skipped is for
// slots.
func verdictOf(r *loginwatch.Run) loginwatch.Verdict {
	if r.Verdict == loginwatch.Skipped || !slices.Contains(loginwatch.Verdicts, r.Verdict) {
		return loginwatch.Broken
	}
	return r.Verdict
}

// last shows a run that ended as the last one.
func (m *Metrics) last(k loginwatch.Key, v loginwatch.Verdict, ended float64) {
	m.lastRun.WithLabelValues(values(k)...).Set(ended)
	up := 0.0
	switch v {
	case loginwatch.OK:
		m.lastSuccess.WithLabelValues(values(k)...).Set(ended)
		up = 1
	case loginwatch.Drift:
		up = 1
	}
	m.up.WithLabelValues(values(k)...).Set(up)
}
