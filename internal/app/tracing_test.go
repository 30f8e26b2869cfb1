package app_test

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/faulty"
	"github.com/loginwatch/loginwatch/internal/otlp"
)

// collects gives the address of a collector, and what it has.
func collects(t *testing.T) (at *url.URL, has func() (spans []*trace.Span, raw string)) {
	t.Helper()
	var mu sync.Mutex
	var raw []byte
	var spans []*trace.Span
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var req collector.ExportTraceServiceRequest
		if err != nil || proto.Unmarshal(body, &req) != nil {
			t.Errorf("what came is no request of OTLP: %v", err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		raw = append(append(raw, r.URL.Path...), body...)
		for _, from := range req.GetResourceSpans() {
			for _, s := range from.GetScopeSpans() {
				spans = append(spans, s.GetSpans()...)
			}
		}
	}))
	t.Cleanup(server.Close)
	var err error
	at, err = url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return at, func() ([]*trace.Span, string) {
		mu.Lock()
		defer mu.Unlock()
		return spans, string(raw)
	}
}

// traced gives a tracer, and what its collector has once the tracer is closed.
func traced(t *testing.T) (tracer *app.Tracer, told func() (spans []*trace.Span, raw string)) {
	t.Helper()
	at, has := collects(t)
	tracer = app.NewTracer("test", "here", slog.New(slog.DiscardHandler))
	tracer.Configure(&otlp.Settings{Endpoint: at, Ratio: 1})
	return tracer, func() ([]*trace.Span, string) {
		tracer.Close()
		return has()
	}
}

// traceOf holds the trace of a run against the run, and that it has no secret, plain or
// encoded, nor a piece of one.
func traceOf(t *testing.T, run *loginwatch.Run, told func() ([]*trace.Span, string)) {
	t.Helper()
	spans, raw := told()
	const piece = "S3CRET-p" // the rest of it is a word that an outcome has, too
	if loginwatch.NewRedactor([]string{password, piece}).Holds(raw) {
		t.Error("the trace holds the password, or a piece of it")
	}
	want := 1 + len(run.Steps)
	for _, s := range run.Steps {
		want += len(s.Phases)
	}
	if len(spans) != want {
		t.Fatalf("%d spans, want %d", len(spans), want)
	}
	root := spans[0]
	failed := root.GetStatus().GetCode() == trace.Status_STATUS_CODE_ERROR
	if id := loginwatch.TraceID(run.ID); !slices.Equal(root.GetTraceId(), id[:]) || failed != (run.Verdict != loginwatch.OK) || root.GetStatus().GetMessage() != "" {
		t.Errorf("the trace does not begin with its run: %v", root)
	}
	for _, s := range spans[1:] {
		parent := slices.IndexFunc(spans, func(p *trace.Span) bool { return slices.Equal(p.GetSpanId(), s.GetParentSpanId()) })
		if parent < 0 || spans[parent].GetStartTimeUnixNano() > s.GetStartTimeUnixNano() || spans[parent].GetEndTimeUnixNano() < s.GetEndTimeUnixNano() {
			t.Errorf("%s begins before what it is a part of, or ends after it", s.GetName())
		}
	}
}

// A vendor is told the trace of a step where its target asks for that, and nowhere else;
// it is that of the step's span, and the evidence says that the header was sent.
func TestTraceparent(t *testing.T) {
	for _, asked := range []bool{false, true} {
		t.Run(fmt.Sprint(asked), func(t *testing.T) {
			came := make(chan []string, 1)
			v := serve(t, func(c net.Conn) {
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				came <- r.Header.Values("Traceparent")
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"+success)
			})
			j := job(t, v.Base())
			j.Target.Traceparent = asked
			tracer, told := traced(t)
			w := newWatch(t, app.EngineOptions{Traces: tracer}, j)
			w.slot(t.Context(), j)
			run := w.notes.runs[0]
			got, want := <-came, []string(nil)
			spans, _ := told()
			for _, s := range spans {
				if asked && s.GetKind() == trace.Span_SPAN_KIND_CLIENT {
					want = []string{"00-" + hex.EncodeToString(s.GetTraceId()) + "-" + hex.EncodeToString(s.GetSpanId()) + "-01"}
				}
			}
			if !slices.Equal(got, want) || run.TraceTold != asked || run.Verdict != loginwatch.OK {
				t.Errorf("the vendor was sent %v, want %v", got, want)
			}
			shown := slices.ContainsFunc(run.Steps[0].Evidence.Request, func(tr loginwatch.Trait) bool { return tr.Place == "header:Traceparent" })
			if shown != asked {
				t.Errorf("the evidence shows the header: %t", shown)
			}
		})
	}
}

