package metrics

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
	"github.com/prometheus/common/expfmt"
)

// Handler serves the metrics as text, as OpenMetrics with exemplars or as protocol
// buffers with native histograms, whatever the client asks for, and writes them while
// they are put together; of the names in name[] alone, where there are such. Compressed, a scrape is a twentieth, and the quickest level
// takes a tenth from that.
func (m *Metrics) Handler() http.Handler {
	compressed, err := gzhttp.NewWrapper(gzhttp.CompressionLevel(gzip.BestSpeed))
	if err != nil {
		panic(err) // the level is wrong, and it is ours
	}
	return compressed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		format := expfmt.NegotiateAccept(r.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...)
		w.Header().Set("Content-Type", string(format))
		if err := m.write(r.Context(), w, format, r.URL.Query()["name[]"]); err != nil {
			m.errors.WithLabelValues("encoding").Inc()
			panic(http.ErrAbortHandler) // so that nobody takes what was written for all
		}
	}))
}

// write writes the metrics of those names, all where none is given, by name. A ledger that can't be read must not take the other
// metrics with it; it is counted.
func (m *Metrics) write(ctx context.Context, w io.Writer, format expfmt.Format, names []string) error {
	now, err := m.now(ctx)
	if err != nil {
		m.errors.WithLabelValues("gathering").Inc()
	}
	rest, err := m.registry.Gather()
	if err != nil {
		m.errors.WithLabelValues("gathering").Inc()
	}
	to := newSink(w, format, m.created)
	to.summary = m.summary.Load()
	wanted := func(name string) bool { return len(names) == 0 || slices.Contains(names, name) }
	process := func(before string) {
		for len(rest) > 0 && (before == "" || rest[0].GetName() < before) {
			if wanted(rest[0].GetName()) {
				to.whole(rest[0])
			}
			rest = rest[1:]
		}
	}
	for i := range m.families {
		process(m.families[i].name)
		if wanted(m.families[i].name) {
			to.put(&m.families[i], now)
		}
	}
	process("")
	return to.close()
}

func byName(all []family) []family {
	slices.SortFunc(all, func(a, b family) int { return strings.Compare(a.name, b.name) })
	return all
}
