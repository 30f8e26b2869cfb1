package report

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
)

type jsonEvidence struct {
	Method       string            `json:"method"`
	URL          string            `json:"url"`
	Request      []jsonTrait       `json:"request"`
	RequestBytes *int              `json:"request_bytes,omitempty"`
	Protocol     string            `json:"protocol,omitempty"`
	Answer       []jsonTrait       `json:"answer"`
	AnswerBytes  int               `json:"answer_bytes"`
	Remote       string            `json:"remote,omitempty"`
	Resolved     []string          `json:"resolved,omitempty"`
	Tried        []string          `json:"tried,omitempty"`
	Proxy        string            `json:"proxy,omitempty"`
	TLS          string            `json:"tls,omitempty"`
	Certificates []jsonCertificate `json:"certificates,omitempty"`
}

type jsonCertificate struct {
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	SHA256    string    `json:"sha256"`
}

type jsonTrait struct {
	Place       string `json:"place"`
	Type        string `json:"type"`
	Format      string `json:"format,omitempty"`
	Length      int    `json:"length"`
	Fingerprint string `json:"fingerprint,omitempty"`
}

func evidenceJSON(e *loginwatch.Evidence) *jsonEvidence {
	if e == nil {
		return nil
	}
	j := &jsonEvidence{
		Method: e.Method, URL: printable(e.URL, maxSentence), Request: traitsJSON(e.Request), Protocol: printable(e.Proto, maxShown), Answer: traitsJSON(e.Answer),
		AnswerBytes: e.AnswerBytes, Remote: printable(e.Remote, maxMachine), Resolved: allPrintable(e.Resolved), Tried: allPrintable(e.Tried), Proxy: printable(e.Proxy, maxMachine),
		TLS: printable(e.TLS, maxMachine), Certificates: certificatesJSON(e.Certificates),
	}
	if e.RequestBytes >= 0 {
		j.RequestBytes = &e.RequestBytes
	}
	return j
}

func traitsJSON(traits []loginwatch.Trait) []jsonTrait {
	all := make([]jsonTrait, 0, len(traits))
	for _, t := range traits {
		all = append(all, jsonTrait{
			Place: printable(t.Place, maxSentence), Type: printable(t.Type, maxShown), Format: printable(t.Format, maxMachine), Length: t.Length, Fingerprint: printable(t.Digest, maxShown),
		})
	}
	return all
}

func certificatesJSON(chain []loginwatch.Certificate) (all []jsonCertificate) {
	for _, c := range chain {
		all = append(all, jsonCertificate{printable(c.Subject, maxMachine), printable(c.Issuer, maxMachine), c.NotBefore.UTC(), c.NotAfter.UTC(), printable(c.SHA256, maxShown)})
	}
	return all
}

func allPrintable(texts []string) (all []string) {
	for _, t := range texts {
		all = append(all, printable(t, maxMachine))
	}
	return all
}

// evidenceText tells of each exchange of a run whom it went to, and what was sent and
// came in shape, beside what is documented where that is something else.
func evidenceText(b *bytes.Buffer, r *loginwatch.Run, p painter) {
	for i := range r.Steps {
		s := &r.Steps[i]
		e := s.Evidence
		if e == nil {
			continue
		}
		fmt.Fprintf(b, "\n%s\n", p.paint(bold, "Exchange of "+printable(s.Case, maxShown)))
		field := func(name, value string) {
			if value != "" {
				fmt.Fprintf(b, "  %-11s %s\n", name, value)
			}
		}
		field("asked", e.Method+" "+printable(e.URL, maxSentence))
		field("at", addressText(e))
		field("proxy", printable(e.Proxy, maxMachine))
		field("tls", printable(e.TLS, maxMachine))
		for _, c := range e.Certificates {
			field("certificate", fmt.Sprintf("%s, by %s, from %s until %s, sha256 %.16s…", printable(c.Subject, maxMachine), printable(c.Issuer, maxMachine),
				c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly), printable(c.SHA256, maxShown)))
		}
		field("sent", sizeText(e.RequestBytes))
		traitsText(b, e.Request, nil, p)
		if e.Proto == "" && e.Status == 0 {
			field("came", "no answer")
			continue
		}
		field("came", fmt.Sprintf("%s %d, %s", printable(e.Proto, maxShown), e.Status, sizeText(e.AnswerBytes)))
		traitsText(b, e.Answer, s.Findings, p)
	}
}

