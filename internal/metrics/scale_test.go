package metrics

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/loginwatch/loginwatch"
)

// many watches n logins, each of which has run.
func many(t testing.TB, n int) *Metrics {
	t.Helper()
	m := newMetrics(nil)
	jobs := make([]loginwatch.Job, n)
	for i := range jobs {
		jobs[i] = job("login")
		jobs[i].Target.Name = fmt.Sprintf("account-%05d", i)
	}
	m.SetJobs(jobs)
	for i := range jobs {
		r := run("login")
		r.Key = jobs[i].Key()
		r.ID = fmt.Sprintf("01JD0000000000000000%06d", i)
		recorded(t, m.RecordPlanned(t.Context(), loginwatch.Slot{Key: r.Key}))
		recorded(t, m.RecordRun(t.Context(), r))
	}
	return m
}

// A family that is written in parts is one family all the same, to every reader.
func TestFamiliesInParts(t *testing.T) {
	const jobs = batch + 77 // of which most families need two parts, and one needs seven
	m := many(t, jobs)
	for _, accept := range []string{
		"text/plain", "application/openmetrics-text;version=1.0.0",
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
	} {
		body, status := scrape(t, m, accept)
		if status != http.StatusOK {
			t.Fatal(status)
		}
		if strings.HasPrefix(accept, "application/openmetrics") {
			for _, name := range []string{"loginwatch_runs", "loginwatch_run_duration_seconds", "loginwatch_up"} {
				if n := strings.Count(body, "# TYPE "+name+" "); n != 1 {
					t.Errorf("%s: %d types", name, n)
				}
			}
			if n := strings.Count(body, "# EOF"); n != 1 || !strings.HasSuffix(body, "# EOF\n") {
				t.Errorf("%d ends", n)
			}
			continue // of which there is no reader here: Prometheus reads it in the tests of the dashboards
		}
		decoder := expfmt.NewDecoder(strings.NewReader(body), expfmt.ResponseFormat(http.Header{"Content-Type": {accept}}))
		samples := map[string]int{}
		for {
			var f dto.MetricFamily
			err := decoder.Decode(&f)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %s", accept, err)
			}
			if samples[f.GetName()] > 0 {
				t.Errorf("%s: %s comes twice", accept, f.GetName())
			}
			samples[f.GetName()] = len(f.Metric)
		}
		for name, want := range map[string]int{
			"loginwatch_runs_total": jobs * len(loginwatch.Verdicts), "loginwatch_run_duration_seconds": jobs, "loginwatch_up": jobs,
			"loginwatch_phase_duration_seconds": jobs * len(loginwatch.Phases), "loginwatch_contract_info": jobs,
		} {
			if samples[name] != want {
				t.Errorf("%s: %s has %d samples, want %d", accept, name, samples[name], want)
			}
		}
	}
}

// The client library counts the same values in the same buckets.
func TestHistogramAgreesWithTheLibrary(t *testing.T) {
	tests := map[string]func(*rand.Rand) float64{
		"logins":     func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()*0.5 - 1.5) },
		"bounds":     func(r *rand.Rand) float64 { return durationBuckets[r.IntN(len(durationBuckets))] },
		"powers":     func(r *rand.Rand) float64 { return math.Exp2(float64(r.IntN(12) - 6)) },
		"nothing":    func(*rand.Rand) float64 { return 0 },
		"very short": func(r *rand.Rand) float64 { return r.Float64() / 1e9 },
		"one":        func(*rand.Rand) float64 { return 0.25 },
	}
	for name, draw := range tests {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(5, 7))
			library := prometheus.NewHistogram(prometheus.HistogramOpts{
				Name: "x", Help: "x", Buckets: durationBuckets[:], NativeHistogramBucketFactor: 1.1,
			})
			var ours histogram
			for range 5000 {
				v := draw(random)
				library.Observe(v)
				ours.observe(v, "", false, start)
			}
			if ours.coarser > 0 { // the library has no limit here; the next test is of ours
				t.Fatalf("%d buckets are too many to be held against the library's", len(ours.native))
			}
			var want dto.Metric
			if err := library.Write(&want); err != nil {
				t.Fatal(err)
			}
			want.Histogram.CreatedTimestamp = nil
			got := written(t, &ours)
			got.CreatedTimestamp = nil
			got.Bucket = got.Bucket[:len(got.Bucket)-1] // the library leaves out the one without a bound
			if diff := cmp.Diff(want.Histogram, got, protocmp.Transform()); diff != "" {
				t.Errorf("(-library +ours):\n%s", diff)
			}
		})
	}
}

// Whatever comes, the buckets are few and lose nothing.
func TestNativeBucketsAreFew(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 7))
	var h histogram
	const n = 20_000
	for range n {
		h.observe(math.Exp2(random.Float64()*60-30), "", false, start)
	}
	if len(h.native) > maxNative || h.coarser == 0 {
		t.Errorf("%d buckets, %d times coarser", len(h.native), h.coarser)
	}
	got := written(t, &h)
	var all, bucket int64
	for _, d := range got.PositiveDelta {
		bucket += d
		all += bucket
	}
	if all != n || got.GetSchema() != int32(nativeSchema-h.coarser) {
		t.Errorf("%d of %d are in the buckets of schema %d", all, n, got.GetSchema())
	}
	// By the first schema, bucket 8k ends at 2^k; so does bucket 8k>>coarser of a coarser one.
	var low histogram
	low.observe(1, "", false, start)
	key := low.native[0].key
	for range 2 {
		key = coarser(key)
	}
	if key != 0 || coarser(1) != 1 || coarser(8) != 4 || coarser(-7) != -3 {
		t.Errorf("1 is in bucket %d; coarser(1) = %d", key, coarser(1))
	}
}

// written is what is exposed of a histogram.
func written(t *testing.T, h *histogram) *dto.Histogram {
	t.Helper()
	s := newSink(io.Discard, expfmt.NewFormat(expfmt.TypeProtoDelim), start)
	s.histogram(h, 0, nil)
	if s.failed != nil {
		t.Fatal(s.failed)
	}
	return s.family.Metric[0].Histogram
}

// BenchmarkScrape is one of 10,000 logins, compressed.
func BenchmarkScrape(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m := many(b, 10_000)
	runtime.GC()
	runtime.ReadMemStats(&after)
	handler := m.Handler()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.Header.Set("Accept", "application/openmetrics-text;version=1.0.0")
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		b.ReportMetric(float64(w.Body.Len())/1e6, "MB")
		unpacked, err := gzip.NewReader(w.Body)
		if err != nil {
			b.Fatal(err)
		}
		_ = unpacked.Close()
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/10_000, "bytes/login")
	runtime.KeepAlive(m)
}
