package otlp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"

	"github.com/loginwatch/loginwatch"
)

// fake is a collector that answers as it is told.
type fake struct {
	mu     sync.Mutex
	answer func(ctx context.Context) (*collector.ExportTracePartialSuccess, error)
	wants  string // authorization, if any
	asked  int
	taken  int // spans
	dialed int
	closed int
}

func (f *fake) send(ctx context.Context, req *collector.ExportTraceServiceRequest, headers map[string]string) (*collector.ExportTracePartialSuccess, error) {
	f.mu.Lock()
	answer := f.answer
	f.asked++
	f.mu.Unlock()
	if f.wants != "" && headers["authorization"] != f.wants {
		answer = refuses
	}
	partial, err := answer(ctx)
	if err == nil {
		f.mu.Lock()
		f.taken += len(req.GetResourceSpans()[0].GetScopeSpans()[0].GetSpans())
		f.mu.Unlock()
	}
	return partial, err
}

func (f *fake) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed++
}

func (f *fake) dial(*Settings, string) (sender, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dialed++
	return f, nil
}

func (f *fake) answers(answer func(context.Context) (*collector.ExportTracePartialSuccess, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func takes(context.Context) (*collector.ExportTracePartialSuccess, error) { return nil, nil }

func dead(context.Context) (*collector.ExportTracePartialSuccess, error) {
	return nil, &refusedError{error: errors.New("connection refused"), again: true}
}

func hangs(ctx context.Context) (*collector.ExportTracePartialSuccess, error) {
	<-ctx.Done()
	return nil, &refusedError{error: ctx.Err(), again: true}
}

func refuses(context.Context) (*collector.ExportTracePartialSuccess, error) {
	return nil, &refusedError{error: errors.New("the collector answers HTTP 401")}
}

func rejectsOne(context.Context) (*collector.ExportTracePartialSuccess, error) {
	return &collector.ExportTracePartialSuccess{RejectedSpans: 1, ErrorMessage: "no"}, nil
}

type fixture struct {
	*Recorder
	*fake
	log *bytes.Buffer
}

func newFixture(ratio float64) fixture {
	f := fixture{fake: &fake{answer: takes}, log: &bytes.Buffer{}}
	f.Recorder = New(Options{Version: "1", Logger: slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))})
	f.dialer = f.dial
	f.Configure(&Settings{Endpoint: &url.URL{Scheme: "http", Host: "collector:4318"}, Ratio: ratio})
	return f
}

func (f fixture) record(n int, change func(*loginwatch.Run)) {
	for i := range n {
		run := &loginwatch.Run{ID: fmt.Sprint("run-", i), Started: time.Now(), Verdict: loginwatch.OK}
		if change != nil {
			change(run)
		}
		_ = f.RecordRun(context.Background(), run)
	}
}

