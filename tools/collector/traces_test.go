package collector

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

const (
	authorization = "Bearer 5ecret-c0llector"
	notTaken      = "traces are not taken; the logins go on as they are"
	takenAgain    = "traces are taken again"
	sent          = "loginwatch_trace_spans_sent_total"
	dropped       = "loginwatch_trace_spans_dropped_total"
	runs          = "loginwatch_runs_total"
)

// TestTraces has the daemon send its traces by each protocol to a collector that has TLS
// and lets nobody in without a header; that then ends and comes back.
func TestTraces(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"grpc", "http"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			v, id, at := simulate(t), newIdentity(t), freePort(t)
			c := newCollector(protocol, at, authorization, id)
			c.start(t)
			defer c.stop(t)
			header := file(t, "authorization", "Bearer 5ecret-0ld")
			daemon, metrics := watch(t, v, fmt.Sprintf(`{endpoint: "https://%s", protocol: %s, headers: {authorization: "file:%s"}, ca_file: %q}`, at, protocol, header, id.certificate))

			within(t, "a wrong header is told", daemon.said, func() bool { return strings.Contains(daemon.said(), notTaken) })
			within(t, "and what it cost counted", daemon.said, func() bool { return sum(metrics(), dropped, `reason="unsent"`) > 0 })
			if spans, _ := c.spans(); len(spans) > 0 {
				t.Fatalf("%d spans came without authorization", len(spans))
			}
			if err := os.WriteFile(header, []byte(authorization+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			whole := func() bool { return len(roots(c)) > 4 }
			within(t, "traces come once the header is right", daemon.said, whole)
			hold(t, c)

			c.stop(t)
			before := sum(metrics(), runs, "")
			within(t, "logins go on", daemon.said, func() bool { return sum(metrics(), runs, "") >= before+4 })
			came := len(roots(c))
			c.start(t)
			within(t, "traces come again", daemon.said, func() bool { return len(roots(c)) > came+2 })
			within(t, "which is told", daemon.said, func() bool { return strings.Contains(daemon.said(), takenAgain) })

			took := daemon.end(t)
			if took > 5*time.Second {
				t.Errorf("the end took %s", took)
			}
			log := daemon.said()
			if n := strings.Count(log, notTaken); n > 2 || n != strings.Count(log, takenAgain) {
				t.Errorf("the log tells of it %d times:\n%s", n, lines(log, "traces"))
			}
			hold(t, c)
			leaks(t, v, c.text(t), log, metrics())
			spans, _ := c.spans()
			t.Logf("%s: %d traces of %d spans came, %s", protocol, len(roots(c)), len(spans), strings.ReplaceAll(lines(log, "not taken"), "\n", ""))
		})
	}
}

// TestCollectorThatHangs takes connections and answers nothing: logins go on, and the end
// waits no longer than promised.
func TestCollectorThatHangs(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"grpc", "http"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			connected := make(chan net.Conn, 100)
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						close(connected)
						return
					}
					connected <- conn
				}
			}()
			daemon, metrics := watch(t, simulate(t), fmt.Sprintf(`{endpoint: "http://%s", protocol: %s}`, l.Addr(), protocol))
			<-connected
			before := sum(metrics(), runs, "")
			within(t, "logins go on", daemon.said, func() bool { return sum(metrics(), runs, "") >= before+4 })
			took := daemon.end(t)
			if took > 5*time.Second {
				t.Errorf("the end took %s", took)
			}
			t.Logf("%s: the end waited %.1f s for a collector that hangs", protocol, took.Seconds())
		})
	}
}

// lines gives the lines that hold a text.
func lines(log, holding string) string {
	var b strings.Builder
	for line := range strings.Lines(log) {
		if strings.Contains(line, holding) {
			_, message, _ := strings.Cut(line, "msg=")
			b.WriteString(strings.ReplaceAll(message, `"`, ""))
		}
	}
	return b.String()
}

// roots are the spans of runs.
func roots(c *collector) (found []ptrace.Span) {
	spans, _ := c.spans()
	for _, s := range spans {
		if s.ParentSpanID().IsEmpty() {
			found = append(found, s)
		}
	}
	return found
}

// conventions are the attributes that OpenTelemetry has names for, and ours.
var (
	ofHTTP = []attribute.Key{
		semconv.HTTPRequestMethodKey, semconv.HTTPResponseStatusCodeKey, semconv.ServerAddressKey, semconv.ServerPortKey, semconv.URLSchemeKey, semconv.URLTemplateKey,
		semconv.NetworkPeerAddressKey, semconv.NetworkPeerPortKey, semconv.NetworkProtocolVersionKey, semconv.ErrorTypeKey, semconv.UserAgentSyntheticTypeKey,
	}
	ours     = []string{"vendor", "probe", "target", "location", "run.id", "verdict", "reason", "case", "operation", "role", "outcome", "phase", "finding.class", "finding.kind"}
	verdicts = []string{"ok", "drift", "rejected", "throttled", "unavailable", "broken", "skipped"}
	phases   = []string{"dns", "connect", "tls", "send", "wait", "receive"}
)

