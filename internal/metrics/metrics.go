// Package metrics exports what the daemon saw to Prometheus. It is the only recorder that
// knows Prometheus.
//
// What is told of a job is held as numbers, and becomes samples while a scrape is
// written, a few at a time; what is told of the process is in a registry of the client
// library.
//
// Labels are closed lists: vendor, probe and target come from [Metrics.SetJobs],
// verdicts, reasons, phases, classes and kinds from the root package. Nothing
// that a vendor sends ever becomes a label, so no answer can make the number of
// series grow. Runs and slots of a job that is not in the current list, for
// example of one that a reload removed while it ran, are not counted.
package metrics

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"

	"github.com/loginwatch/loginwatch"
)

// Options are what the metrics need of their surroundings.
type Options struct {
	Version  string
	Revision string
	// Ledger is asked for the state of the credentials at every scrape; nil
	// leaves these metrics out.
	Ledger loginwatch.Ledger
	// Upcoming gives the next slot of every probe; nil leaves its metric out.
	Upcoming func() []loginwatch.Slot
	// Unwritten gives how many slots the history has lost since the start; nil leaves
	// its metric out.
	Unwritten func() int
	// Changes gives how many changes of the answers of each vendor are open, by class; nil
	// leaves their metric out.
	Changes func() map[string]map[loginwatch.Class]int
	// Traces is what is told of the traces that are sent; nil leaves their metrics out.
	Traces *Traces
	// Now is the clock of that question; nil means time.Now.
	Now func() time.Time
}

// Metrics implements [loginwatch.Recorder].
type Metrics struct {
	opts     Options
	created  time.Time
	lists    *lists
	families []family // by name
	summary  atomic.Bool

	mu     sync.RWMutex
	jobs   map[loginwatch.Key]*series
	sorted []*series // never changed, but replaced

	registry   *prometheus.Registry
	lateness   prometheus.Histogram
	reloadOK   prometheus.Gauge
	reloadedAt prometheus.Gauge
	errors     *prometheus.CounterVec
}

var _ loginwatch.Recorder = (*Metrics)(nil)

// New gives metrics without jobs.
func New(opts Options) *Metrics {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	l := newLists()
	m := &Metrics{
		opts: opts, created: time.Now(), lists: l, families: byName(families(l)),
		jobs: map[loginwatch.Key]*series{}, registry: prometheus.NewRegistry(),
	}
	m.process()
	return m
}

// process makes the metrics that are told of no job.
func (m *Metrics) process() {
	// How late slots start is a matter of this process and of no vendor: one
	// histogram for all, which also keeps the series of a probe below 50.
	m.lateness = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "loginwatch_slot_lateness_seconds", Buckets: []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60},
		Help:                        "How long after its planned time a run started, over all probes.",
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: maxNative, NativeHistogramMinResetDuration: time.Hour,
	})
	m.reloadOK = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "loginwatch_config_last_reload_successful", Help: "1 when the configuration was read without a problem the last time, 0 otherwise.",
	})
	m.reloadedAt = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "loginwatch_config_last_reload_success_timestamp_seconds", Help: "When the configuration in force was read.",
	})
	m.errors = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "promhttp_metric_handler_errors_total", Help: "Total number of internal errors encountered by the promhttp metric handler.",
	}, []string{"cause"})
	for _, cause := range []string{"gathering", "encoding"} {
		m.errors.WithLabelValues(cause)
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "loginwatch_build_info", Help: "1, with the build in labels.",
		ConstLabels: prometheus.Labels{"version": valid(m.opts.Version), "revision": valid(m.opts.Revision), "goversion": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(build, m.lateness, m.reloadOK, m.reloadedAt, m.errors,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.traces()
	if m.opts.Unwritten != nil {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "loginwatch_history_lost_total", Help: "Slots that are not in the history, because the store could not be written for so long.",
		}, func() float64 { return float64(m.opts.Unwritten()) }))
	}
}

// SetJobs replaces the list of jobs: series of those that left are removed,
// counters of new ones start at 0, the others go on.
func (m *Metrics) SetJobs(jobs []loginwatch.Job) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next, shared := make(map[loginwatch.Key]*series, len(jobs)), pairs{}
	for _, j := range jobs {
		k := labelled(j.Key())
		s := m.jobs[k]
		if s == nil {
			s = newSeries([]*dto.LabelPair{shared.of("probe", k.Probe), shared.of("target", k.Target), shared.of("vendor", k.Vendor)}, j.Probe.Contract.Vendor)
		}
		next[k] = s
		s.mu.Lock()
		s.job = j
		s.contract = []*dto.LabelPair{shared.of("sha256", j.Probe.Contract.SHA256), shared.of("document", j.Probe.Contract.MainDocument())}
		s.mu.Unlock()
	}
	m.jobs, m.sorted = next, make([]*series, 0, len(next))
	for _, s := range next {
		m.sorted = append(m.sorted, s)
	}
	slices.SortFunc(m.sorted, func(a, b *series) int {
		order := 0
		for i := 0; order == 0 && i < len(a.labels); i++ {
			order = cmp.Compare(a.labels[i].GetValue(), b.labels[i].GetValue())
		}
		return order
	})
}

// Summarize has scrapes tell of each job what the rules and the overview need, or all again.
// Everything is counted all the while, so that a change resets nothing.
func (m *Metrics) Summarize(so bool) { m.summary.Store(so) }

// RecordPlanned implements [loginwatch.Recorder].
func (m *Metrics) RecordPlanned(_ context.Context, slot loginwatch.Slot) error {
	m.counting(slot.Key, func(s *series) { s.planned++ })
	return nil
}

// RecordSkip implements [loginwatch.Recorder]. A skipped slot says nothing about
// the vendor: it touches no metric of what it does.
func (m *Metrics) RecordSkip(_ context.Context, slot loginwatch.SkippedSlot) error {
	m.counting(slot.Key, func(s *series) {
		s.skipped = count(s.skipped, m.lists.reason(slot.Reason))
		s.usedOf(slot.Quota)
	})
	return nil
}

// RecordRun implements [loginwatch.Recorder].
func (m *Metrics) RecordRun(_ context.Context, r *loginwatch.Run) error {
	m.counting(r.Key, func(s *series) {
		s.record(r, m.lists, m.opts.Traces != nil && m.opts.Traces.Keeps(r))
		m.lateness.Observe(max(r.Lateness, 0).Seconds())
	})
	return nil
}

// Resume has the gauges of a job say what its standing says. Counters stay: they count
// what this process did.
func (m *Metrics) Resume(standing loginwatch.Standing) {
	m.counting(standing.Key, func(s *series) { s.resume(standing) })
}

// ConfigReloaded tells the outcome of reading the configuration, at the start
// and at every reload.
func (m *Metrics) ConfigReloaded(ok bool, at time.Time) {
	if !ok {
		m.reloadOK.Set(0)
		return
	}
	m.reloadOK.Set(1)
	m.reloadedAt.Set(seconds(at))
}

// counting calls f while the job is in the list.
func (m *Metrics) counting(k loginwatch.Key, f func(*series)) {
	m.mu.RLock()
	s := m.jobs[labelled(k)]
	m.mu.RUnlock()
	if s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		f(s)
	}
}
