package web

import (
	"crypto/sha256"
	_ "embed" // the page stands beside its handler
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/looks"
)

//go:embed status.html
var statusHTML string

//go:embed status.css
var statusCSS string

// page is the parsed template, with the policy that allows its one style sheet.
type page struct {
	template *template.Template
	policy   string
}

func newPage() *page {
	css := looks.Palette() + statusCSS
	sum := sha256.Sum256([]byte(css))
	return &page{
		template: template.Must(template.New("status").Funcs(template.FuncMap{
			"css":     func() template.CSS { return template.CSS(css) },
			"glyph":   glyph,
			"word":    word,
			"seconds": seconds,
			"span":    func(s float64) string { return span(time.Duration(s * float64(time.Second))) },
			"utc":     func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
			"machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
			"breaking": func(fs []loginwatch.Finding) bool {
				return slices.ContainsFunc(fs, func(f loginwatch.Finding) bool { return f.Class == loginwatch.Breaking })
			},
			"refused": advice.Refused,
			"shown":   printable,
			"earlier": earlier,
			"oldest":  func(ps []Past) time.Time { return ps[0].Started },
		}).Parse(statusHTML)),
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	}
}

// view is the overview with what the template needs to word it.
type view struct {
	Overview
	Version string
	query
}

func (p *page) render(w io.Writer, o Overview, version string, q query) error {
	return p.template.Execute(w, view{o, version, q})
}

// Still tells whether the page does not load itself again; Turned is the link to the
// same page with that turned.
func (v view) Still() bool { return v.still }

func (v view) Turned() string {
	q := v.query
	q.still = !q.still
	return "/" + q.at(v.Page)
}

// Sought is what was asked for, and To the link to a page of it.
func (v view) Sought() string { return v.find }

func (v view) To(page int) string { return "/" + v.at(page) }

// Before and After are the pages around this one; 0 for none.
func (v view) Before() int { return min(v.Page-1, v.Pages) }

func (v view) After() int {
	if v.Page >= v.Pages {
		return 0
	}
	return v.Page + 1
}

// Ago is how long before the overview something was.
func (v view) Ago(t time.Time) string {
	d := v.Generated.Sub(t)
	if d < time.Second {
		return "now"
	}
	return span(d) + " ago"
}

// Until is how long after the overview something will be.
func (v view) Until(t time.Time) string {
	switch d := t.Sub(v.Generated); {
	case d < -graceful:
		return v.Ago(t)
	case d < time.Second:
		return "now"
	default:
		return "in " + span(d)
	}
}

// Headline says in one line how things are.
func (v view) Headline() string {
	s := v.Summary
	switch {
	case s.Probes == 0:
		return "No login is being watched."
	case s.Fine == s.Probes && s.Probes == 1:
		return "The login is fine."
	case s.Fine == s.Probes:
		return fmt.Sprintf("All %d logins are fine.", s.Probes)
	case s.Waiting == s.Probes:
		return "No login has been tried yet."
	case s.Fine == 1:
		return fmt.Sprintf("1 of %d logins is fine.", s.Probes)
	}
	return fmt.Sprintf("%d of %d logins are fine.", s.Fine, s.Probes)
}

// Silent is how many logins nobody probes although nobody means them to rest.
func (v view) Silent() int { return v.Summary.silent }

// Rest says how many logins are not probed because of maintenance, and because their
// credential rests and what that rests on.
func (v view) Rest() []string {
	var said []string
	if n := v.Summary.Maintained; n > 0 {
		said = append(said, fmt.Sprintf("%d in maintenance.", n))
	}
	for _, r := range []loginwatch.Refusal{loginwatch.RefusalCertain, loginwatch.RefusalPossible, loginwatch.RefusalNone} {
		if n := v.Summary.rests[r]; n == 1 {
			said = append(said, "1 rests: its credential "+advice.Refused(r)+".")
		} else if n > 1 {
			said = append(said, fmt.Sprintf("%d rest: what they log in with %s.", n, advice.Refused(r)))
		}
	}
	return said
}

// Mood is the colour of the headline.
func (v view) Mood() string {
	switch {
	case v.Summary.Probes == 0 || v.Summary.Waiting > 0 && v.Summary.Fine+v.Summary.Waiting == v.Summary.Probes && v.Summary.Stale == 0:
		return "waiting"
	case v.Summary.Fine == v.Summary.Probes:
		return "ok"
	}
	return "bad"
}

// glyph gives every state a shape of its own: colour alone does not reach every eye.
func glyph(state string) string {
	switch loginwatch.Verdict(state) {
	case loginwatch.OK:
		return "●"
	case loginwatch.Drift:
		return "▲"
	case loginwatch.Rejected:
		return "✖"
	case loginwatch.Throttled:
		return "◆"
	case loginwatch.Unavailable:
		return "○"
	case loginwatch.Broken:
		return "■"
	}
	return "–"
}

func word(state string) string {
	switch loginwatch.Verdict(state) {
	case loginwatch.OK:
		return "ok"
	case loginwatch.Drift:
		return "drift"
	case loginwatch.Rejected:
		return "rejected"
	case loginwatch.Throttled:
		return "throttled"
	case loginwatch.Unavailable:
		return "unavailable"
	case loginwatch.Broken:
		return "broken"
	}
	return "no run yet"
}

// seconds words a run's duration.
func seconds(s float64) string {
	if s < 1 {
		return strconv.Itoa(int(math.Round(s*1000))) + " ms"
	}
	return strconv.FormatFloat(s, 'f', 2, 64) + " s"
}

// span words a duration by its two largest units, as a person would.
func span(d time.Duration) string {
	if d < 0 {
		return "-" + span(-d)
	}
	units := []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}}
	d = d.Round(time.Second)
	for i, u := range units {
		if d < u.size {
			continue
		}
		whole := fmt.Sprintf("%d %s", d/u.size, u.name)
		if i+1 == len(units) || d/u.size >= 10 {
			return whole
		}
		if rest := d % u.size / units[i+1].size; rest > 0 {
			whole += fmt.Sprintf(" %d %s", rest, units[i+1].name)
		}
		return whole
	}
	return "0 s"
}

// earlier counts failures before those of the strip. Beyond what is kept nobody knows how
// many there were, and the first of them is none that began it.
func earlier(failures []Past) string {
	switch n := len(failures); {
	case n == 1:
		return "1 earlier failure,"
	case n >= keepFailures:
		return fmt.Sprintf("The last %d earlier failures, the first of these", n)
	default:
		return fmt.Sprintf("%d earlier failures, the first", n)
	}
}
