package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/loginwatch/loginwatch"
)

var (
	probeLabels = []string{"vendor", "probe", "target"}

	intervalDesc = prometheus.NewDesc("loginwatch_probe_interval_seconds",
		"Smallest time between two slots of the probe's schedule.", probeLabels, nil)
	objectiveDesc = prometheus.NewDesc("loginwatch_slo_objective_ratio",
		"The probe's objectives: availability, correctness, and for latency the share of runs within the threshold.",
		append(probeLabels[:3:3], "slo"), nil)
	thresholdDesc = prometheus.NewDesc("loginwatch_slo_latency_threshold_seconds",
		"The duration that the latency objective is about.", probeLabels, nil)
	contractDesc = prometheus.NewDesc("loginwatch_contract_info",
		"1, with the contract that the probe checks and the first document that it cites in labels.",
		append(probeLabels[:3:3], "sha256", "document"), nil)

	nextDesc = prometheus.NewDesc("loginwatch_next_run_timestamp_seconds",
		"When the next slot is planned. A time that has passed means that the daemon does not plan any more.", probeLabels, nil)

	remainingDesc = prometheus.NewDesc("loginwatch_credential_budget_remaining",
		"Refusals left before the credential cools down.", []string{"credential"}, nil)
	suspendedDesc = prometheus.NewDesc("loginwatch_credential_suspended",
		"1 from the refusal that used up the budget until a login with the credential is accepted or its secrets have another value.", []string{"credential"}, nil)
	leftOpenDesc = prometheus.NewDesc("loginwatch_credential_sessions_left_open",
		"Sessions of the last 30 days, at most 20, that logins with the credential opened and that were not closed as far as anybody knows.", []string{"credential"}, nil)
	nextSecretDesc = prometheus.NewDesc("loginwatch_credential_next_secret",
		"1 for how the credential's next secret stands; there only while one is to come, or has taken over and was not moved.", []string{"credential", "standing"}, nil)
	untilDesc = prometheus.NewDesc("loginwatch_credential_suspended_until_timestamp_seconds",
		"When a suspended credential may be tried again; there only while it cools down.", []string{"credential"}, nil)
)

// configured exports the list of jobs as it is, so that no scrape sees one
// half of a reload.
type configured struct {
	metrics  *Metrics
	upcoming func() []loginwatch.Slot
}

func (c configured) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{intervalDesc, objectiveDesc, thresholdDesc, contractDesc, nextDesc} {
		ch <- d
	}
}

func (c configured) Collect(ch chan<- prometheus.Metric) {
	var next []loginwatch.Slot
	if c.upcoming != nil {
		next = c.upcoming()
	}
	c.metrics.mu.RLock()
	defer c.metrics.mu.RUnlock()
	for _, s := range next {
		k := labelled(s.Key)
		if _, ok := c.metrics.jobs[k]; ok {
			ch <- prometheus.MustNewConstMetric(nextDesc, prometheus.GaugeValue, seconds(s.Planned), values(k)...)
		}
	}
	for k, j := range c.metrics.jobs {
		gauge := func(d *prometheus.Desc, v float64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, values(k, labels...)...)
		}
		gauge(intervalDesc, j.Interval.Seconds())
		for slo, v := range map[string]float64{
			"availability": j.Probe.Objectives.Availability, "correctness": j.Probe.Objectives.Correctness, "latency": j.Probe.Objectives.LatencyQuantile,
		} {
			if v > 0 {
				gauge(objectiveDesc, v, slo)
			}
		}
		if j.Probe.Objectives.Latency > 0 {
			gauge(thresholdDesc, j.Probe.Objectives.Latency.Seconds())
		}
		gauge(contractDesc, 1, valid(j.Probe.Contract.SHA256), valid(j.Probe.Contract.MainDocument()))
	}
}

// scrapeTimeout bounds the question to the ledger, which may be a database.
const scrapeTimeout = 3 * time.Second

// credentials exports the ledger's view at the time of the scrape: a cool-down
// ends without anybody telling.
//
// One that no probe uses any more, for example because its target was removed,
// is nobody's to mend and not exported.
type credentials struct {
	metrics *Metrics
	ledger  loginwatch.Ledger
	now     func() time.Time
}

func (c credentials) Describe(ch chan<- *prometheus.Desc) {
	ch <- remainingDesc
	ch <- suspendedDesc
	ch <- untilDesc
	ch <- leftOpenDesc
	ch <- nextSecretDesc
}

func (c credentials) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	states, err := c.ledger.Credentials(ctx, c.now())
	if err != nil {
		ch <- prometheus.NewInvalidMetric(suspendedDesc, err)
		return
	}
	used := c.metrics.credentials()
	for _, s := range states {
		if !used[s.Credential] {
			continue
		}
		suspended := 0.0
		if s.Suspended {
			suspended = 1
		}
		ch <- prometheus.MustNewConstMetric(remainingDesc, prometheus.GaugeValue, float64(s.Remaining), valid(s.Credential))
		ch <- prometheus.MustNewConstMetric(suspendedDesc, prometheus.GaugeValue, suspended, valid(s.Credential))
		ch <- prometheus.MustNewConstMetric(leftOpenDesc, prometheus.GaugeValue, float64(len(s.LeftOpen)), valid(s.Credential))
		if !s.Until.IsZero() {
			ch <- prometheus.MustNewConstMetric(untilDesc, prometheus.GaugeValue, seconds(s.Until), valid(s.Credential))
		}
		if s.Next.Standing != "" {
			nextSecret(ch, s)
		}
	}
}

// nextSecret exports each standing, so that none seems to stay when another one has come.
func nextSecret(ch chan<- prometheus.Metric, s loginwatch.CredentialState) {
	for _, standing := range loginwatch.NextStandings {
		is := 0.0
		if s.Next.Standing == standing {
			is = 1
		}
		ch <- prometheus.MustNewConstMetric(nextSecretDesc, prometheus.GaugeValue, is, valid(s.Credential), string(standing))
	}
}

// credentials gives those of the current jobs.
func (m *Metrics) credentials() map[string]bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	used := map[string]bool{}
	for _, j := range m.jobs {
		used[j.Target.Credential] = true
	}
	return used
}
