// Package otlp is the recorder that sends the traces of runs to a collector of
// OpenTelemetry. A trace is made of a run's record once the run is over, and sent in the
// background: whatever the collector does, no login is later, longer or another one for it.
//
// It speaks OTLP by itself, over a connection of gRPC's library or net/http. The exporters
// of OpenTelemetry's own SDK read OTEL_ variables of the environment, whatever they are
// told, and write what they don't understand of them to standard error: the headers with
// their secrets too.
package otlp

import (
	"context"
	"encoding/binary"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loginwatch/loginwatch"
)

// Settings say where traces go. They are not changed any more once a recorder has them.
type Settings struct {
	Endpoint *url.URL // with the whole path for HTTP, without one for gRPC
	GRPC     bool
	Headers  []string // names, in lower case, each of a secret in Secrets
	Secrets  loginwatch.SecretSource
	CAFile   string // PEM; added to the system's authorities
	CertFile string // PEM
	KeyFile  string // PEM
	// Ratio is the share that is sent of runs that are well; every other one is, and
	// every one whose trace its vendor was told.
	Ratio float64
}

// Options set up a [Recorder].
type Options struct {
	Version  string
	Instance string // of this daemon among others
	Logger   *slog.Logger
}

// Why spans were not taken. The list is closed.
const (
	DroppedFull     = "full"     // they came faster than they were taken
	DroppedUnsent   = "unsent"   // the collector could not be reached, or answered no
	DroppedRejected = "rejected" // the collector took the others that came with them
)

// Reasons lists why spans were dropped.
var Reasons = []string{DroppedFull, DroppedUnsent, DroppedRejected}

// Recorder sends traces while it has settings. It is safe for concurrent use.
type Recorder struct {
	opts    Options
	dialer  func(*Settings, string) (sender, error)
	sent    atomic.Uint64
	dropped [3]atomic.Uint64 // in the order of Reasons
	failure atomic.Pointer[error]

	mu      sync.RWMutex
	line    *line // nil for none
	closed  bool
	endings sync.WaitGroup // of lines that were replaced
}

var _ loginwatch.Recorder = (*Recorder)(nil)

// New makes a recorder that sends nothing yet.
func New(o Options) *Recorder { return &Recorder{opts: o, dialer: newSender} }

// Configure has traces go elsewhere, or nowhere: nil. What is under way is still sent to
// where it was to go, in the background.
func (r *Recorder) Configure(s *Settings) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	if old := r.line; old != nil {
		r.endings.Go(func() { old.end(Patience) })
		r.line = nil
	}
	if s != nil {
		r.line = newLine(r, *s)
	}
}

// Patience is how long the end of a process, or of what was configured before, waits for a
// collector.
const Patience = 3 * time.Second

// Close sends what is under way, and waits for that no longer than [Patience].
func (r *Recorder) Close() {
	r.Configure(nil)
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.endings.Wait()
}

// RecordPlanned implements [loginwatch.Recorder].
func (r *Recorder) RecordPlanned(context.Context, loginwatch.Slot) error { return nil }

// RecordSkip implements [loginwatch.Recorder]: a slot that was not run has no trace.
func (r *Recorder) RecordSkip(context.Context, loginwatch.SkippedSlot) error { return nil }

// RecordRun implements [loginwatch.Recorder]. It waits for nobody.
func (r *Recorder) RecordRun(_ context.Context, run *loginwatch.Run) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.line != nil && r.line.keeps(run) && !r.line.offer(run) {
		r.drop(DroppedFull, count(run))
	}
	return nil
}

// Keeps tells whether the trace of a run is sent, as far as that is a matter of settings.
func (r *Recorder) Keeps(run *loginwatch.Run) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.line != nil && r.line.keeps(run)
}

// Sent is how many spans the collector has taken.
func (r *Recorder) Sent() uint64 { return r.sent.Load() }

// Dropped is how many spans were dropped for one of [Reasons].
func (r *Recorder) Dropped(reason string) uint64 {
	for i, known := range Reasons {
		if known == reason {
			return r.dropped[i].Load()
		}
	}
	return 0
}

// Failure is why spans were dropped the last time; nil when none were.
func (r *Recorder) Failure() error {
	if err := r.failure.Load(); err != nil {
		return *err
	}
	return nil
}

func (r *Recorder) drop(reason string, spans int) {
	for i, known := range Reasons {
		if known == reason {
			r.dropped[i].Add(uint64(max(spans, 0))) //nolint:gosec // it is not negative
		}
	}
}

// keeps decides about a run as OpenTelemetry's TraceIdRatioBased does, by the trace's id,
// so that all who see the trace decide alike.
func (s *Settings) keeps(run *loginwatch.Run) bool {
	if s.Ratio >= 1 || run.Verdict != loginwatch.OK || run.TraceTold {
		return true
	}
	id := loginwatch.TraceID(run.ID)
	return float64(binary.BigEndian.Uint64(id[8:])>>1) < s.Ratio*(1<<63)
}
