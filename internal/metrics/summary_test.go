package metrics

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/loginwatch/loginwatch"
)

// A summary says less and nothing else: what it says is in the whole, to the letter. It
// prints what a login takes in both.
func TestSummary(t *testing.T) {
	m := many(t, 100)
	full := seriesOf(t, m, "login")
	fullBytes := len(openMetrics(t, m))
	m.Summarize(true)
	brief := seriesOf(t, m, "login")
	briefBytes := len(openMetrics(t, m))
	whole := map[string]bool{}
	for _, line := range full {
		whole[line] = true
	}
	for _, line := range brief {
		if !whole[line] {
			t.Errorf("only the summary has %s", line)
		}
	}
	t.Logf("a login has %.1f series, %d bytes of a scrape; in a summary %.1f, %d bytes", float64(len(full))/100, fullBytes/100, float64(len(brief))/100, briefBytes/100)
	if len(brief) > len(full)*65/100 {
		t.Errorf("%d of %d series", len(brief), len(full))
	}

	recorded(t, m.RecordRun(t.Context(), failing("login", loginwatch.Drift, loginwatch.ReasonContract))) // of no job
	r := run("login")
	r.Target = "account-00007"
	recorded(t, m.RecordRun(t.Context(), r))
	m.Summarize(false)
	again := strings.Join(seriesOf(t, m, "login"), "")
	for _, want := range []string{
		`loginwatch_phase_duration_seconds_count{phase="tls",probe="login",target="account-00007",vendor="acme"} 2`,
		`loginwatch_run_duration_seconds_bucket{probe="login",target="account-00007",vendor="acme",le="0.5"} 2`,
		`loginwatch_runs_total{probe="login",target="account-00007",vendor="acme",verdict="ok"} 2`,
	} {
		if !strings.Contains(again, want+"\n") {
			t.Errorf("after the summary there is no %s", want)
		}
	}
}

// openMetrics is a scrape as Prometheus asks for it.
func openMetrics(t *testing.T, m *Metrics) string {
	t.Helper()
	body, status := scrape(t, m, "application/openmetrics-text;version=1.0.0")
	if status != http.StatusOK {
		t.Fatal(status)
	}
	return body
}

// Whoever reads native buckets where there are some would find none of the classic ones.
func TestSummaryHasNoNativeBuckets(t *testing.T) {
	m := many(t, 2)
	for _, brief := range []bool{false, true} {
		m.Summarize(brief)
		const accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
		body, _ := scrape(t, m, accept)
		decoder := expfmt.NewDecoder(strings.NewReader(body), expfmt.ResponseFormat(http.Header{"Content-Type": {accept}}))
		for {
			var f dto.MetricFamily
			err := decoder.Decode(&f)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if f.GetName() != "loginwatch_run_duration_seconds" {
				continue
			}
			for _, x := range f.Metric {
				if native := x.Histogram.Schema != nil; native == brief {
					t.Errorf("summary %t: native buckets %t", brief, native)
				}
				exemplars := 0
				for _, b := range x.Histogram.Bucket {
					if b.Exemplar != nil {
						exemplars++
					}
				}
				if exemplars > 0 == brief {
					t.Errorf("summary %t: %d exemplars", brief, exemplars)
				}
			}
		}
	}
}
