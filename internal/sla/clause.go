package sla

import (
	"fmt"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
	"github.com/loginwatch/loginwatch/internal/window"
)

// Clause is what a vendor promises, in the terms of its own contract.
type Clause struct {
	Title    string
	Promise  float64 // share that has to be good, 0 to 1; 0 for no promise
	Runs     bool    // runs are counted, and not time
	Bad      []loginwatch.Verdict
	Ignored  []loginwatch.Verdict // that count neither way
	Confirm  int                  // bad runs in a row that make an outage; fewer are left out
	Speaks   time.Duration        // how long a run speaks for what comes after it; 0 for three times the usual distance of two slots
	Zone     *time.Location
	Excluded []loginwatch.Maintenance
	Days     int // after the month within which a claim is to be made; 0 when nothing is said
}

// DefaultClause is what is measured where no clause is given: the time in which a login
// was unavailable, by the rules of the alerts.
func DefaultClause() *Clause {
	return &Clause{
		Title: "no clause: measured as the alerts do", Bad: []loginwatch.Verdict{loginwatch.Unavailable}, Confirm: history.Confirmed, Zone: time.UTC,
	}
}

// clauseFile is a clause as it is written.
type clauseFile struct {
	Title     strictyaml.Text                  `yaml:"title,required"`
	Promise   strictyaml.Placed[float64]       `yaml:"promise,required"`
	Count     strictyaml.Text                  `yaml:"count,required"`
	Bad       []strictyaml.Text                `yaml:"bad"`
	Ignored   []strictyaml.Text                `yaml:"ignored"`
	Confirm   strictyaml.Placed[int]           `yaml:"confirm"`
	Speaks    strictyaml.Placed[time.Duration] `yaml:"speaks_for"`
	Zone      strictyaml.Text                  `yaml:"zone"`
	Excluded  []window.File                    `yaml:"excluded"`
	ClaimDays strictyaml.Placed[int]           `yaml:"claim_within_days"`
}

// ParseClause reads a clause's text. file is its name, for problems; o reads what its
// windows name.
func ParseClause(file string, data []byte, o window.Options) (*Clause, loginwatch.Problems) {
	doc, problems := strictyaml.Parse(file, data)
	if doc == nil {
		return nil, problems
	}
	var f clauseFile
	doc.Decode(&f)
	r := clauseReader{doc}
	c := DefaultClause()
	c.Title, c.Promise, c.Days = f.Title.Value, f.Promise.Value, f.ClaimDays.Value
	c.Runs = f.Count.Value == "runs"
	r.line("title", f.Title)
	r.must(f.Promise.Span, f.Promise.Value > 0 && f.Promise.Value <= 1, `"promise" must be more than 0 and at most 1, as 0.995`)
	r.must(f.Count.Span, c.Runs || f.Count.Value == "minutes", `"count" must be minutes or runs`)
	r.must(f.ClaimDays.Span, f.ClaimDays.Value >= 1 && f.ClaimDays.Value <= 366, `"claim_within_days" must be from 1 to 366`)
	if given(f.Confirm.Span) {
		c.Confirm = f.Confirm.Value
		r.must(f.Confirm.Span, c.Confirm >= 1 && c.Confirm <= 100, `"confirm" must be from 1 to 100`)
	}
	if given(f.Speaks.Span) {
		c.Speaks = f.Speaks.Value
		r.must(f.Speaks.Span, c.Speaks >= time.Second && c.Speaks <= 31*24*time.Hour && c.Speaks%time.Second == 0, `"speaks_for" must be from 1s to 31 days, in whole seconds`)
	}
	if len(f.Bad) > 0 {
		c.Bad = r.verdicts(f.Bad)
	}
	c.Ignored = r.verdicts(f.Ignored)
	for i, v := range c.Ignored {
		r.must(f.Ignored[i].Span, !slices.Contains(c.Bad, v), "a verdict is either bad or ignored")
	}
	if given(f.Zone.Span) {
		zone, err := time.LoadLocation(f.Zone.Value)
		r.must(f.Zone.Span, err == nil && f.Zone.Value != "" && f.Zone.Value != "Local", `"zone" must be the name of a time zone, as Asia/Kolkata`)
		if err == nil {
			c.Zone = zone
		}
	}
	o.Zone = c.Zone
	for _, w := range f.Excluded {
		c.Excluded = append(c.Excluded, w.Read(doc, o))
	}
	return c, doc.Problems()
}

type clauseReader struct{ doc *strictyaml.Document }

func given(at strictyaml.Span) bool { return at.Pos.Line > 0 }

// must reports a value that is given and not as it must be.
func (r clauseReader) must(at strictyaml.Span, is bool, message string) {
	if given(at) && !is {
		r.doc.Problemf(at.Pos, at.Width, "%s", message)
	}
}

// line holds a text that goes into the dossier, and so to terminals, to be one line of
// it: nothing that moves a cursor, breaks the line or turns around how it is read.
func (r clauseReader) line(key string, t strictyaml.Text) {
	r.must(t.Span, window.OneLine(t.Value), fmt.Sprintf("%q must be one line, without control characters", key))
}

// verdicts reads those that say something of the vendor.
func (r clauseReader) verdicts(texts []strictyaml.Text) []loginwatch.Verdict {
	var all []loginwatch.Verdict
	for _, t := range texts {
		v := loginwatch.Verdict(t.Value)
		r.must(t.Span, v != loginwatch.OK && history.Tells(v) && slices.Contains(loginwatch.Verdicts, v),
			"must be drift, rejected, throttled or unavailable: ok is good, and what is broken or skipped says nothing of the vendor")
		all = append(all, v)
	}
	return all
}
