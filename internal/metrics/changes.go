package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/loginwatch/loginwatch"
)

var changesDesc = prometheus.NewDesc("loginwatch_drift_changes",
	"Changes of what the vendor's answers look like that go on and that nobody has acknowledged or accepted.", []string{"vendor", "class"}, nil)

// changes exports how many changes are open at the time of the scrape: an
// acknowledgement ends without anybody telling.
type changes struct {
	metrics *Metrics
	open    func() map[string]map[loginwatch.Class]int
}

func (c changes) Describe(ch chan<- *prometheus.Desc) { ch <- changesDesc }

func (c changes) Collect(ch chan<- prometheus.Metric) {
	open := c.open()
	for vendor := range c.metrics.vendors() {
		for _, class := range loginwatch.Classes {
			ch <- prometheus.MustNewConstMetric(changesDesc, prometheus.GaugeValue, float64(open[vendor][class]), valid(vendor), string(class))
		}
	}
}

// vendors gives those of the current jobs.
func (m *Metrics) vendors() map[string]bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	all := map[string]bool{}
	for k := range m.jobs {
		all[k.Vendor] = true
	}
	return all
}
