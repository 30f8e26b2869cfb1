package otlp

import (
	"net"
	"strconv"
	"strings"
	"time"

	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	resource "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/slim/otlp/trace/v1"

	"github.com/loginwatch/loginwatch"
)

// schemaURL says by which version of OpenTelemetry's semantic conventions attributes are
// called. Those that begin with loginwatch. are ours, and docs/tracing.md lists them.
const schemaURL = "https://opentelemetry.io/schemas/1.43.0"

// flags of a span: its trace is kept, and its parent is known to be of the same process.
const flags = 0x101

// mostEvents bounds the findings that a span tells.
const mostEvents = 32

// request makes the traces of runs.
func (r *Recorder) request(batch []*loginwatch.Run) *collector.ExportTraceServiceRequest {
	var spans []*trace.Span
	for _, run := range batch {
		spans = append(spans, spansOf(run)...)
	}
	from := attributes{}
	from.text("service.name", "loginwatch")
	from.text("service.version", r.opts.Version)
	from.text("service.instance.id", r.opts.Instance)
	return &collector.ExportTraceServiceRequest{ResourceSpans: []*trace.ResourceSpans{{
		Resource: &resource.Resource{Attributes: from}, SchemaUrl: schemaURL,
		ScopeSpans: []*trace.ScopeSpans{{
			Scope: &common.InstrumentationScope{Name: "loginwatch", Version: r.opts.Version}, SchemaUrl: schemaURL, Spans: spans,
		}},
	}}}
}

// count tells how many spans a run has.
func count(run *loginwatch.Run) int {
	n := 1 + len(run.Steps)
	for i := range run.Steps {
		n += len(phasesOf(&run.Steps[i]))
	}
	return n
}

// attributes are what a span says. What is empty is left out.
type attributes []*common.KeyValue

func (a *attributes) text(key, value string) {
	if value != "" {
		*a = append(*a, &common.KeyValue{Key: key, Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: strings.ToValidUTF8(value, "")}}})
	}
}

func (a *attributes) number(key string, value int) {
	if value != 0 {
		*a = append(*a, &common.KeyValue{Key: key, Value: &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: int64(value)}}})
	}
}

// judged tells the verdict of a run or a step. The description of an error would be a
// text: its type, of a closed list, says as much.
func (a *attributes) judged(v loginwatch.Verdict, reason loginwatch.Reason) *trace.Status {
	a.text("loginwatch.verdict", string(v))
	a.text("loginwatch.reason", string(reason))
	if v == loginwatch.OK || v == "" {
		return nil
	}
	if reason == "" {
		reason = "_OTHER" // as the conventions call what has no name, such as a cleanup that could not be sent
	}
	a.text("error.type", string(reason))
	return &trace.Status{Code: trace.Status_STATUS_CODE_ERROR}
}

// spansOf gives the spans of a run: its own, one of each step, and in that one of each
// phase that took place. It reads nothing of a run that is text of a vendor's, or for people.
func spansOf(run *loginwatch.Run) []*trace.Span {
	about := attributes{}
	about.text("user_agent.synthetic.type", "test")
	about.text("loginwatch.vendor", run.Vendor)
	about.text("loginwatch.probe", run.Probe)
	about.text("loginwatch.target", run.Target)
	about.text("loginwatch.location", run.Location)
	about.text("loginwatch.run.id", run.ID)
	id := loginwatch.TraceID(run.ID)
	s := spans{run: run, trace: id[:]}
	root := s.add(-1, nil, run.Vendor+"/"+run.Probe, run.Started, run.Duration)
	root.Attributes = append(root.Attributes, about...)
	root.Status = (*attributes)(&root.Attributes).judged(run.Verdict, run.Reason)
	for i := range run.Steps {
		s.step(i, root, about)
	}
	return s.all
}

type spans struct {
	run   *loginwatch.Run
	trace []byte
	all   []*trace.Span
}

// add adds a span. A number names it among those of its run.
func (s *spans) add(number int, parent *trace.Span, name string, begin time.Time, took time.Duration) *trace.Span {
	id := loginwatch.SpanID(s.run.ID, number)
	span := &trace.Span{
		TraceId: s.trace, SpanId: id[:], Name: name, Kind: trace.Span_SPAN_KIND_INTERNAL, Flags: flags,
		StartTimeUnixNano: nano(begin), EndTimeUnixNano: nano(begin.Add(took)),
	}
	if parent != nil {
		span.ParentSpanId = parent.GetSpanId()
	}
	s.all = append(s.all, span)
	return span
}