// What a collector does, what becomes of the spans, and what the log has of it: a line
// when it begins, another when it is over.
func TestCollectors(t *testing.T) {
	const (
		begins = `level=WARN msg="traces are not taken; the logins go on as they are" collector=collector:4318 error=`
		over   = `level=INFO msg="traces are taken again" collector=collector:4318 dropped_spans=`
	)
	for name, tt := range map[string]struct {
		answers          []func(context.Context) (*collector.ExportTracePartialSuccess, error) // one an hour
		runs             int                                                                   // each hour
		sent             uint64
		unsent, rejected uint64
		full             uint64
		log              string
	}{
		"takes":              {[]func(context.Context) (*collector.ExportTracePartialSuccess, error){takes}, 500, 500, 0, 0, 0, ""},
		"is dead for hours":  {[]func(context.Context) (*collector.ExportTracePartialSuccess, error){dead, dead, dead}, 10, 0, 30, 0, 0, begins + "\"connection refused\"\n"},
		"hangs":              {[]func(context.Context) (*collector.ExportTracePartialSuccess, error){hangs, hangs}, 1, 0, 2, 0, 0, begins + "\"context deadline exceeded\"\n"},
		"comes back":         {[]func(context.Context) (*collector.ExportTracePartialSuccess, error){takes, dead, dead, takes, takes}, 3, 9, 6, 0, 0, begins + "\"connection refused\"\n" + over + "6\n"},
		"refuses":            {[]func(context.Context) (*collector.ExportTracePartialSuccess, error){refuses, takes, refuses}, 1, 1, 2, 0, 0, begins + "\"the collector answers HTTP 401\"\n" + over + "1\n" + begins + "\"the collector answers HTTP 401\"\n"},
		"rejects some":       {[]func(context.Context) (*collector.ExportTracePartialSuccess, error){rejectsOne, takes}, 5, 9, 0, 1, 0, begins + "\"the collector rejects some of the spans\"\n" + over + "1\n"},
		"is dead under load": {[]func(context.Context) (*collector.ExportTracePartialSuccess, error){dead}, 3 * mostWaiting, 0, mostWaiting + mostTogether, 0, 2*mostWaiting - mostTogether, begins + "\"connection refused\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(1)
				for _, answer := range tt.answers {
					f.answers(answer)
					first := min(tt.runs, mostTogether)
					f.record(first, nil)
					synctest.Wait()
					f.record(tt.runs-first, nil)
					time.Sleep(time.Hour)
				}
				f.Close()
				if got := f.Sent(); got != tt.sent || int(got)+int(tt.rejected) != f.taken {
					t.Errorf("%d spans sent, %d taken, want %d", got, f.taken, tt.sent)
				}
				for reason, want := range map[string]uint64{DroppedUnsent: tt.unsent, DroppedRejected: tt.rejected, DroppedFull: tt.full} {
					if got := f.Dropped(reason); got != want {
						t.Errorf("%d spans dropped as %s, want %d", got, reason, want)
					}
				}
				if got := f.log.String(); got != tt.log {
					t.Errorf("log:\n%s\nwant:\n%s", got, tt.log)
				}
				if f.dialed != f.fake.closed {
					t.Errorf("%d connections made, %d closed", f.dialed, f.fake.closed)
				}
			})
		})
	}
}

// What can be taken later is sent again until it is, and comes once.
func TestTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(1)
		f.answers(func(ctx context.Context) (*collector.ExportTracePartialSuccess, error) {
			if f.asked < 4 {
				return dead(ctx)
			}
			return takes(ctx)
		})
		f.record(1, nil)
		time.Sleep(tryFor)
		synctest.Wait()
		if f.Sent() != 1 || f.asked != 4 || f.Dropped(DroppedUnsent) != 0 {
			t.Errorf("%d spans sent after %d requests", f.Sent(), f.asked)
		}
		f.Close()
	})
}

// Nobody waits for a collector: neither a run that is recorded, nor for longer than
// promised the end, nor what is configured next.
func TestNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(1)
		f.answers(hangs)
		begun := time.Now()
		f.record(2*mostWaiting, nil)
		f.Configure(&Settings{Endpoint: &url.URL{Scheme: "http", Host: "other"}, Ratio: 1})
		if waited := time.Since(begun); waited != 0 {
			t.Errorf("recording waited for %s", waited)
		}
		f.record(1, nil)
		f.Close()
		if waited := time.Since(begun); waited > Patience {
			t.Errorf("the end waited for %s", waited)
		}
		f.record(1, nil) // and after the end nothing happens
		f.Configure(&Settings{Endpoint: &url.URL{Scheme: "http", Host: "other"}, Ratio: 1})
		dropped := f.Dropped(DroppedFull) + f.Dropped(DroppedUnsent)
		if dropped != 2*mostWaiting+1 || f.Sent() != 0 {
			t.Errorf("%d spans dropped of %d", dropped, 2*mostWaiting+1)
		}
	})
}

// Nor where a header comes from a command that hangs; and whoever ends hears that not all was sent.
func TestNobodyWaitsForHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(1)
		f.Configure(&Settings{Endpoint: &url.URL{Scheme: "http", Host: "collector:4318"}, Ratio: 1, Headers: []string{"authorization"}, Secrets: hanging{}})
		f.record(1, nil)
		synctest.Wait()
		begun := time.Now()
		f.Close()
		if waited := time.Since(begun); waited > Patience {
			t.Errorf("the end waited %v", waited)
		}
		if f.Failure() == nil {
			t.Error("nobody says that it was not sent")
		}
		time.Sleep(time.Hour)
		if n := f.Dropped(DroppedUnsent); n != 1 {
			t.Errorf("%d spans are dropped", n)
		}
	})
}

// hanging takes a minute for each secret.
type hanging struct{}

func (hanging) Secret(string) (string, bool, error) {
	time.Sleep(time.Minute)
	return "", false, errors.New("nobody answered")
}

