package otlp

import (
	"context"
	"errors"
	"log/slog"
	"time"

	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"

	"github.com/loginwatch/loginwatch"
)

const (
	// mostWaiting is how many runs wait for the collector, at most: some ten megabytes.
	mostWaiting = 1024
	// mostTogether is how many go in one request. A gRPC server takes 4 MiB by default,
	// which 200 runs of a dozen spans are far from.
	mostTogether = 200
	linger       = time.Second      // a run waits for others to go along
	tryFor       = 30 * time.Second // what is not taken by then is dropped
	oneTry       = 10 * time.Second
	firstPause   = time.Second            // between two tries; it doubles
	bookkeeping  = 100 * time.Millisecond // of the patience at an end, for what can't be sent any more
	quiet        = time.Minute            // between two lines of the log that tell of trouble
)

// line is the way to one collector.
type line struct {
	*Settings
	recorder *Recorder
	logger   *slog.Logger
	waiting  chan *loginwatch.Run
	ctx      context.Context // of what is sent
	cancel   func()
	done     chan struct{}

	to      sender            // nil until something is sent, and after a failure
	headers map[string]string // that go along, read with it
	trouble trouble
}

// sender sends one request and gives how many of its spans were rejected, and in the
// collector's words why.
type sender interface {
	send(ctx context.Context, req *collector.ExportTraceServiceRequest, headers map[string]string) (*collector.ExportTracePartialSuccess, error)
	close()
}

func newLine(r *Recorder, s Settings) *line {
	l := &line{Settings: &s, recorder: r, waiting: make(chan *loginwatch.Run, mostWaiting), done: make(chan struct{})}
	l.logger = r.opts.Logger.With("collector", s.Endpoint.Host)
	l.ctx, l.cancel = context.WithCancel(context.Background())
	go l.run()
	return l
}

// offer has a run sent, unless too many wait already. It must not be called after end.
func (l *line) offer(run *loginwatch.Run) bool {
	select {
	case l.waiting <- run:
		return true
	default:
		return false
	}
}

// end sends what waits, and waits no longer than it is told. A header may come from where
// reading it takes as long as it likes.
func (l *line) end(patience time.Duration) {
	close(l.waiting)
	over := time.AfterFunc(patience-bookkeeping, l.cancel)
	defer over.Stop()
	enough := time.NewTimer(patience)
	defer enough.Stop()
	select {
	case <-l.done:
	case <-enough.C:
		err := errors.New("what was under way was not waited for")
		l.recorder.failure.Store(&err)
	}
	l.cancel()
}

// run sends what comes until the line ends.
func (l *line) run() {
	defer close(l.done)
	for run := range l.waiting {
		l.upload(l.together(run))
	}
	if l.to != nil {
		l.to.close()
	}
}

// together gives the run and those that come soon after it.
func (l *line) together(first *loginwatch.Run) []*loginwatch.Run {
	batch := []*loginwatch.Run{first}
	wait := time.NewTimer(linger)
	defer wait.Stop()
	for len(batch) < mostTogether {
		select {
		case run, more := <-l.waiting:
			if !more {
				return batch
			}
			batch = append(batch, run)
		case <-wait.C:
			return batch
		}
	}
	return batch
}

// upload sends the runs, more than once if need be, and books what came of it.
func (l *line) upload(batch []*loginwatch.Run) {
	spans := 0
	for _, run := range batch {
		spans += count(run)
	}
	ctx, cancel := context.WithTimeout(l.ctx, tryFor)
	defer cancel()
	partial, err := l.insist(ctx, l.recorder.request(batch))
	if err != nil {
		l.recorder.drop(DroppedUnsent, spans)
		l.failed(err)
		l.trouble.lost += spans
		return
	}
	rejected := min(int(max(partial.GetRejectedSpans(), 0)), spans)
	l.recorder.drop(DroppedRejected, rejected)
	l.recorder.sent.Add(uint64(spans - rejected)) //nolint:gosec // it is not negative
	if rejected > 0 {
		l.failed(errors.New("the collector rejects some of the spans"))
		l.trouble.lost += rejected
		return
	}
	l.trouble.over(l.logger)
}

func (l *line) failed(err error) {
	l.recorder.failure.Store(&err)
	l.trouble.failed(l.logger, err, time.Now())
}

// insist sends a request until it is taken, it is of no use, or the time is over. Where
// the collector has taken it and its answer was lost, it has it twice: under the same ids.
// What may have been refused for headers or certificates that are others by now is sent
// again with those, at once.
func (l *line) insist(ctx context.Context, req *collector.ExportTraceServiceRequest) (*collector.ExportTracePartialSuccess, error) {
	for pause := firstPause; ; pause *= 2 {
		before := l.to != nil
		partial, err := l.once(ctx, req)
		if err == nil {
			return partial, nil
		}
		if l.to != nil {
			l.to.close()
			l.to = nil
		}
		var refused *refusedError
		switch errors.As(err, &refused); {
		case refused != nil && refused.again:
		case refused != nil && before:
			continue
		default:
			return nil, err
		}
		l.trouble.failed(l.logger, err, time.Now()) // before anything is dropped
		wait := time.NewTimer(max(pause, refused.after))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return nil, err
		}
	}
}

func (l *line) once(ctx context.Context, req *collector.ExportTraceServiceRequest) (*collector.ExportTracePartialSuccess, error) {
	ctx, cancel := context.WithTimeout(ctx, oneTry)
	defer cancel()
	if l.to == nil {
		var err error
		if l.headers, err = l.Settings.headers(); err != nil {
			return nil, err
		}
		if l.to, err = l.recorder.dialer(l.Settings, l.recorder.opts.Version); err != nil {
			return nil, err
		}
	}
	partial, err := l.to.send(ctx, req, l.headers)
	if err != nil {
		return nil, legible(err, l.headers)
	}
	return partial, nil
}

// trouble tells the log once when it begins and once when it is over.
type trouble struct {
	told  bool
	since time.Time // the last line that told of it
	lost  int       // spans, since it began
}

func (t *trouble) failed(logger *slog.Logger, err error, now time.Time) {
	if t.told || !t.since.IsZero() && now.Sub(t.since) < quiet {
		return
	}
	t.told, t.since = true, now
	logger.Warn("traces are not taken; the logins go on as they are", "error", err)
}

func (t *trouble) over(logger *slog.Logger) {
	if t.told {
		logger.Info("traces are taken again", "dropped_spans", t.lost)
	}
	t.told, t.lost = false, 0
}
