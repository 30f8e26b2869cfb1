package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// historyVersion names the shape that schemas/meta/history.schema.json describes.
const historyVersion = 1

// jsonHistory has one of Slots, Run, Totals and Incidents.
type jsonHistory struct {
	Version   int             `json:"version"`
	Slots     *[]jsonEntry    `json:"slots,omitempty"`
	Run       *jsonRecord     `json:"run,omitempty"`
	Totals    *[]jsonTotals   `json:"totals,omitempty"`
	Incidents *[]jsonIncident `json:"incidents,omitempty"`
}

// WriteEntries writes lines of a history, as text or JSON.
func WriteEntries(w io.Writer, format string, entries []history.Entry, color bool) error {
	slots := make([]jsonEntry, 0, len(entries))
	for _, e := range entries {
		slots = append(slots, entryJSON(e))
	}
	return writeHistory(w, format, jsonHistory{Slots: &slots}, func(b *bytes.Buffer) { entriesText(b, entries, painter(color)) })
}

// writeHistory writes a part of a history in one piece.
func writeHistory(w io.Writer, format string, doc jsonHistory, text func(*bytes.Buffer)) error {
	var b bytes.Buffer
	if doc.Version = historyVersion; format == "json" {
		if err := encodeIndented(&b, doc); err != nil {
			return err
		}
	} else {
		text(&b)
	}
	_, err := w.Write(b.Bytes())
	return err
}

const nothingKnown = "nothing is known of this time\n"