func (hanging) Origin(name string) string { return "exec:" + name }

// A header that was rotated while a connection stood costs no span.
func TestRotatedHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, now := newFixture(1), secrets{"authorization": "old"}
		f.Configure(&Settings{Endpoint: &url.URL{Scheme: "http", Host: "collector"}, Ratio: 1, Headers: []string{"authorization"}, Secrets: now})
		f.wants = "old"
		f.record(1, nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		f.wants, now["authorization"] = "new", "new"
		f.record(1, nil)
		f.Close()
		if f.Sent() != 2 || f.asked != 3 || f.log.Len() > 0 {
			t.Errorf("%d spans sent by %d requests, log:\n%s", f.Sent(), f.asked, f.log)
		}
	})
}

// At the end what waits is sent first.
func TestEndSendsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(1)
		f.record(3*mostTogether, nil)
		f.Configure(nil)
		f.record(7, nil) // nobody wants them
		f.Close()
		if f.Sent() != 3*mostTogether {
			t.Errorf("%d spans sent", f.Sent())
		}
	})
}

// The ratio is of the runs that are well; all others are kept, and all that the vendor was
// told of.
func TestRatio(t *testing.T) {
	for name, tt := range map[string]struct {
		ratio    float64
		change   func(*loginwatch.Run)
		min, max uint64
	}{
		"none":                {0, nil, 0, 0},
		"a fifth":             {0.2, nil, 150, 250},
		"all":                 {1, nil, 1000, 1000},
		"what failed":         {0, func(r *loginwatch.Run) { r.Verdict = loginwatch.Drift }, 1000, 1000},
		"what a vendor knows": {0, func(r *loginwatch.Run) { r.TraceTold = true }, 1000, 1000},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(tt.ratio)
			f.record(1000, tt.change)
			f.Close()
			if got := f.Sent(); got < tt.min || got > tt.max {
				t.Errorf("%s: %d of 1000 runs sent", name, got)
			}
		})
	}
}

// What a header needs is read for each request; a collector's words are shown unless they
// repeat it.
func TestHeaders(t *testing.T) {
	for name, tt := range map[string]struct {
		secrets secrets
		says    string
		want    string
	}{
		"missing":        {secrets{}, "", "the header authorization is missing: secret authorization"},
		"unfit":          {secrets{"authorization": "a\nb"}, "", "the header authorization (secret authorization) has characters that no header can carry"},
		"refused":        {secrets{"authorization": "Bearer 5ecret-t0ken"}, "no such\x1b token", "gRPC Unauthenticated: no such  token"},
		"repeated":       {secrets{"authorization": "Bearer 5ecret-t0ken"}, "bad: Bearer 5ecret-t0ken", "gRPC Unauthenticated: (withheld: it holds a secret)"},
		"repeated coded": {secrets{"authorization": "Bearer 5ecret-t0ken"}, "bad: QmVhcmVyIDVlY3JldC10MGtlbg==", "gRPC Unauthenticated: (withheld: it holds a secret)"},
		"repeated late":  {secrets{"authorization": "Bearer 5ecret-t0ken"}, strings.Repeat("-", mostShown-8) + "5ecret-t0ken", "gRPC Unauthenticated: (withheld: it holds a secret)"},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(1)
			f.Configure(&Settings{Endpoint: &url.URL{Scheme: "http", Host: "collector:4318"}, Ratio: 1, Headers: []string{"authorization"}, Secrets: tt.secrets})
			f.answers(func(context.Context) (*collector.ExportTracePartialSuccess, error) {
				return nil, &refusedError{error: errors.New("gRPC Unauthenticated"), said: tt.says}
			})
			f.record(1, nil)
			time.Sleep(time.Minute)
			synctest.Wait()
			tt.secrets["authorization"] = "rotated"
			f.answers(takes)
			f.record(1, nil)
			f.Close()
			if !strings.Contains(f.log.String(), fmt.Sprintf("error=%q", tt.want)) || f.Sent() != 1 {
				t.Errorf("%s: %d spans sent, log:\n%s", name, f.Sent(), f.log)
			}
		})
	}
}

type secrets map[string]string

func (s secrets) Secret(name string) (string, bool, error) {
	value, found := s[name]
	return value, found, nil
}

func (s secrets) Origin(name string) string { return "secret " + name }
