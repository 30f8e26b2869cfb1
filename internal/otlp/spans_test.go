package otlp

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	trace "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/loginwatch/loginwatch"
)

var update = flag.Bool("update", false, "write the golden files anew")

const ms = time.Millisecond

var begun = time.Date(2026, 11, 27, 3, 0, 0, 0, time.UTC)

// refusedRun is a run of three steps whose login is refused and whose logout can't be sent.
func refusedRun() *loginwatch.Run {
	phases := map[loginwatch.Phase]time.Duration{
		loginwatch.PhaseDNS: ms, loginwatch.PhaseConnect: 2 * ms, loginwatch.PhaseTLS: 3 * ms,
		loginwatch.PhaseSend: 4 * ms, loginwatch.PhaseWait: 5 * ms, loginwatch.PhaseReceive: 6 * ms,
	}
	evidence := &loginwatch.Evidence{
		Method: "POST", URL: "https://[::1]:8443/v1/${tenant}/login?key=${api_key}", Status: 401, Proto: "HTTP/1.1", Remote: "[::1]:8443",
		Request: []loginwatch.Trait{{Place: "header:Traceparent", Type: "string", Length: 55}},
	}
	setup := &loginwatch.Evidence{Method: "GET", URL: "http://login.example.com", Proto: ""}
	return &loginwatch.Run{
		Key: loginwatch.Key{Vendor: "bolt-login", Probe: "sign-in", Target: "production", Location: "eu-west"},
		ID:  "4fzr6wadj7qlkft2tevbsf7qy3", Started: begun, Duration: 50 * ms,
		Verdict: loginwatch.Rejected, Reason: loginwatch.ReasonCredential, Detail: "for people",
		Steps: []loginwatch.StepResult{
			{
				Case: "public-key", Role: loginwatch.RoleSetup, Operation: "public-key", Started: begun.Add(ms), Duration: 10 * ms, Evidence: setup,
				Phases: map[loginwatch.Phase]time.Duration{loginwatch.PhaseConnect: 9 * ms}, Begun: []time.Duration{0, ms, 0, 0, 0, 0},
				Judgement: loginwatch.Judgement{Verdict: loginwatch.OK, Outcome: "key"},
			},
			{
				Case: "valid-credentials", Role: loginwatch.RoleSubject, Operation: "login", HTTPStatus: 401, Started: begun.Add(12 * ms), Duration: 21 * ms, Evidence: evidence,
				Phases: phases, Begun: []time.Duration{0, ms, 3 * ms, 6 * ms, 10 * ms, 15 * ms},
				Judgement: loginwatch.Judgement{Verdict: loginwatch.Rejected, Reason: loginwatch.ReasonCredential, Findings: []loginwatch.Finding{
					{Class: loginwatch.Breaking, Kind: loginwatch.KindStatus, Pointer: "/foreign", Got: "foreign"},
				}},
			},
			{
				Case: "logout", Role: loginwatch.RoleCleanup, Operation: "logout",
				Judgement: loginwatch.Judgement{Verdict: loginwatch.Skipped},
			},
		},
	}
}

// TestSpans holds all that a collector is told of a run.
func TestSpans(t *testing.T) {
	var b strings.Builder
	for _, run := range []*loginwatch.Run{refusedRun(), {
		Key: loginwatch.Key{Vendor: "bolt-login", Probe: "sign-in", Target: "production"}, ID: "nothing-sent",
		Started: begun, Verdict: loginwatch.Broken, Reason: loginwatch.ReasonSecretMissing,
	}} {
		spans := spansOf(run)
		if len(spans) != count(run) {
			t.Errorf("%d spans, counted as %d", len(spans), count(run))
		}
		names := map[string]string{}
		for _, s := range spans {
			names[string(s.GetSpanId())] = s.GetName()
		}
		if len(names) != len(spans) {
			t.Error("two spans have the same id")
		}
		for _, s := range spans {
			fmt.Fprintf(&b, "%s (%s) in %q, trace %x, %s to %s", s.GetName(), strings.ToLower(strings.TrimPrefix(s.GetKind().String(), "SPAN_KIND_")), names[string(s.GetParentSpanId())],
				s.GetTraceId(), at(s.GetStartTimeUnixNano()), at(s.GetEndTimeUnixNano()))
			if s.GetStatus() != nil {
				fmt.Fprintf(&b, ", %s %q", s.GetStatus().GetCode(), s.GetStatus().GetMessage())
			}
			b.WriteString("\n")
			for _, a := range s.GetAttributes() {
				fmt.Fprintf(&b, "    %s = %v\n", a.GetKey(), a.GetValue())
			}
			for _, e := range s.GetEvents() {
				fmt.Fprintf(&b, "    event %s at %s: %v\n", e.GetName(), at(e.GetTimeUnixNano()), e.GetAttributes())
			}
		}
	}
	golden := filepath.Join("testdata", "spans.golden")
	got := strings.ReplaceAll(b.String(), "  ", " ") // the text of a message has one blank or two, by chance
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}