func nano(t time.Time) uint64 { return uint64(max(t.UnixNano(), 0)) } //nolint:gosec // it is not negative

// step adds the spans of a step. One that could not be sent takes no time, at the end of
// what was sent.
func (s *spans) step(i int, root *trace.Span, about attributes) {
	step := &s.run.Steps[i]
	begin := s.run.Started.Add(s.run.Duration)
	if !step.Started.IsZero() {
		begin = s.run.Started.Add(step.Started.Sub(s.run.Started)) // by the clock that is never set
	}
	span := s.add(i, root, step.Case, begin, step.Duration)
	a := append(attributes{}, about...)
	a.text("loginwatch.case", step.Case)
	a.text("loginwatch.operation", step.Operation)
	a.text("loginwatch.role", string(step.Role))
	a.text("loginwatch.outcome", step.Outcome)
	if e := step.Evidence; e != nil {
		span.Kind, span.Name = trace.Span_SPAN_KIND_CLIENT, e.Method
		if template := a.exchange(e); template != "" {
			span.Name += " " + template
		}
	}
	span.Status = a.judged(step.Verdict, step.Reason)
	span.Attributes = a
	s.findings(span, step)
	for _, p := range phasesOf(step) {
		phase := loginwatch.Phases[p]
		after := min(step.Begun[p], step.Duration)
		took := min(step.Phases[phase], step.Duration-after) // what did not end is measured a moment after its step
		inside := s.add(len(s.run.Steps)+i*len(loginwatch.Phases)+p, span, string(phase), begin.Add(after), took)
		of := attributes{}
		of.text("user_agent.synthetic.type", "test")
		of.text("loginwatch.phase", string(phase))
		inside.Attributes = of
	}
}

// phasesOf gives the phases of a step that took place, by their places among all.
func phasesOf(step *loginwatch.StepResult) []int {
	var took []int
	for p, phase := range loginwatch.Phases {
		if _, did := step.Phases[phase]; did && p < len(step.Begun) && !step.Started.IsZero() {
			took = append(took, p)
		}
	}
	return took
}

// exchange tells of an exchange what the semantic conventions of HTTP clients ask for, and
// gives the template of its path. The address is the contract's, in which placeholders
// stand for values; a query has no part in it.
func (a *attributes) exchange(e *loginwatch.Evidence) (template string) {
	a.text("http.request.method", e.Method)
	a.number("http.response.status_code", e.Status)
	scheme, rest, _ := strings.Cut(e.URL, "://")
	rest, _, _ = strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	template = "/" + strings.ReplaceAll(path, "${", "{")
	host, port, err := net.SplitHostPort(authority)
	if err != nil {
		host, port = strings.Trim(authority, "[]"), map[string]string{"http": "80", "https": "443"}[scheme]
	}
	a.text("url.scheme", scheme)
	a.text("url.template", template)
	a.peer("server", host, port)
	if host, port, err := net.SplitHostPort(e.Remote); err == nil {
		a.peer("network.peer", host, port)
	}
	if version, is := strings.CutPrefix(e.Proto, "HTTP/"); is {
		a.text("network.protocol.version", version)
	}
	return template
}

func (a *attributes) peer(what, host, port string) {
	a.text(what+".address", host)
	if n, err := strconv.Atoi(port); err == nil {
		a.number(what+".port", n)
	}
}

// findings tells the findings of a step, by what of them is of a closed list.
func (s *spans) findings(span *trace.Span, step *loginwatch.StepResult) {
	for i, f := range step.Findings {
		if i == mostEvents {
			span.DroppedEventsCount = uint32(min(len(step.Findings)-mostEvents, 1<<20)) //nolint:gosec // bounded
			return
		}
		a := attributes{}
		a.text("loginwatch.finding.class", string(f.Class))
		a.text("loginwatch.finding.kind", string(f.Kind))
		span.Events = append(span.Events, &trace.Span_Event{Name: "loginwatch.finding", TimeUnixNano: span.GetEndTimeUnixNano(), Attributes: a})
	}
}
