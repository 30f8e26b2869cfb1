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
		"1, with the contract that the probe checks and its vendor's document in labels.",
		append(probeLabels[:3:3], "sha256", "document"), nil)

	remainingDesc = prometheus.NewDesc("loginwatch_credential_budget_remaining",
		"Rejections left before the credential cools down.", []string{"credential"}, nil)
	suspendedDesc = prometheus.NewDesc("loginwatch_credential_suspended",
		"1 while the credential cools down after rejections.", []string{"credential"}, nil)
)

// configured exports the list of probes as it is, so that no scrape sees one
// half of a reload.
type configured struct{ metrics *Metrics }

func (c configured) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{intervalDesc, objectiveDesc, thresholdDesc, contractDesc} {
		ch <- d
	}
}

func (c configured) Collect(ch chan<- prometheus.Metric) {
	c.metrics.mu.RLock()
	defer c.metrics.mu.RUnlock()
	for k, p := range c.metrics.probes {
		gauge := func(d *prometheus.Desc, v float64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, k.values(labels...)...)
		}
		gauge(intervalDesc, p.Interval.Seconds())
		for slo, v := range map[string]float64{
			"availability": p.Objectives.Availability, "correctness": p.Objectives.Correctness, "latency": p.Objectives.LatencyQuantile,
		} {
			if v > 0 {
				gauge(objectiveDesc, v, slo)
			}
		}
		if p.Objectives.Latency > 0 {
			gauge(thresholdDesc, p.Objectives.Latency.Seconds())
		}
		gauge(contractDesc, 1, valid(p.SHA256), valid(p.Document))
	}
}

// scrapeTimeout bounds the question to the ledger, which may be a database.
const scrapeTimeout = 3 * time.Second

// credentials exports the ledger's view at the time of the scrape: a cool-down
// ends without anybody telling.
type credentials struct {
	ledger loginwatch.Ledger
	now    func() time.Time
}

func (c credentials) Describe(ch chan<- *prometheus.Desc) {
	ch <- remainingDesc
	ch <- suspendedDesc
}

func (c credentials) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	states, err := c.ledger.Credentials(ctx, c.now())
	if err != nil {
		ch <- prometheus.NewInvalidMetric(suspendedDesc, err)
		return
	}
	for _, s := range states {
		suspended := 0.0
		if s.Suspended {
			suspended = 1
		}
		ch <- prometheus.MustNewConstMetric(remainingDesc, prometheus.GaugeValue, float64(s.Remaining), valid(s.Credential))
		ch <- prometheus.MustNewConstMetric(suspendedDesc, prometheus.GaugeValue, suspended, valid(s.Credential))
	}
}
