package report

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// HasEvidence tells whether the exchanges of a run are kept.
func HasEvidence(r *loginwatch.Run) bool {
	for i := range r.Steps {
		if r.Steps[i].Evidence != nil {
			return true
		}
	}
	return false
}

// WriteHAR writes the exchanges of a run as an HTTP archive, with what was known of
// each value in its place; version is that of loginwatch.
func WriteHAR(w io.Writer, record *history.Record, version string) error {
	r := record.Run
	j := recordJSON(record)
	doc := har{harLog{
		Version: "1.2", Creator: harCreator{"loginwatch", printable(version, maxShown)}, Entries: []harEntry{}, Run: harRun{j.jsonEntry, j.Fault, j.Detail},
		Comment: "No value is in it: where one stood, its type, length and form are told, and a keyed fingerprint of what looks minted.",
	}}
	at := r.Started.UTC()
	for i := range r.Steps {
		s := &r.Steps[i]
		if s.Evidence != nil {
			entry := harOf(s)
			entry.Started = at
			doc.Log.Entries = append(doc.Log.Entries, entry)
		}
		at = at.Add(s.Duration) // a step follows the other at once
	}
	var b bytes.Buffer
	if err := encodeIndented(&b, doc); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

func harOf(s *loginwatch.StepResult) harEntry {
	e := s.Evidence
	entry := harEntry{
		Request: harRequestOf(e), Response: harResponseOf(e), Timings: timingsOf(s.Phases), Case: printable(s.Case, maxMachine), Role: s.Role,
		Operation: printable(s.Operation, maxMachine), Verdict: s.Verdict, Reason: s.Reason, Outcome: printable(s.Outcome, maxMachine), Findings: []loginwatch.Finding{},
		Remote: printable(e.Remote, maxMachine), Resolved: allPrintable(e.Resolved), Tried: allPrintable(e.Tried), Proxy: printable(e.Proxy, maxMachine),
		TLS: printable(e.TLS, maxMachine), Certificates: certificatesJSON(e.Certificates),
	}
	for _, f := range s.Findings {
		entry.Findings = append(entry.Findings, normaliseFinding(f))
	}
	t := entry.Timings
	for _, part := range []float64{t.DNS, t.Connect, t.Send, t.Wait, t.Receive} { // TLS is a part of connect
		entry.Time += max(part, 0)
	}
	if host, _, err := net.SplitHostPort(e.Remote); err == nil && e.Proxy == "" {
		if address, err := netip.ParseAddr(host); err == nil {
			entry.Server = address.WithZone("").String()
		}
	}
	return entry
}

// timingsOf gives milliseconds, and -1 for what did not take place, which sending,
// waiting and receiving can't have ("not optional and must have non-negative values").
func timingsOf(phases map[loginwatch.Phase]time.Duration) harTimings {
	of := func(p loginwatch.Phase, none float64) float64 {
		d, passed := phases[p]
		if !passed {
			return none
		}
		return float64(d.Microseconds()) / 1000
	}
	t := harTimings{
		Blocked: -1, DNS: of(loginwatch.PhaseDNS, -1), Connect: of(loginwatch.PhaseConnect, -1), SSL: of(loginwatch.PhaseTLS, -1),
		Send: of(loginwatch.PhaseSend, 0), Wait: of(loginwatch.PhaseWait, 0), Receive: of(loginwatch.PhaseReceive, 0),
	}
	if t.SSL >= 0 {
		t.Connect = max(t.Connect, 0) + t.SSL
	}
	return t
}

func harRequestOf(e *loginwatch.Evidence) harRequest {
	r := harRequest{
		Method: e.Method, URL: printable(addressOnly(e.URL), maxSentence), HTTPVersion: "HTTP/1.1", Cookies: pairs(e.Request, "cookie:"), Headers: pairs(e.Request, "header:"),
		Query: pairs(e.Request, "query:"), HeadersSize: -1, BodySize: e.RequestBytes,
	}
	if text := sketch(e.Request); text != "" {
		r.Body = &harBody{mediaOf(e.Request), text}
	}
	return r
}

// addressOnly writes placeholders as an address may have them.
func addressOnly(url string) string {
	return strings.NewReplacer("{", "%7B", "}", "%7D").Replace(url)
}

func harResponseOf(e *loginwatch.Evidence) harResponse {
	r := harResponse{
		Status: e.Status, HTTPVersion: printable(e.Proto, maxShown), Cookies: pairs(e.Answer, "cookie:"), Headers: pairs(e.Answer, "header:"),
		Content: harContent{Size: e.AnswerBytes, MediaType: mediaOf(e.Answer), Text: sketch(e.Answer)}, HeadersSize: -1, BodySize: e.AnswerBytes,
	}
	for _, h := range r.Headers {
		if h.Name == "Location" {
			r.RedirectURL = h.Value
		}
	}
	return r
}

const contentType = "header:Content-Type"

// mediaOf gives the media type of a message; that of browsers for none.
func mediaOf(traits []loginwatch.Trait) string {
	for _, t := range traits {
		if t.Place == contentType && t.Format != "" {
			return printable(t.Format, maxMachine)
		}
	}
	return "x-unknown"
}

// pairs gives what has a name: headers, cookies with their attributes, parameters.
func pairs(traits []loginwatch.Trait, prefix string) []harPair {
	all := []harPair{}
	for _, t := range traits {
		name, ok := strings.CutPrefix(t.Place, prefix)
		if !ok {
			continue
		}
		name, attribute, isAttribute := strings.Cut(name, ";")
		if !isAttribute || prefix != "cookie:" || len(all) == 0 {
			all = append(all, harPair{Name: printable(name, maxMachine), Value: inPlace(t)})
			continue
		}
		last := &all[len(all)-1]
		switch attribute {
		case "Secure":
			last.Secure = true
		case "HttpOnly":
			last.HTTPOnly = true
		default:
			last.Attributes = append(last.Attributes, strings.TrimSuffix(printable(attribute+"="+t.Format, maxShown), "="))
		}
	}
	return all
}

// inPlace is what stands where a value stood: the contract's own words where they are
// told, else what it was.
func inPlace(t loginwatch.Trait) string {
	if strings.Contains(t.Format, "${") || t.Place == contentType && t.Format != "" { // by which tools read the body
		return printable(t.Format, maxMachine)
	}
	return "<" + valueText(t) + ">"
}
