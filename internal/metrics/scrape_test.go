package metrics

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

func scrape(t *testing.T, m *Metrics, accept string) (string, int) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), w.Code
}

// gathered is what a scrape shows, read by the parser of the text format.
type gathered struct {
	t *testing.T
	m *Metrics
}

func (g gathered) Gather() ([]*dto.MetricFamily, error) {
	g.t.Helper()
	body, status := scrape(g.t, g.m, "text/plain")
	if status != http.StatusOK {
		g.t.Fatalf("status %d: %s", status, body)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	named, err := parser.TextToMetricFamilies(strings.NewReader(body))
	all := slices.Collect(maps.Values(named))
	slices.SortFunc(all, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	for _, f := range all {
		slices.SortFunc(f.Metric, func(a, b *dto.Metric) int { return slices.CompareFunc(a.Label, b.Label, byValue) })
	}
	return all, err
}

func byValue(a, b *dto.LabelPair) int { return strings.Compare(a.GetValue(), b.GetValue()) }
