package sla

import (
	"bytes"
	_ "embed" // the page
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/loginwatch/loginwatch"
)

// jsonVersion names the shape that schemas/meta/sla.schema.json describes.
const jsonVersion = 1

// Write writes the dossier as text, json or html.
func (d *Dossier) Write(w io.Writer, format string) error {
	var b bytes.Buffer
	var err error
	switch format {
	case "json":
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		err = enc.Encode(d.json())
	case "html":
		err = d.html(&b)
	default:
		err = d.text(&b)
		b = *bytes.NewBuffer(trailing.ReplaceAll(b.Bytes(), nil))
	}
	if err != nil {
		return fmt.Errorf("write the dossier: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// trailing are blanks that pad a table's last column.
var trailing = regexp.MustCompile(`(?m) +$`)

// clock is a duration to the second: 1:02:03, hours first.
func clock(d time.Duration) string {
	s := int64(d / time.Second)
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

func runs(n int) string  { return count(n, "run") }
func slots(n int) string { return count(n, "slot") }

func count(n int, of string) string {
	if n != 1 {
		of += "s"
	}
	return strconv.Itoa(n) + " " + of
}

// percent shows as many figures as tell a share apart from what was promised, and never
// rounds up to it.
func percent(share float64) string {
	return strconv.FormatFloat(math.Floor(share*1e6+1e-6)/1e4, 'f', 4, 64) + " %"
}

func (d *Dossier) at(t time.Time) string {
	return t.In(d.Clause.Zone).Format("2006-01-02 15:04:05 -07:00")
}

// sentence says what came of a login.
func (d *Dossier) sentence(l Login) string {
	says := percent(l.Share) + " of the time that counts was good"
	switch {
	case !l.Counts && l.Runs+l.Left == 0:
		says = "nothing ran, so nothing counts"
	case !l.Counts:
		says = "nothing counts, all of it was left out"
	case d.Clause.Runs:
		says = percent(l.Share) + " of the runs that count were good"
	}
	was := "was"
	if d.To.Before(d.Ends) {
		was = "so far is" // the rest of the month may still change it
	}
	switch promise := "the promise of " + percent(d.Clause.Promise); l.Outcome {
	case Kept:
		return says + ": " + promise + " " + was + " kept"
	case NotKept:
		return says + ": " + promise + " " + was + " not kept"
	case Untold:
		return says + ": nobody can tell whether " + promise + " was kept"
	}
	return says
}

// rules say how was counted, one sentence each.
func (d *Dossier) rules() []string {
	c := d.Clause
	names := func(vs []loginwatch.Verdict) string {
		var all []string
		for _, v := range vs {
			all = append(all, string(v))
		}
		return strings.Join(all, ", ")
	}
	unit := "the time, to the second"
	if c.Runs {
		unit = "the runs"
	}
	outage := fmt.Sprintf("An outage is a row of at least %d bad runs with no good one between them; shorter rows are left out.", c.Confirm)
	if c.Confirm == 1 {
		outage = "An outage is a bad run, or a row of them with no good one between them."
	}
	rules := []string{
		"Counted is " + unit + ". Bad is: " + names(c.Bad) + ".",
		outage + " It is listed once, from the first to the last second of it that counts in this period, and its length is only what counts.",
	}
	if d.Location != "" {
		rules = append(rules, "Left out is what ran from elsewhere than "+d.Location+".")
	}
	if len(c.Ignored) > 0 {
		rules = append(rules, "Left out is what ended: "+names(c.Ignored)+".")
	}
	speaks := "three times the usual distance of the login's slots, which stands with each"
	if c.Speaks > 0 {
		speaks = clock(c.Speaks)
	}
	return append(rules, "A run speaks for what comes after it, up to the next slot, and at most for "+speaks+". Time of which no run speaks is left out, and so is that of slots that were not tried or broke on our side.")
}

func (d *Dossier) text(b *bytes.Buffer) error {
	fmt.Fprintf(b, "%s, %s to %s\n%s\n\n", d.Vendor, d.at(d.From), d.at(d.To), d.Clause.Title)
	if d.To.Before(d.Ends) {
		fmt.Fprintf(b, "The month is not over: these are figures so far.\n\n")
	}
	for _, l := range d.Logins {
		fmt.Fprintf(b, "%s: %s\n", l.Key, d.sentence(l))
	}
	if at := d.Deadline(); !at.IsZero() {
		fmt.Fprintf(b, "\nA claim is to be made before %s.\n", d.at(at))
	}
	b.WriteString("\nHow was counted\n")
	for _, r := range d.rules() {
		fmt.Fprintf(b, "  %s\n", r)
	}
	for _, l := range d.Logins {
		fmt.Fprintf(b, "\n%s\n", l.Key)
		t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
		fmt.Fprintf(t, "  the period\t%s\t\n  left out\t%s\t%s\n  counts\t%s\t%s\n  bad\t%s\t%s\n  a run speaks\t%s\tat most\n",
			clock(l.Total), clock(l.Out), slots(l.Left), clock(l.Total-l.Out), runs(l.Runs), clock(l.Down), runs(l.Bad), clock(l.Speaks))
		if len(l.Outages) > 0 {
			fmt.Fprintln(t, "\nOutages\t\t\t\t")
			for _, o := range l.Outages {
				fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", d.at(o.From), d.at(o.To), clock(o.Length), runs(o.Runs), strings.Join(o.Reasons, ", "))
			}
		}
		if len(l.Excluded) > 0 {
			fmt.Fprintln(t, "\nLeft out, by reason\t\t\t")
			for _, r := range l.Reasons() {
				fmt.Fprintf(t, "  %s\t%d×\t%s\n", clock(r.Out), r.Times, r.Reason)
			}
		}
		if len(l.Excluded) > 0 {
			fmt.Fprintln(t, "\nLeft out, each time\t\t\t")
			for _, s := range l.Excluded {
				fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", d.at(s.From), d.at(s.To), clock(s.Length()), s.Reason)
			}
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return nil
}

type jsonDossier struct {
	Version  int         `json:"version"`
	Vendor   string      `json:"vendor"`
	Location string      `json:"location,omitempty"`
	Clause   string      `json:"clause"`
	Count    string      `json:"count"`
	Promise  *float64    `json:"promise,omitempty"`
	From     time.Time   `json:"from"`
	To       time.Time   `json:"to"`
	Complete bool        `json:"complete"`
	Made     time.Time   `json:"made"`
	Claim    *time.Time  `json:"claim_before,omitempty"`
	Kept     *bool       `json:"kept,omitempty"`
	Rules    []string    `json:"rules"`
	Logins   []jsonLogin `json:"logins"`
}

type jsonLogin struct {
	Probe    string        `json:"probe"`
	Target   string        `json:"target"`
	Location string        `json:"location,omitempty"`
	Total    int64         `json:"total_seconds"`
	Out      int64         `json:"excluded_seconds"`
	Down     int64         `json:"down_seconds"`
	Runs     int           `json:"runs"`
	Bad      int           `json:"bad_runs"`
	Left     int           `json:"excluded_slots"`
	Good     *float64      `json:"good,omitempty"`
	Speaks   int64         `json:"speaks_seconds"`
	Kept     *bool         `json:"kept,omitempty"`
	Outages  []jsonOutage  `json:"outages"`
	Excluded []jsonStretch `json:"excluded"`
}

type jsonOutage struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Seconds int64     `json:"seconds"`
	Runs    int       `json:"runs"`
	Reasons []string  `json:"reasons"`
}

type jsonStretch struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Seconds int64     `json:"seconds"`
	Reason  string    `json:"reason"`
}

func (d *Dossier) json() jsonDossier {
	j := jsonDossier{
		Version: jsonVersion, Vendor: d.Vendor, Location: d.Location, Clause: d.Clause.Title, Count: "minutes", From: d.From.UTC(), To: d.To.UTC(), Complete: d.To.Equal(d.Ends),
		Made: d.Made.UTC(), Rules: d.rules(), Logins: []jsonLogin{},
	}
	if d.Clause.Runs {
		j.Count = "runs"
	}
	if d.Clause.Promise > 0 {
		j.Promise = &d.Clause.Promise
	}
	if at := d.Deadline().UTC(); !at.IsZero() {
		j.Claim = &at
	}
	if kept := len(d.Of(Kept)) == len(d.Logins); kept || len(d.Of(NotKept)) > 0 {
		j.Kept = &kept
	}
	for _, l := range d.Logins {
		login := jsonLogin{
			Probe: l.Probe, Target: l.Target, Location: l.Location, Total: int64(l.Total / time.Second), Out: int64(l.Out / time.Second), Down: int64(l.Down / time.Second),
			Runs: l.Runs, Bad: l.Bad, Left: l.Left, Speaks: int64(l.Speaks / time.Second), Outages: []jsonOutage{}, Excluded: []jsonStretch{},
		}
		for _, o := range l.Outages {
			login.Outages = append(login.Outages, jsonOutage{o.From.UTC(), o.To.UTC(), int64(o.Length / time.Second), o.Runs, o.Reasons})
		}
		for _, s := range l.Excluded {
			login.Excluded = append(login.Excluded, jsonStretch{s.From.UTC(), s.To.UTC(), int64(s.Length() / time.Second), s.Reason})
		}
		if l.Counts {
			login.Good = &l.Share
		}
		if kept := l.Outcome == Kept; kept || l.Outcome == NotKept {
			login.Kept = &kept
		}
		j.Logins = append(j.Logins, login)
	}
	return j
}

//go:embed dossier.html
var pageText string

func (d *Dossier) html(b *bytes.Buffer) error {
	page, err := template.New("dossier").Funcs(template.FuncMap{
		"clock": clock, "percent": percent, "at": d.at, "sentence": d.sentence, "join": strings.Join, "runs": runs, "slots": slots, "counts": func(l Login) time.Duration { return l.Total - l.Out },
	}).Parse(pageText)
	if err != nil {
		return err
	}
	return page.Execute(b, map[string]any{"D": d, "Rules": d.rules(), "Deadline": d.Deadline(), "SoFar": d.To.Before(d.Ends)})
}