// hold looks at all that came: the conventions by OpenTelemetry's own names for them, and
// that each run is one trace with a span for each of its steps and their phases.
func hold(t *testing.T, c *collector) {
	t.Helper()
	spans, from := c.spans()
	for _, r := range from {
		for key, want := range map[attribute.Key]string{semconv.ServiceNameKey: "loginwatch", semconv.ServiceVersionKey: "", semconv.ServiceInstanceIDKey: ""} {
			if got, has := r.Get(string(key)); !has || want != "" && got.Str() != want {
				t.Errorf("the resource has %s: %t, not as it should be", key, has)
			}
		}
	}
	if !strings.Contains(c.text(t), fmt.Sprintf(`"schemaUrl":%q`, semconv.SchemaURL)) {
		t.Errorf("the schema is not %s", semconv.SchemaURL)
	}
	byID, steps, told := map[pcommon.SpanID]ptrace.Span{}, map[string]int{}, map[string]int{}
	for _, s := range spans {
		byID[s.SpanID()] = s
		known(t, s.Attributes())
		for _, e := range s.Events().All() {
			known(t, e.Attributes())
		}
		if s.Status().Message() != "" {
			t.Errorf("the status of %s has a text: %s", s.Name(), s.Status().Message())
		}
	}
	for _, s := range spans {
		parent, is := byID[s.ParentSpanID()]
		switch kind := s.Kind(); {
		case s.ParentSpanID().IsEmpty():
			failed := s.Status().Code() == ptrace.StatusCodeError
			told[text(s, "loginwatch.vendor")+" "+text(s, "loginwatch.verdict")+" "+text(s, string(semconv.ErrorTypeKey))]++
			if text(s, "loginwatch.location") != "here" || failed != (text(s, "loginwatch.verdict") != "ok") {
				t.Errorf("the run is told as %v", s.Attributes().AsRaw())
			}
		case !is || parent.TraceID() != s.TraceID() || parent.StartTimestamp() > s.StartTimestamp() || parent.EndTimestamp() < s.EndTimestamp():
			t.Errorf("%s is no part of its run: it begins %d ns after %s and ends %d ns before", s.Name(), s.StartTimestamp()-parent.StartTimestamp(), parent.Name(), parent.EndTimestamp()-s.EndTimestamp())
		case kind == ptrace.SpanKindClient:
			steps[s.TraceID().String()]++
			method, template := text(s, string(semconv.HTTPRequestMethodKey)), text(s, string(semconv.URLTemplateKey))
			if s.Name() != method+" "+template || !slices.Contains([]string{"GET", "POST"}, method) || strings.Contains(template, "?") || text(s, string(semconv.ServerAddressKey)) != "127.0.0.1" {
				t.Errorf("a step is told as %s: %v", s.Name(), s.Attributes().AsRaw())
			}
		case !slices.Contains(phases, s.Name()) || text(s, "loginwatch.phase") != s.Name() || parent.Kind() != ptrace.SpanKindClient:
			t.Errorf("%s in %s is no phase", s.Name(), parent.Name())
		}
	}
	for what := range told {
		if what != "signzy-ezkra drift contract" && what != "leadsquared-portal ok " {
			t.Errorf("a run is told as %q", what)
		}
	}
	if len(told) != 2 {
		t.Errorf("runs of %v, want of both vendors", told)
	}
	most := 0
	for _, n := range steps {
		most = max(most, n)
	}
	if most != 2 {
		t.Errorf("the longest run has %d steps, want 2", most)
	}
}

// known holds attributes by their names and, where those are of a closed list, values.
func known(t *testing.T, m pcommon.Map) {
	t.Helper()
	for key, value := range m.All() {
		name, is := strings.CutPrefix(key, "loginwatch.")
		if is && !slices.Contains(ours, name) || !is && !slices.Contains(ofHTTP, attribute.Key(key)) {
			t.Errorf("there is an attribute %s", key)
		}
		if key == "loginwatch.verdict" && !slices.Contains(verdicts, value.Str()) {
			t.Errorf("there is a verdict %s", value.Str())
		}
		if kv := semconv.UserAgentSyntheticTypeTest; key == string(kv.Key) && value.Str() != kv.Value.AsString() {
			t.Errorf("%s is %s", key, value.Str())
		}
	}
}

func text(s ptrace.Span, key string) string {
	value, has := s.Attributes().Get(key)
	if !has {
		return ""
	}
	return value.AsString()
}

// leaks looks for what logs in, there and at the collector, in all that came out, plain
// and encoded, and for pieces of it.
func leaks(t *testing.T, v vendors, outputs ...string) {
	t.Helper()
	secrets := []string{authorization, "5ecret-c0llector", "5ecret-c", "5ecret-0ld"}
	for _, e := range v.env {
		name, value, _ := strings.Cut(e, "=")
		if strings.HasSuffix(name, "USERNAME") { // it is the word that it stands for
			continue
		}
		secrets = append(secrets, value)
	}
	for _, out := range outputs {
		for _, s := range secrets {
			for _, form := range []string{s, base64.StdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s)), hex.EncodeToString([]byte(s)), url.QueryEscape(s)} {
				if strings.Contains(strings.ToLower(out), strings.ToLower(form)) {
					t.Errorf("a secret is told: %s", form)
				}
			}
		}
	}
}