func entriesText(b *bytes.Buffer, entries []history.Entry, p painter) {
	if len(entries) == 0 {
		b.WriteString(nothingKnown)
		return
	}
	t := table{right: map[int]bool{2: true}, rows: []row{{[]string{"AT (UTC)", "VERDICT", "TIME", "LOGIN", "REASON", "RUN"}, dim}}}
	for _, e := range entries {
		t.rows = append(t.rows, row{[]string{
			e.At.UTC().Format(time.DateTime), string(e.Verdict), durationText(e.Latency), printable(e.String(), maxMachine),
			dash(string(e.Reason)), dash(printable(e.Run, maxShown)),
		}, verdictColor(e.Verdict)})
	}
	t.write(b, p, 1)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// jsonKey says which login something is about.
type jsonKey struct {
	Vendor   string `json:"vendor"`
	Probe    string `json:"probe"`
	Target   string `json:"target"`
	Location string `json:"location,omitempty"`
}

func keyJSON(k loginwatch.Key) jsonKey {
	return jsonKey{printable(k.Vendor, maxMachine), printable(k.Probe, maxMachine), printable(k.Target, maxMachine), printable(k.Location, maxMachine)}
}

type jsonEntry struct {
	jsonKey

	Due     time.Time          `json:"due"`
	At      time.Time          `json:"at"`
	Verdict loginwatch.Verdict `json:"verdict"`
	Reason  loginwatch.Reason  `json:"reason"`
	Latency *float64           `json:"latency_seconds,omitempty"`
	Run     string             `json:"run"`
}

func entryJSON(e history.Entry) jsonEntry {
	j := jsonEntry{jsonKey: keyJSON(e.Key), Due: e.Due.UTC(), At: e.At.UTC(), Verdict: e.Verdict, Reason: e.Reason, Run: printable(e.Run, maxMachine)}
	if e.Latency > 0 {
		s := seconds(e.Latency)
		j.Latency = &s
	}
	return j
}

type jsonRecord struct {
	jsonEntry

	Fault                 string             `json:"fault"`
	Next                  string             `json:"next,omitempty"`
	Detail                string             `json:"detail,omitempty"`
	Refusal               loginwatch.Refusal `json:"refusal"`
	Signs                 []loginwatch.Sign  `json:"signs"`
	Credential            string             `json:"credential,omitempty"`
	DurationSeconds       float64            `json:"duration_seconds"`
	LatenessSeconds       float64            `json:"lateness_seconds"`
	CertificateEnds       *time.Time         `json:"certificate_ends,omitempty"`
	ClientCertificateEnds *time.Time         `json:"client_certificate_ends,omitempty"`
	Steps                 []jsonStep         `json:"steps"`
	FindingsLeftOut       int                `json:"findings_left_out,omitempty"`
	Notable               bool               `json:"notable,omitempty"`
}

type jsonStep struct {
	Case            string               `json:"case"`
	Role            loginwatch.Role      `json:"role"`
	Operation       string               `json:"operation"`
	HTTPStatus      int                  `json:"http_status"`
	Verdict         loginwatch.Verdict   `json:"verdict"`
	Reason          loginwatch.Reason    `json:"reason"`
	Outcome         string               `json:"outcome"`
	DurationSeconds float64              `json:"duration_seconds"`
	Phases          jsonPhases           `json:"phases"`
	Token           *jsonToken           `json:"token,omitempty"`
	Evidence        *jsonEvidence        `json:"evidence,omitempty"`
	Findings        []loginwatch.Finding `json:"findings"`
}

type jsonToken struct {
	LifetimeSeconds           *float64 `json:"lifetime_seconds,omitempty"`
	DocumentedLifetimeSeconds float64  `json:"documented_lifetime_seconds,omitempty"`
	Digest                    string   `json:"digest,omitempty"`
}

// WriteRecord writes what is known of a run, as text or JSON.
func WriteRecord(w io.Writer, format string, record *history.Record, opts Options) error {
	return writeHistory(w, format, jsonHistory{Run: recordJSON(record)}, func(b *bytes.Buffer) { recordText(b, record, opts) })
}

func recordJSON(record *history.Record) *jsonRecord {
	r := record.Run
	fault, next := adviceFor(Result{Verdict: r.Verdict, Reason: r.Reason, Signs: r.Signs(), Works: r.Verdict == loginwatch.OK})
	j := &jsonRecord{
		jsonEntry: entryJSON(history.EntryOf(r)), Fault: fault, Next: next, Detail: printable(r.Detail, maxSentence), Refusal: r.Refusal(),
		Signs: append([]loginwatch.Sign{}, r.Signs()...), Credential: printable(r.Credential, maxMachine), DurationSeconds: seconds(r.Duration), LatenessSeconds: seconds(r.Lateness),
		CertificateEnds: ends(r.CertificateEnds), ClientCertificateEnds: ends(r.ClientCertificateEnds), Steps: []jsonStep{}, FindingsLeftOut: record.LeftOut, Notable: r.Notable,
	}
	for _, s := range r.Steps {
		step := jsonStep{
			Case: printable(s.Case, maxMachine), Role: s.Role, Operation: printable(s.Operation, maxMachine), HTTPStatus: s.HTTPStatus, Verdict: s.Verdict, Reason: s.Reason,
			Outcome: printable(s.Outcome, maxMachine), DurationSeconds: seconds(s.Duration), Phases: s.Phases, Findings: []loginwatch.Finding{}, Evidence: evidenceJSON(s.Evidence),
		}
		if s.Token.Present {
			step.Token = &jsonToken{DocumentedLifetimeSeconds: seconds(s.Token.Documented), Digest: printable(s.Token.Digest, maxMachine)}
			if s.Token.HasLifetime {
				lifetime := seconds(s.Token.Lifetime)
				step.Token.LifetimeSeconds = &lifetime
			}
		}
		for _, f := range s.Findings {
			step.Findings = append(step.Findings, normaliseFinding(f))
		}
		j.Steps = append(j.Steps, step)
	}
	return j
}

func ends(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}

func recordText(b *bytes.Buffer, record *history.Record, opts Options) {
	r, p := record.Run, painter(opts.Color)
	fault, next := adviceFor(Result{Verdict: r.Verdict, Reason: r.Reason, Signs: r.Signs(), Works: r.Verdict == loginwatch.OK})
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "  %-11s %s\n", name, value)
		}
	}
	verdict := p.paint(verdictColor(r.Verdict), string(r.Verdict))
	if r.Reason != "" {
		verdict += " (" + string(r.Reason) + ")"
	}
	fmt.Fprintf(b, "%s  %s  run %s\n", verdict, p.paint(bold, printable(r.String(), maxMachine)), printable(r.ID, maxShown))
	field("due", r.Due.UTC().Format(time.RFC3339))
	field("started", r.Started.UTC().Format(time.RFC3339Nano)+", took "+durationText(r.Duration)+lateText(r.Lateness))
	if r.Verdict != loginwatch.OK || len(r.Signs()) > 0 {
		field("fault", fault)
		field("next", next)
	}
	field("detail", printable(r.Detail, maxSentence))
	field("credential", printable(r.Credential, maxMachine))
	if at := r.CertificateEnds; !at.IsZero() {
		field("certificate", "the vendor's ends "+at.UTC().Format(time.RFC3339))
	}
	if at := r.ClientCertificateEnds; !at.IsZero() {
		field("certificate", "our own ends "+at.UTC().Format(time.RFC3339))
	}
	stepsText(b, r, p)
	findingsText(b, record, p)
	evidenceText(b, r, p)
}

