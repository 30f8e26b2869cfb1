package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// durationBuckets are those of the design: login APIs answer between a tenth of
// a second and the usual time-out of 10 s.
var durationBuckets = []float64{0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30}

// define makes all collectors whose series come from runs and slots.
func (m *Metrics) define() {
	m.runs = m.counter("runs_total",
		"Executed runs by verdict. Skipped slots are in loginwatch_slots_skipped_total alone, so that the sum is what was executed.", "verdict")
	m.duration = prometheus.NewHistogramVec(nativeToo(prometheus.HistogramOpts{
		Name: "loginwatch_run_duration_seconds", Buckets: durationBuckets,
		Help: "Time from the name look-up of the login that a run is for to the last byte of its answer, and of all that was sent where the run did not come to it; of runs that sent something and are not broken.",
	}), probeLabels)
	m.phases = prometheus.NewSummaryVec(prometheus.SummaryOpts{
		Name: "loginwatch_phase_duration_seconds",
		Help: "Time of each phase of what loginwatch_run_duration_seconds measures.",
	}, append(probeLabels[:3:3], "phase"))
	m.up = m.gauge("up", "1 when the last run was ok or drift, 0 otherwise.")
	m.streak = m.gauge("consecutive_failures",
		"How many of the latest runs in a row ended with this verdict; there only while it is so. Broken runs and skipped slots change nothing: they tell nothing of the vendor.", "verdict")
	m.lastRun = m.gauge("last_run_timestamp_seconds", "When the last run ended.")
	m.lastSuccess = m.gauge("last_success_timestamp_seconds", "When the last run with verdict ok ended.")
	m.findings = m.counter("findings_total", "Differences between answers and the contract.", "class", "kind")
	m.failures = m.counter("failures_total", "Runs with another verdict than ok, by reason.", "reason")
	m.lifetime = m.gauge("token_lifetime_seconds", "How long the last token was valid when it came.")
	m.documented = m.gauge("token_documented_lifetime_seconds", "How long tokens are valid according to the vendor's document.")
	m.skew = m.gauge("clock_skew_seconds", "The vendor's clock minus ours, from the Date header of the last answer that had one.")
	m.certificate = m.gauge("tls_certificate_not_after_timestamp_seconds", "When the certificate that the vendor last presented ends.")
	m.clientCertificate = m.gauge("client_certificate_not_after_timestamp_seconds", "When our own client certificate ends.")
	m.quota = m.gauge("quota_logins", "Logins that the quota of the login's address allows in its day or month.")
	m.quotaUsed = m.gauge("quota_used_logins", "Logins of that quota that were used when a run of the probe was last asked for, by whoever shares it.")
	m.quotaEnds = m.gauge("quota_ends_timestamp_seconds", "When the day or month of that quota ends; then what was used is over.")
	m.planned = m.counter("slots_planned_total", "Due times: the sum of executed runs and skipped slots.")
	m.skipped = m.counter("slots_skipped_total", "Due times that were not run.", "reason")
	// How late slots start is a matter of this process and of no vendor: one
	// histogram for all, which also keeps the series of a probe below 50.
	m.lateness = prometheus.NewHistogram(nativeToo(prometheus.HistogramOpts{
		Name: "loginwatch_slot_lateness_seconds", Buckets: []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60},
		Help: "How long after its planned time a run started, over all probes.",
	}))
	m.reloadOK = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "loginwatch_config_last_reload_successful", Help: "1 when the configuration was read without a problem the last time, 0 otherwise.",
	})
	m.reloadedAt = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "loginwatch_config_last_reload_success_timestamp_seconds", Help: "When the configuration in force was read.",
	})
	m.registry.MustRegister(m.duration, m.phases)
	m.perJob = append(m.perJob, m.duration, m.phases)
}

// nativeToo adds a native histogram beside the classic buckets, bounded so that
// no distribution of times can make it grow.
func nativeToo(o prometheus.HistogramOpts) prometheus.HistogramOpts {
	o.NativeHistogramBucketFactor = 1.1
	o.NativeHistogramMaxBucketNumber = 100
	o.NativeHistogramMinResetDuration = time.Hour
	return o
}

func (m *Metrics) counter(name, help string, more ...string) *prometheus.CounterVec {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "loginwatch_" + name, Help: help}, append(probeLabels[:3:3], more...))
	m.registry.MustRegister(vec)
	m.perJob = append(m.perJob, vec)
	return vec
}

func (m *Metrics) gauge(name, help string, more ...string) *prometheus.GaugeVec {
	vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "loginwatch_" + name, Help: help}, append(probeLabels[:3:3], more...))
	m.registry.MustRegister(vec)
	m.perJob = append(m.perJob, vec)
	return vec
}
