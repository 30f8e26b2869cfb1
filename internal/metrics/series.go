package metrics

import (
	"math"
	"slices"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/loginwatch/loginwatch"
)

// gauge is one value of a series that may be missing.
type gauge int

// The gauges, in no order that matters.
const (
	up gauge = iota
	lastRun
	lastSuccess
	lifetime
	documented
	skew
	certificate
	clientCertificate
	quota
	quotaUsed
	quotaEnds
	gauges
)

// series is what one job's metrics say. Thousands of jobs are watched by one process, so
// it holds numbers and no objects of the client library: those are made at a scrape, a few
// at a time.
type series struct {
	labels []*dto.LabelPair // probe, target, vendor
	vendor string

	mu       sync.Mutex
	job      loginwatch.Job
	contract []*dto.LabelPair
	planned  uint64
	runs     [7]uint64 // in the order of loginwatch.Verdicts
	failures []tally
	findings []tally
	skipped  []tally
	streaks  [2]int // in the order of loginwatch.FailingVerdicts
	phases   [6]sum // in the order of loginwatch.Phases
	duration histogram
	gauges   [gauges]float64 // NaN for a missing one
}

// tally counts what has labels from closed lists.
type tally struct {
	labels *[]*dto.LabelPair // of the list's entry: the same pointer for the same entry
	n      uint64
}

// sum is how many times took how long.
type sum struct {
	n       uint64
	seconds float64
}

func newSeries(labels []*dto.LabelPair, vendor string) *series {
	s := &series{labels: labels, vendor: vendor}
	for i := range s.gauges {
		s.gauges[i] = math.NaN()
	}
	return s
}

// set shows a value; drop removes it.
func (s *series) set(g gauge, v float64) { s.gauges[g] = v }
func (s *series) drop(g gauge)           { s.gauges[g] = math.NaN() }

// count adds one to what has those labels.
func count(all []tally, labels *[]*dto.LabelPair) []tally {
	for i := range all {
		if all[i].labels == labels {
			all[i].n++
			return all
		}
	}
	return append(all, tally{labels, 1})
}

// record counts a run; traced tells that its trace is sent.
func (s *series) record(r *loginwatch.Run, l *lists, traced bool) {
	v := verdictOf(r)
	s.runs[slices.Index(loginwatch.Verdicts, v)]++
	s.last(v, seconds(r.Started.Add(r.Duration)))
	s.streak(v)
	if v != loginwatch.OK {
		s.failures = count(s.failures, l.reason(r.Reason))
	}
	for _, f := range r.Findings() {
		if labels := l.finding(f); labels != nil {
			s.findings = count(s.findings, labels)
		} else { // our own mistake becomes a failure, never a label
			s.failures = count(s.failures, l.reason(loginwatch.ReasonInternal))
		}
	}
	if r.Verdict != loginwatch.Broken && len(r.Steps) > 0 {
		s.times(r, traced)
	}
	s.facts(r)
	for _, step := range r.Steps {
		if step.HasSkew {
			s.set(skew, step.Skew.Seconds())
		}
	}
	s.usedOf(r.Quota)
}

// streak adds a run to the streak of its verdict and ends the others.
func (s *series) streak(v loginwatch.Verdict) {
	if v == loginwatch.Broken {
		return
	}
	for i, failing := range loginwatch.FailingVerdicts {
		if failing == v {
			s.streaks[i]++
		} else {
			s.streaks[i] = 0
		}
	}
}

func (s *series) times(r *loginwatch.Run, traced bool) {
	s.duration.observe(r.Latency().Seconds(), r.ID, traced, r.Started.Add(r.Duration))
	phases := r.Phases()
	if subject := r.Subject(); subject != nil {
		phases = subject.Phases
	}
	for i, p := range loginwatch.Phases {
		if d, passed := phases[p]; passed {
			s.phases[i].n++
			s.phases[i].seconds += d.Seconds()
		}
	}
}

// facts sets what the last answers said of tokens and certificate. A run that brought
// none leaves the last known ones.
func (s *series) facts(r *loginwatch.Run) {
	for _, step := range r.Steps {
		if !step.Token.Present {
			continue
		}
		if step.Token.HasLifetime {
			s.set(lifetime, step.Token.Lifetime.Seconds())
		} else {
			s.drop(lifetime)
		}
		if step.Token.Documented > 0 {
			s.set(documented, step.Token.Documented.Seconds())
		}
	}
	if !r.CertificateEnds.IsZero() {
		s.set(certificate, seconds(r.CertificateEnds))
	}
	if r.ClientCertificateEnds.IsZero() {
		s.drop(clientCertificate)
	} else {
		s.set(clientCertificate, seconds(r.ClientCertificateEnds))
	}
}

// usedOf shows what was used of a quota, if there is one.
func (s *series) usedOf(q loginwatch.QuotaState) {
	if q.Logins > 0 {
		s.set(quota, float64(q.Logins))
		s.set(quotaUsed, float64(q.Used))
		s.set(quotaEnds, seconds(q.Ends))
	}
}

// last shows a run that ended as the last one.
func (s *series) last(v loginwatch.Verdict, ended float64) {
	s.set(lastRun, ended)
	s.set(up, 0)
	switch v {
	case loginwatch.OK:
		s.set(lastSuccess, ended)
		s.set(up, 1)
	case loginwatch.Drift:
		s.set(up, 1)
	}
}

// resume has the gauges say what a standing says, as if its latest runs had been
// recorded here. The difference of clocks is that of whoever ran the login.
func (s *series) resume(standing loginwatch.Standing) {
	for _, r := range standing.Runs {
		s.last(verdictOf(r), seconds(r.Started.Add(r.Duration)))
		if len(r.Steps) > 0 {
			s.facts(r)
		}
	}
	for i, v := range loginwatch.FailingVerdicts {
		s.streaks[i] = 0
		if v == standing.Failing {
			s.streaks[i] = standing.Row
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

// seconds is a Unix time; milliseconds are as exact as a float64 prints well.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1e3 }
