package metrics

import (
	"context"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/loginwatch/loginwatch"
)

// RecordRun implements [loginwatch.Recorder].
func (m *Metrics) RecordRun(_ context.Context, r *loginwatch.Run) error {
	m.counting(labelled(r.Key), func(k loginwatch.Key) {
		m.verdict(k, r)
		m.findingsOf(k, r)
		if r.Verdict != loginwatch.Broken && len(r.Steps) > 0 {
			m.times(k, r)
		}
		m.lateness.Observe(max(r.Lateness, 0).Seconds())
		m.facts(k, r)
		m.skewOf(k, r)
		m.usedOf(k, r.Quota)
	})
	return nil
}

func (m *Metrics) verdict(k loginwatch.Key, r *loginwatch.Run) {
	v := verdictOf(r)
	m.runs.WithLabelValues(values(k, string(v))...).Inc()
	m.last(k, v, seconds(r.Started.Add(r.Duration)))
	m.count(k, v)
	if v != loginwatch.OK {
		m.failures.WithLabelValues(values(k, string(known(r.Reason)))...).Inc()
	}
}

// count adds a run to the streak of its verdict and ends the others.
func (m *Metrics) count(k loginwatch.Key, v loginwatch.Verdict) {
	if v == loginwatch.Broken {
		return
	}
	for _, s := range loginwatch.FailingVerdicts {
		if s == v {
			m.streak.WithLabelValues(values(k, string(s))...).Inc()
		} else {
			m.streak.DeleteLabelValues(values(k, string(s))...)
		}
	}
}

// findingsOf counts findings. One outside the closed lists is our own mistake:
// it becomes a failure with reason internal, never a label.
func (m *Metrics) findingsOf(k loginwatch.Key, r *loginwatch.Run) {
	for _, f := range r.Findings() {
		if !slices.Contains(loginwatch.Classes, f.Class) || !slices.Contains(loginwatch.Kinds, f.Kind) {
			m.failures.WithLabelValues(values(k, string(loginwatch.ReasonInternal))...).Inc()
			continue
		}
		m.findings.WithLabelValues(values(k, string(f.Class), string(f.Kind))...).Inc()
	}
}

func (m *Metrics) times(k loginwatch.Key, r *loginwatch.Run) {
	observer := m.duration.WithLabelValues(values(k)...)
	exemplar, ok := observer.(prometheus.ExemplarObserver)
	if ok && exemplary(r.ID) {
		exemplar.ObserveWithExemplar(r.Latency().Seconds(), prometheus.Labels{"run": r.ID})
	} else {
		observer.Observe(r.Latency().Seconds())
	}
	phases := r.Phases()
	if s := r.Subject(); s != nil {
		phases = s.Phases
	}
	for _, p := range loginwatch.Phases {
		if d, passed := phases[p]; passed {
			m.phases.WithLabelValues(values(k, string(p))...).Observe(d.Seconds())
		}
	}
}

// exemplary tells whether an id fits the 128 characters of an exemplar; a longer
// one would panic.
func exemplary(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// skewOf sets what the last answers said of our clock, which is that of this process:
// what another one met says nothing of it.
func (m *Metrics) skewOf(k loginwatch.Key, r *loginwatch.Run) {
	for _, s := range r.Steps {
		if s.HasSkew {
			m.skew.WithLabelValues(values(k)...).Set(s.Skew.Seconds())
		}
	}
}

// facts sets what the last answers said of tokens and certificate. A run that brought
// none leaves the last known ones.
func (m *Metrics) facts(k loginwatch.Key, r *loginwatch.Run) {
	for _, s := range r.Steps {
		if !s.Token.Present {
			continue
		}
		if s.Token.HasLifetime {
			m.lifetime.WithLabelValues(values(k)...).Set(s.Token.Lifetime.Seconds())
		} else {
			m.lifetime.DeleteLabelValues(values(k)...)
		}
		if s.Token.Documented > 0 {
			m.documented.WithLabelValues(values(k)...).Set(s.Token.Documented.Seconds())
		}
	}
	if !r.CertificateEnds.IsZero() {
		m.certificate.WithLabelValues(values(k)...).Set(seconds(r.CertificateEnds))
	}
	if r.ClientCertificateEnds.IsZero() {
		m.clientCertificate.DeleteLabelValues(values(k)...)
	} else {
		m.clientCertificate.WithLabelValues(values(k)...).Set(seconds(r.ClientCertificateEnds))
	}
}