func addressText(e *loginwatch.Evidence) string {
	text := "no address was reached"
	if e.Remote != "" {
		text = printable(e.Remote, maxMachine)
	}
	if len(e.Tried) > 1 || e.Remote == "" && len(e.Tried) > 0 {
		text += ", tried " + strings.Join(allPrintable(e.Tried), " ")
	}
	if len(e.Resolved) > 0 {
		text += ", the name stands for " + strings.Join(allPrintable(e.Resolved), " ")
	}
	return text
}

func sizeText(bytes int) string {
	switch {
	case bytes < 0:
		return "a body whose length is not told, since secrets are in it"
	case bytes == 0:
		return "no body"
	case bytes == 1:
		return "a body of 1 byte"
	}
	return "a body of " + strconv.Itoa(bytes) + " bytes"
}

// mostLines bounds the places of one message that people are shown.
const mostLines = 60

// traitsText lists places, and what is documented there where it is something else.
func traitsText(b *bytes.Buffer, traits []loginwatch.Trait, findings []loginwatch.Finding, p painter) {
	lines := withMissing(traits, findings)
	t := table{}
	told := map[string]bool{}
	for i, trait := range lines {
		if i == mostLines {
			t.rows = append(t.rows, row{[]string{"   ", fmt.Sprintf("and %d more; --format json lists all", len(lines)-i), "", ""}, dim})
			break
		}
		var documented []string
		for _, f := range findings {
			if f.Pointer == trait.Place && f.Documented != "" && !told[f.Fingerprint] {
				told[f.Fingerprint] = true
				documented = append(documented, "documented: "+printable(f.Documented, maxShown))
			}
		}
		t.rows = append(t.rows, row{[]string{"   ", placeText(trait.Place), valueText(trait), strings.Join(documented, "; ")}, red})
	}
	if len(t.rows) > 0 {
		t.rows = append([]row{{[]string{"   ", "PLACE", "WHAT STOOD THERE", ""}, dim}}, t.rows...)
		t.write(b, p, 3)
	}
}

// withMissing adds the places where something is documented and nothing came, each
// behind what stands beside it.
func withMissing(traits []loginwatch.Trait, findings []loginwatch.Finding) []loginwatch.Trait {
	lines := slices.Clone(traits)
	for _, f := range findings {
		if f.Kind != loginwatch.KindMissing || f.Pointer == "" || slices.ContainsFunc(lines, func(t loginwatch.Trait) bool { return t.Place == f.Pointer }) {
			continue
		}
		beside := f.Pointer[:strings.LastIndexAny(f.Pointer, "/:")+1]
		at := len(lines)
		for i, t := range lines {
			if strings.HasPrefix(t.Place, beside) {
				at = i + 1
			}
		}
		lines = slices.Insert(lines, at, loginwatch.Trait{Place: f.Pointer, Type: "nothing"})
	}
	return lines
}

// placeText names a place.
func placeText(place string) string {
	if place == "" {
		return "body"
	}
	return printable(place, maxMachine)
}

// valueText says in words what stood at a place.
func valueText(t loginwatch.Trait) string {
	words := []string{t.Type}
	switch {
	case strings.Contains(t.Place, ";"): // an attribute
		words[0] = "set"
	case t.Type == "object":
		words = append(words, count(t.Length, "field"))
	case t.Type == "array":
		words = append(words, strings.Replace(count(t.Length, "entry"), "entrys", "entries", 1))
	case t.Type == "string" && t.Length > 0:
		words = append(words, count(t.Length, "character"))
	}
	if t.Format != "" {
		words = append(words, printable(t.Format, maxMachine))
	}
	if t.Digest != "" {
		words = append(words, "fingerprint "+printable(t.Digest, maxShown))
	}
	return strings.Join(words, ", ")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