func at(nano uint64) string {
	return time.Duration(int64(nano) - begun.UnixNano()).String() //nolint:gosec // of a time that the test chose
}

// A vendor that is told the trace is told that of the span of the step that told it.
func TestTraceparentIsTheSpanOfItsStep(t *testing.T) {
	run := refusedRun()
	var step *trace.Span
	for _, s := range spansOf(run) {
		if s.GetName() == "POST /v1/{tenant}/login" {
			step = s
		}
	}
	want := fmt.Sprintf("00-%x-%x-01", step.GetTraceId(), step.GetSpanId())
	if got := loginwatch.Traceparent(run.ID, 1); got != want {
		t.Errorf("traceparent %s, want %s", got, want)
	}
}

// Whatever stands in a run that is not an id, a name of the contract's or of a closed list,
// comes into no span.
func TestSpansHoldNoOtherText(t *testing.T) {
	const mark = "5ecret-m4rk"
	told := map[string]bool{ // what spans are made of
		"Key.Vendor": true, "Key.Probe": true, "Key.Target": true, "Key.Location": true, "ID": true, "Verdict": true, "Reason": true,
		"Steps.Case": true, "Steps.Role": true, "Steps.Operation": true, "Steps.Judgement.Verdict": true, "Steps.Judgement.Reason": true, "Steps.Judgement.Outcome": true,
		"Steps.Judgement.Findings.Class": true, "Steps.Judgement.Findings.Kind": true,
		"Steps.Evidence.Method": true, "Steps.Evidence.URL": true, "Steps.Evidence.Proto": true, "Steps.Evidence.Remote": true,
	}
	run := refusedRun()
	fill(reflect.ValueOf(run).Elem(), "", func(path string, text reflect.Value) {
		if !told[path] {
			text.SetString(mark)
		}
	})
	run.Steps[1].Evidence.URL = "https://login.example.com/login?" + mark
	text, err := proto.Marshal(New(Options{}).request([]*loginwatch.Run{run}))
	if err != nil {
		t.Fatal(err)
	}
	if loginwatch.NewRedactor([]string{mark}).HoldsPiece(string(text)) {
		t.Errorf("a span holds the mark:\n%q", text)
	}
	if !strings.Contains(string(text), run.ID) {
		t.Error("the spans don't name their run")
	}
}

// fill visits every text of a value.
func fill(v reflect.Value, path string, set func(string, reflect.Value)) {
	switch v.Kind() {
	case reflect.String:
		set(strings.TrimPrefix(path, "."), v)
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem(), path, set)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(v.Index(i), path, set)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				fill(v.Field(i), path+"."+f.Name, set)
			}
		}
	}
}

// What no wall clock says of a run still has an order and no time before the epoch.
func TestSpansOfOddTimes(t *testing.T) {
	run := refusedRun()
	run.Started = time.Time{}
	for _, s := range spansOf(run) {
		if s.GetEndTimeUnixNano() < s.GetStartTimeUnixNano() {
			t.Errorf("%s ends before it begins", s.GetName())
		}
	}
}

// Findings without end are bounded, and the span says so.
func TestSpanOfManyFindings(t *testing.T) {
	run := refusedRun()
	run.Steps[1].Findings = make([]loginwatch.Finding, 100)
	for _, s := range spansOf(run) {
		if n := len(s.GetEvents()); n > 0 && (n != mostEvents || s.GetDroppedEventsCount() != 100-mostEvents) {
			t.Errorf("%d events, %d dropped", n, s.GetDroppedEventsCount())
		}
	}
}
