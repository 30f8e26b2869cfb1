package metrics

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// durationBuckets are those of the design: login APIs answer between a tenth of
// a second and the usual time-out of 10 s.
var durationBuckets = [...]float64{0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30}

// coarseBuckets are those of a summary, beside the one that the latency objective is judged
// by: each three times the one before, so that a quantile read from them is as true, and
// only less sharp.
var coarseBuckets = [...]float64{0.1, 0.3, 1, 3, 10, 30}

// coarse tells whether a bucket is one of a summary; the one beyond all bounds is.
func coarse(bucket int) bool {
	return bucket == len(durationBuckets) || slices.Contains(coarseBuckets[:], durationBuckets[bucket])
}

// bucketOf gives the classic bucket that holds a duration in seconds.
func bucketOf(v float64) int {
	bucket := 0
	for bucket < len(durationBuckets) && v > durationBuckets[bucket] {
		bucket++
	}
	return bucket
}

// The native histogram beside the classic buckets divides each power of two into
// 2^schema parts, 2^3 at first: a bucket ends at most a tenth above its begin. With more
// than maxNative buckets the schema becomes coarser, so that no distribution of times can
// make it grow.
const (
	nativeSchema = 3
	maxNative    = 100
	zeroWidth    = prometheus.DefNativeHistogramZeroThreshold
)

// histogram counts durations in classic and in native buckets, in seconds.
type histogram struct {
	n         uint64
	seconds   float64
	classic   [len(durationBuckets) + 1]uint64 // not cumulative; the last is beyond all bounds
	exemplars []exemplar                       // at most one of each classic bucket
	coarser   int8                             // how many times the schema became coarser
	zeros     uint64
	native    []nativeBucket // by key
}

type nativeBucket struct {
	key int16
	n   uint64
}

// exemplar is the last run of a bucket.
type exemplar struct {
	bucket  int8
	traced  bool // its trace is sent
	run     string
	seconds float64
	at      time.Time
}

var beyond = math.Inf(1)

// bound gives the upper bound of a classic bucket, in seconds.
func bound(bucket int) *float64 {
	if bucket == len(durationBuckets) {
		return &beyond
	}
	return &durationBuckets[bucket]
}

// LatencyBucket names the bucket of loginwatch_run_duration_seconds by which a latency
// objective is judged, the smallest that holds its threshold: its label le in the text format.
func LatencyBucket(threshold time.Duration) string {
	return strconv.FormatFloat(*bound(bucketOf(threshold.Seconds())), 'g', -1, 64)
}

// observe counts one duration, with the run that took it.
func (h *histogram) observe(v float64, run string, traced bool, at time.Time) {
	bucket := bucketOf(v)
	h.n++
	h.seconds += v
	h.classic[bucket]++
	if exemplary(run) {
		e := exemplar{int8(bucket), traced, run, v, at}
		i := slices.IndexFunc(h.exemplars, func(o exemplar) bool { return o.bucket == e.bucket })
		if i >= 0 {
			h.exemplars[i] = e
		} else {
			h.exemplars = append(h.exemplars, e)
		}
	}
	if v <= zeroWidth {
		h.zeros++
		return
	}
	key := nativeKey(v)
	for range h.coarser {
		key = coarser(key)
	}
	h.add(nativeBucket{key, 1})
	for len(h.native) > maxNative {
		fine := h.native
		h.native = nil
		h.coarser++
		for _, b := range fine {
			h.add(nativeBucket{coarser(b.key), b.n})
		}
	}
}

func (h *histogram) add(b nativeBucket) {
	i, found := slices.BinarySearchFunc(h.native, b.key, func(o nativeBucket, key int16) int { return int(o.key) - int(key) })
	if !found {
		h.native = slices.Insert(h.native, i, nativeBucket{key: b.key})
	}
	h.native[i].n += b.n
}

// nativeKey gives the bucket of a value above zero: the first whose upper bound,
// 2^(key/2^schema), it does not exceed.
func nativeKey(v float64) int16 {
	const parts = 1 << nativeSchema
	fraction, exponent := math.Frexp(v) // of [0.5, 1)
	part := 0
	for part < parts && fraction > math.Exp2(float64(part)/parts-1) {
		part++
	}
	return int16(part + (exponent-1)*parts)
}

// coarser gives the bucket that holds a bucket in a schema with half as many.
func coarser(key int16) int16 { return (key + 1) >> 1 }

// exemplary tells whether an id fits the 128 characters of an exemplar.
func exemplary(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// spans gives the native buckets as they are exposed.
func (h *histogram) spans(into *dto.Histogram) error {
	buckets := make(map[int]int64, len(h.native))
	for _, b := range h.native {
		buckets[int(b.key)] = int64(b.n)
	}
	native, err := prometheus.NewConstNativeHistogram(nativeDesc, h.n, h.seconds, buckets, nil, h.zeros, int32(nativeSchema-h.coarser), zeroWidth, time.Time{})
	if err != nil {
		return err
	}
	var m dto.Metric
	if err := native.Write(&m); err != nil {
		return err
	}
	from := m.GetHistogram()
	into.Schema, into.ZeroThreshold, into.ZeroCount = from.Schema, from.ZeroThreshold, from.ZeroCount
	into.PositiveSpan, into.PositiveDelta = from.PositiveSpan, from.PositiveDelta
	return nil
}

var nativeDesc = prometheus.NewDesc("loginwatch_run_duration_seconds", "Native buckets.", nil, nil)