func stepsText(b *bytes.Buffer, r *loginwatch.Run, p painter) {
	t := table{right: map[int]bool{2: true, 3: true}, rows: []row{{[]string{"STEP", "CASE", "HTTP", "TIME", "VERDICT", "OUTCOME", "PHASES"}, dim}}}
	for _, s := range r.Steps {
		t.rows = append(t.rows, row{[]string{
			dash(string(s.Role)), printable(s.Case, maxShown), statusText(s.HTTPStatus), durationText(s.Duration),
			strings.TrimSuffix(string(s.Verdict)+" "+string(s.Reason), " "), dash(printable(s.Outcome, maxShown)), dash(phaseTimes(s.Phases)),
		}, verdictColor(s.Verdict)})
	}
	if len(r.Steps) > 0 {
		b.WriteString("\n")
		t.write(b, p, 4)
	}
	for _, s := range r.Steps {
		if s.Token.Present {
			fmt.Fprintf(b, "\ntoken of %s: %s\n", printable(s.Case, maxShown), tokenText(s.Token))
		}
	}
}

func lateText(d time.Duration) string {
	if d < time.Second {
		return ""
	}
	return ", " + durationText(d) + " late"
}

func tokenText(t loginwatch.TokenFacts) string {
	text := "no lifetime can be read"
	if t.HasLifetime {
		text = "valid for " + loginwatch.Span(t.Lifetime)
	}
	if t.Documented > 0 {
		text += ", documented " + loginwatch.Span(t.Documented)
	}
	if t.Digest != "" {
		text += ", digest " + printable(t.Digest, maxMachine)
	}
	return text
}

func findingsText(b *bytes.Buffer, record *history.Record, p painter) {
	findings := record.Run.Findings()
	if len(findings) > 0 {
		b.WriteString("\n" + p.paint(bold, "Findings") + "\n")
	}
	slices.SortStableFunc(findings, func(a, b loginwatch.Finding) int {
		return slices.Index(loginwatch.Classes, a.Class) - slices.Index(loginwatch.Classes, b.Class)
	})
	for i, f := range findings {
		if i == maxBlocks {
			fmt.Fprintf(b, "  and %d more; --format json lists all\n", len(findings)-i)
			break
		}
		f = normaliseFinding(f)
		fmt.Fprintf(b, "  %s %s\n", p.paint(classColor(f.Class), pad(string(f.Class), 9, false)), noteText(f))
		if c := citation(f); c != "" {
			fmt.Fprintf(b, "            %s\n", c)
		}
	}
	if record.LeftOut > 0 {
		fmt.Fprintf(b, "  and %d that were too many to keep\n", record.LeftOut)
	}
}