// What metrics tell of a run leads to its trace, where that is sent.
func TestExemplarNamesTheTrace(t *testing.T) {
	v := serve(t, faulty.JSON("200 OK", success))
	j := job(t, v.Base())
	tracer, told := traced(t)
	w := newWatch(t, app.EngineOptions{Traces: tracer}, j)
	w.slot(t.Context(), j)
	_, _ = told()
	w.slot(t.Context(), j)
	ask := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	ask.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	answer := httptest.NewRecorder()
	w.Metrics.Handler().ServeHTTP(answer, ask)
	var shown []string
	for line := range strings.Lines(answer.Body.String()) {
		if _, e, is := strings.Cut(line, " # {"); is {
			labels, _, _ := strings.Cut(e, "}")
			shown = append(shown, labels)
		}
	}
	kept, unkept := w.notes.runs[0], w.notes.runs[1]
	id := loginwatch.TraceID(kept.ID)
	for _, want := range []string{fmt.Sprintf(`run="%s",trace_id="%x"`, kept.ID, id[:]), fmt.Sprintf(`run="%s"`, unkept.ID)} {
		// The later of the two takes the place of the other where their buckets are the same.
		if !slices.Contains(shown, want) && (len(shown) > 1 || strings.Contains(want, "trace_id") == strings.Contains(strings.Join(shown, ""), "trace_id")) {
			t.Errorf("exemplars %q, want one of %s", shown, want)
		}
	}
	if spans, _ := told(); len(spans) == 0 || tracer.Sent() != uint64(len(spans)) {
		t.Errorf("%d spans came, %d are counted", len(spans), tracer.Sent())
	}
}

// A reload begins, redirects and ends the traces; what was under way goes where it was to go.
func TestReloadOfTracing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "loginwatch.yaml")
	one, inOne := collects(t)
	two, inTwo := collects(t)
	write := func(at *url.URL) {
		text := configFile("first")
		if at != nil {
			text += "tracing: {endpoint: \"" + at.String() + "\"}\n"
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(one)
	files := app.Files{Config: file}
	read, problems := files.Read()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d, err := app.NewDaemon(t.Context(), read.Config, app.DaemonOptions{Files: files, Logger: slog.New(slog.DiscardHandler), Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Start(t.Context(), read); err != nil {
		t.Fatal(err)
	}
	for i, at := range []*url.URL{one, one, two, nil} {
		write(at)
		if restart, err := d.Reload(t.Context()); err != nil || len(restart) > 0 {
			t.Fatalf("a reload: %v, needs a restart for %v", err, restart)
		}
		for _, r := range d.Executor.Recorders {
			if err := r.RecordRun(t.Context(), &loginwatch.Run{ID: fmt.Sprint("run-", i), Verdict: loginwatch.OK}); err != nil {
				t.Error(err)
			}
		}
	}
	d.Stop()
	d.Close()
	first, raw := inOne()
	second, _ := inTwo()
	if len(first) != 2 || len(second) != 1 || !strings.Contains(raw, "/v1/traces") {
		t.Errorf("%d spans at the first collector, %d at the second, want 2 and 1", len(first), len(second))
	}
}

// untold holds that no trace has a secret of a target, plain or encoded. A demo value that
// is a word of the contract's own ids ("pass") says nothing.
func untold(t *testing.T, c *loginwatch.Contract, target *loginwatch.Target, told func() ([]*trace.Span, string)) {
	t.Helper()
	spans, raw := told()
	if len(spans) == 0 {
		t.Errorf("%s: no span came", c.Vendor)
	}
	ids := ""
	for _, k := range c.Cases {
		ids += k.ID + " "
	}
	for _, s := range c.Secrets {
		value, found, err := target.Secrets.Secret(s.Name)
		if err != nil {
			t.Fatal(err)
		}
		if found && !strings.Contains(ids, value) && loginwatch.NewRedactor([]string{value}).Holds(raw) {
			t.Errorf("%s: the secret %s is in a trace", c.Vendor, s.Name)
		}
	}
}

// A verification says at its end that not all traces were taken, once, and why.
func TestVerificationTellsOfTraces(t *testing.T) {
	at, has := collects(t)
	for _, to := range []string{at.String(), "http://127.0.0.1:1"} {
		conf, problems := config.Parse("loginwatch.yaml", []byte(configFile("first")+"tracing: {endpoint: \""+to+"\"}\n"))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		var out strings.Builder
		tracer := app.TracerOf(conf, "1", &out)
		_ = tracer.RecordRun(t.Context(), &loginwatch.Run{ID: "a", Verdict: loginwatch.OK}) // it has no errors
		tracer.Close()
		warned := strings.Count(out.String(), "loginwatch: warning: not all traces of these runs were taken: ")
		if spans, _ := has(); len(spans) != 1 || warned != map[bool]int{true: 0, false: 1}[to == at.String()] {
			t.Errorf("%s: %d spans came, and it says %q", to, len(spans), out.String())
		}
	}
	app.TracerOf(config.Default(), "1", io.Discard).Close() // of a file that asks for none
}
