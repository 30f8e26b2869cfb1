package loginwatch

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// TraceID names the trace of a run (W3C Trace Context, 3.2.2.3). It follows from the run's
// id, so that who sends it to a vendor and who tells of the run later agree without a word.
func TraceID(run string) (id [16]byte) {
	sum := sha256.Sum256([]byte("trace " + run))
	copy(id[:], sum[:])
	return id
}

// SpanID names the span of a run's step by its place among [Run.Steps]; -1 is the run's own.
func SpanID(run string, step int) (id [8]byte) {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("span "+run+" "), uint64(int64(step)))) //nolint:gosec // any bits will do
	copy(id[:], sum[:])
	return id
}

// Traceparent is the header that tells a vendor the trace of a step: version 00, the ids,
// and that the trace is kept (W3C Trace Context, 3.2).
func Traceparent(run string, step int) string {
	trace, span := TraceID(run), SpanID(run, step)
	return "00-" + hex.EncodeToString(trace[:]) + "-" + hex.EncodeToString(span[:]) + "-01"
}
