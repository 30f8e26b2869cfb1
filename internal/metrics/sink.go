package metrics

import (
	"bytes"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loginwatch/loginwatch"
)

// batch is about how many samples are made before they are written: a scrape of thousands of
// jobs takes the memory of these alone.
const batch = 1024

// sink writes the samples of families, one family after the other.
type sink struct {
	to      io.Writer
	text    bool // a family may be written in parts
	native  bool // native buckets can be written
	summary bool // less is told of each job
	created *timestamppb.Timestamp
	buffer  bytes.Buffer
	encoder expfmt.Encoder
	failed  error // the first failure to write; nothing is written after it

	family  *dto.MetricFamily
	begun   bool // something of the family was written
	simple  pool[simple]
	summed  pool[summed]
	buckets pool[bucketed]
}

// simple is a counter or a gauge, with all that it points to.
type simple struct {
	metric  dto.Metric
	value   float64
	counter dto.Counter
	gauge   dto.Gauge
}

type summed struct {
	metric  dto.Metric
	n       uint64
	seconds float64
	summary dto.Summary
}

type bucketed struct {
	metric    dto.Metric
	n         uint64
	seconds   float64
	histogram dto.Histogram
	bounds    [len(durationBuckets) + 1]dto.Bucket
	counts    [len(durationBuckets) + 1]uint64
}

// pool hands out values that are used again for the next samples.
type pool[T any] struct {
	all  []*T
	used int
}

func (p *pool[T]) next() *T {
	if p.used == len(p.all) {
		p.all = append(p.all, new(T))
	}
	p.used++
	return p.all[p.used-1]
}

func newSink(to io.Writer, format expfmt.Format, created time.Time) *sink {
	kind := format.FormatType()
	s := &sink{
		to: to, text: kind == expfmt.TypeTextPlain || kind == expfmt.TypeOpenMetrics, created: timestamppb.New(created),
		family: &dto.MetricFamily{},
	}
	s.native = !s.text
	s.encoder = expfmt.NewEncoder(&s.buffer, format)
	return s
}

// whole writes a family that somebody else has put together.
func (s *sink) whole(f *dto.MetricFamily) {
	if s.failed == nil {
		s.failed = s.encoder.Encode(f)
		s.drain()
	}
}

// put writes a family of ours.
func (s *sink) put(f *family, now *moment) {
	s.family.Name, s.family.Help, s.family.Type = &f.name, &f.help, f.kind.Enum()
	s.begun = false
	f.samples(now, s)
	s.flush()
}

// close ends what is written.
func (s *sink) close() error {
	if closer, ok := s.encoder.(expfmt.Closer); ok && s.failed == nil {
		s.failed = closer.Close()
		s.drain()
	}
	return s.failed
}

func (s *sink) add(m *dto.Metric, labels []*dto.LabelPair, more []*dto.LabelPair) {
	m.Label = append(append(m.Label[:0], labels...), more...)
	if len(more) > 0 {
		slices.SortFunc(m.Label, func(a, b *dto.LabelPair) int { return strings.Compare(a.GetName(), b.GetName()) })
	}
	s.family.Metric = append(s.family.Metric, m)
}

// breathe writes what has come together, where that is much. It may wait for whoever reads:
// no lock is held meanwhile, or a reader that is slow would keep what is recorded waiting.
func (s *sink) breathe() {
	if s.text && len(s.family.Metric) >= batch {
		s.flush()
	}
}

func (s *sink) value(v float64, labels []*dto.LabelPair, more ...*dto.LabelPair) {
	x := s.simple.next()
	x.value = v
	x.counter.Value, x.counter.CreatedTimestamp, x.gauge.Value = &x.value, s.created, &x.value
	x.metric.Counter, x.metric.Gauge = nil, nil
	if s.family.GetType() == dto.MetricType_COUNTER {
		x.metric.Counter = &x.counter
	} else {
		x.metric.Gauge = &x.gauge
	}
	s.add(&x.metric, labels, more)
}

func (s *sink) sum(v sum, labels []*dto.LabelPair, more ...*dto.LabelPair) {
	x := s.summed.next()
	x.n, x.seconds = v.n, v.seconds
	x.summary.SampleCount, x.summary.SampleSum, x.summary.CreatedTimestamp = &x.n, &x.seconds, s.created
	x.metric.Summary = &x.summary
	s.add(&x.metric, labels, more)
}

// histogram adds one with the bucket that holds the threshold, if there is one, in any case.
func (s *sink) histogram(h *histogram, threshold time.Duration, labels []*dto.LabelPair) {
	x := s.buckets.next()
	x.n, x.seconds = h.n, h.seconds
	x.histogram.SampleCount, x.histogram.SampleSum, x.histogram.CreatedTimestamp = &x.n, &x.seconds, s.created
	x.histogram.Bucket = x.histogram.Bucket[:0]
	var below uint64
	judged := bucketOf(threshold.Seconds())
	for i, n := range h.classic {
		below += n
		x.counts[i] = below
		x.bounds[i].CumulativeCount, x.bounds[i].UpperBound, x.bounds[i].Exemplar = &x.counts[i], bound(i), nil
		if !s.summary || i == judged || coarse(i) {
			x.histogram.Bucket = append(x.histogram.Bucket, &x.bounds[i])
		}
	}
	if !s.summary {
		for _, e := range h.exemplars {
			labels := []*dto.LabelPair{pair("run", e.run)}
			if e.traced { // by the name that Grafana looks for
				id := loginwatch.TraceID(e.run)
				labels = append(labels, pair("trace_id", hex.EncodeToString(id[:])))
			}
			x.bounds[e.bucket].Exemplar = &dto.Exemplar{Label: labels, Value: &e.seconds, Timestamp: timestamppb.New(e.at)}
		}
		if s.native && s.failed == nil {
			s.failed = h.spans(&x.histogram)
		}
	}
	x.metric.Histogram = &x.histogram
	s.add(&x.metric, labels, nil)
}

// flush writes the samples so far. A family that is written in parts has its head once:
// in text every line that begins with # belongs to it, or to the end of all.
func (s *sink) flush() {
	if len(s.family.Metric) > 0 && s.failed == nil {
		s.failed = s.encoder.Encode(s.family)
		for s.begun && s.buffer.Len() > 0 && s.buffer.Bytes()[0] == '#' {
			_, _ = s.buffer.ReadBytes('\n')
		}
		s.begun = true
		s.drain()
	}
	s.family.Metric = s.family.Metric[:0]
	s.simple.used, s.summed.used, s.buckets.used = 0, 0, 0
}

func (s *sink) drain() {
	if s.failed == nil {
		_, s.failed = s.to.Write(s.buffer.Bytes())
	}
	s.buffer.Reset()
}
