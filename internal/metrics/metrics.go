// Package metrics exports what the daemon saw to Prometheus, from a registry of
// its own. It is the only recorder that knows Prometheus.
//
// Labels are closed lists: vendor, probe and target come from [Metrics.SetJobs],
// verdicts, reasons, phases, classes and kinds from the root package. Nothing
// that a vendor sends ever becomes a label, so no answer can make the number of
// series grow. Runs and slots of a job that is not in the current list, for
// example of one that a reload removed while it ran, are not counted.
package metrics

import (
	"context"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

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
	// Now is the clock of that question; nil means time.Now.
	Now func() time.Time
}

// Metrics implements [loginwatch.Recorder].
type Metrics struct {
	registry *prometheus.Registry

	mu   sync.RWMutex // held for reading while something is counted, so that a removed job stays removed
	jobs map[loginwatch.Key]loginwatch.Job

	runs        *prometheus.CounterVec
	duration    *prometheus.HistogramVec
	phases      *prometheus.SummaryVec
	up          *prometheus.GaugeVec
	streak      *prometheus.GaugeVec
	lastRun     *prometheus.GaugeVec
	lastSuccess *prometheus.GaugeVec
	findings    *prometheus.CounterVec
	failures    *prometheus.CounterVec
	lifetime    *prometheus.GaugeVec
	documented  *prometheus.GaugeVec
	skew        *prometheus.GaugeVec
	certificate *prometheus.GaugeVec

	clientCertificate *prometheus.GaugeVec
	quota             *prometheus.GaugeVec
	quotaUsed         *prometheus.GaugeVec
	quotaEnds         *prometheus.GaugeVec
	planned           *prometheus.CounterVec
	skipped           *prometheus.CounterVec
	lateness          prometheus.Histogram
	reloadOK          prometheus.Gauge
	reloadedAt        prometheus.Gauge
	perJob            []interface{ DeletePartialMatch(prometheus.Labels) int }
}

var _ loginwatch.Recorder = (*Metrics)(nil)

// labelled makes label values of names: invalid UTF-8 in one would panic.
func labelled(k loginwatch.Key) loginwatch.Key {
	return loginwatch.Key{Vendor: valid(k.Vendor), Probe: valid(k.Probe), Target: valid(k.Target)}
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func values(k loginwatch.Key, more ...string) []string {
	return append([]string{k.Vendor, k.Probe, k.Target}, more...)
}

// New gives metrics without jobs.
func New(opts Options) *Metrics {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	m := &Metrics{registry: prometheus.NewRegistry(), jobs: map[loginwatch.Key]loginwatch.Job{}}
	m.define()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "loginwatch_build_info", Help: "1, with the build in labels.",
		ConstLabels: prometheus.Labels{"version": valid(opts.Version), "revision": valid(opts.Revision), "goversion": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(build, m.lateness, m.reloadOK, m.reloadedAt, configured{m, opts.Upcoming},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if opts.Unwritten != nil {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "loginwatch_history_lost_total", Help: "Slots that are not in the history, because the store could not be written for so long.",
		}, func() float64 { return float64(opts.Unwritten()) }))
	}
	if opts.Changes != nil {
		m.registry.MustRegister(changes{m, opts.Changes})
	}
	if opts.Ledger != nil {
		m.registry.MustRegister(credentials{m, opts.Ledger, opts.Now})
	}
	return m
}

// Handler serves the metrics, as OpenMetrics with exemplars where the client
// asks for it.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		EnableOpenMetrics: true,
		Registry:          m.registry,
		// A ledger that can't be read must not take the other metrics with it;
		// promhttp_metric_handler_errors_total counts it.
		ErrorHandling: promhttp.ContinueOnError,
	})
}

// SetJobs replaces the list of jobs: series of those that left are removed,
// counters of new ones start at 0, the others go on.
func (m *Metrics) SetJobs(jobs []loginwatch.Job) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := make(map[loginwatch.Key]loginwatch.Job, len(jobs))
	for _, j := range jobs {
		next[labelled(j.Key())] = j
	}
	for k := range m.jobs {
		if _, stays := next[k]; !stays {
			for _, vec := range m.perJob {
				vec.DeletePartialMatch(prometheus.Labels{"vendor": k.Vendor, "probe": k.Probe, "target": k.Target})
			}
		}
	}
	for k := range next {
		for _, v := range loginwatch.Verdicts {
			m.runs.WithLabelValues(values(k, string(v))...)
		}
		m.duration.WithLabelValues(values(k)...)
		m.planned.WithLabelValues(values(k)...)
	}
	m.jobs = next
}

// RecordPlanned implements [loginwatch.Recorder].
func (m *Metrics) RecordPlanned(_ context.Context, s loginwatch.Slot) error {
	m.counting(labelled(s.Key), func(k loginwatch.Key) {
		m.planned.WithLabelValues(values(k)...).Inc()
	})
	return nil
}

// RecordSkip implements [loginwatch.Recorder]. A skipped slot says nothing about
// the vendor: it touches no metric of what it does.
func (m *Metrics) RecordSkip(_ context.Context, s loginwatch.SkippedSlot) error {
	m.counting(labelled(s.Key), func(k loginwatch.Key) {
		m.skipped.WithLabelValues(values(k, string(known(s.Reason)))...).Inc()
		m.usedOf(k, s.Quota)
	})
	return nil
}

// usedOf shows what was used of a quota, if there is one.
func (m *Metrics) usedOf(k loginwatch.Key, q loginwatch.QuotaState) {
	if q.Logins > 0 {
		m.quota.WithLabelValues(values(k)...).Set(float64(q.Logins))
		m.quotaUsed.WithLabelValues(values(k)...).Set(float64(q.Used))
		m.quotaEnds.WithLabelValues(values(k)...).Set(seconds(q.Ends))
	}
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
func (m *Metrics) counting(k loginwatch.Key, f func(loginwatch.Key)) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if _, ok := m.jobs[k]; ok {
		f(k)
	}
}

// known keeps the label's list closed: a reason outside it is our own mistake.
func known(r loginwatch.Reason) loginwatch.Reason {
	if slices.Contains(loginwatch.Reasons, r) {
		return r
	}
	return loginwatch.ReasonInternal
}

// seconds is a Unix time; milliseconds are as exact as a float64 prints well.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1e3 }
