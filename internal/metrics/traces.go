package metrics

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/loginwatch/loginwatch"
)

// Traces is what can be measured of the traces that are sent.
type Traces struct {
	Sent    func() uint64              // spans that were taken
	Dropped map[string]func() uint64   // spans that were not, by reason
	Keeps   func(*loginwatch.Run) bool // tells whether the trace of a run is sent
}

// traces makes the metrics of traces.
func (m *Metrics) traces() {
	t := m.opts.Traces
	if t == nil {
		return
	}
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "loginwatch_trace_spans_sent_total", Help: "Spans that the collector has taken.",
	}, func() float64 { return float64(t.Sent()) }))
	for _, reason := range slices.Sorted(maps.Keys(t.Dropped)) {
		dropped := t.Dropped[reason]
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "loginwatch_trace_spans_dropped_total", Help: "Spans that the collector has not taken, as far as it said, by reason.",
			ConstLabels: prometheus.Labels{"reason": reason},
		}, func() float64 { return float64(dropped()) }))
	}
}
