package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/drift"
	"github.com/loginwatch/loginwatch/internal/history"
)

// Seen is what a store knows of the logins of one vendor.
type Seen struct {
	Since, Now time.Time             // of Totals
	Totals     []*history.Totals     // by key
	Standings  []loginwatch.Standing // by key
	Changes    *drift.Overview
}

// seen says what was seen, in UTC.
func (b *builder) seen(s *Seen) {
	b.heading(2, say("What was seen"))
	if s == nil {
		b.say(line(say("No store was named (with "), name("--store"), say(" or "), name("--config"), say("), so this page knows nothing of what was seen.")))
		return
	}
	b.say(say("As of " + at(s.Now) + "; counts are those since " + at(s.Since) + "."))
	if len(s.Standings) == 0 {
		b.say(say("The store knows of no login of this vendor."))
	}
	b.standings(s)
	b.totals(s)
	b.tokens(s)
	b.differences(s)
	b.changes(s)
}

// at is an instant as people read it.
func at(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// login names a login of the vendor.
func login(k loginwatch.Key) text {
	where := k.Probe + " at " + k.Target
	if k.Location != "" {
		where += " from " + k.Location
	}
	return name(foreign(where))
}

// foreign bounds a text that a vendor or a store chose.
func foreign(s string) string {
	const most = 200
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// standings say how each login stands.
func (b *builder) standings(s *Seen) {
	var rows [][]text
	for _, st := range s.Standings {
		row := []text{login(st.Key), say("none yet"), nil, nil, say("never")}
		if n := len(st.Runs); n > 0 {
			r := st.Runs[n-1]
			says := advice.For(r.Verdict, r.Reason, r.Signs()...)
			row = []text{login(st.Key), mark(string(r.Verdict)), say(says.Says), say(at(r.Started)), say("never, as far as it looks back")}
			if r.Verdict != loginwatch.OK {
				row[2] = line(row[2], say("; whose: "+string(says.Blame)))
			}
		}
		for _, r := range st.Runs {
			if r.Verdict == loginwatch.OK {
				row[4] = say(at(r.Started))
			}
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return
	}
	b.heading(3, say("The latest runs"))
	b.table([]string{"Login", "Verdict", "Says", "At", "Last ok"}, rows...)
}

// totals say how often a login was well, and how long it took.
func (b *builder) totals(s *Seen) {
	var rows [][]text
	for _, t := range s.Totals {
		var counts []string
		for _, v := range loginwatch.Verdicts {
			if n := t.Of(v); n > 0 {
				counts = append(counts, fmt.Sprintf("%d %s", n, v))
			}
		}
		rows = append(rows, []text{
			login(t.Key), say(strings.Join(counts, ", ")), say(share(t.Availability())), say(share(t.Correctness())), latency(t, 0.5), latency(t, 0.95),
		})
	}
	if len(rows) == 0 {
		return
	}
	b.heading(3, say("How often and how fast"))
	b.say(say("Available is the share of the runs that were not unavailable, correct that of the answers that were as documented. Half of the logins, or 95 of 100, took no longer than this."))
	b.table([]string{"Login", "Slots", "Available", "Correct", "Half", "95 of 100"}, rows...)
}

// share is never rounded up to all of it.
func share(of float64, known bool) string {
	if !known {
		return "nothing counts"
	}
	text := fmt.Sprintf("%.2f %%", of*100)
	if text == "100.00 %" && of < 1 {
		return "99.99 %"
	}
	return text
}

func latency(t *history.Totals, quantile float64) text {
	d := t.Latency.Quantile(quantile)
	if d == 0 {
		return say("not measured")
	}
	return say(rounded(d))
}

// rounded is as exact as a latency is kept.
func rounded(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", max(d.Milliseconds(), 1))
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// tokens say how long the latest ones live.
func (b *builder) tokens(s *Seen) {
	var rows [][]text
	for _, st := range s.Standings {
		for _, r := range slices.Backward(st.Runs) {
			i := slices.IndexFunc(r.Steps, func(step loginwatch.StepResult) bool { return step.Token.Present })
			if i < 0 {
				continue
			}
			t := r.Steps[i].Token
			lives, documented := "not known", "nothing"
			if t.HasLifetime {
				lives = span(t.Lifetime.Round(time.Second))
			}
			if t.Documented > 0 {
				documented = span(t.Documented)
			}
			rows = append(rows, []text{login(st.Key), say(lives), say(documented), say(at(r.Started))})
			break
		}
	}
	if len(rows) == 0 {
		return
	}
	b.heading(3, say("Tokens"))
	b.table([]string{"Login", "Lifetime", "Documented", "Seen at"}, rows...)
}

// differences are those of the latest runs from the document, each once.
func (b *builder) differences(s *Seen) {
	type difference struct {
		finding loginwatch.Finding
		where   string
	}
	var all []difference
	for _, st := range s.Standings {
		for _, r := range st.Runs {
			for _, step := range r.Steps {
				for _, f := range step.Findings {
					if !slices.ContainsFunc(all, func(d difference) bool { return d.finding.Fingerprint == f.Fingerprint }) {
						all = append(all, difference{f, step.Case})
					}
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b difference) int {
		return cmp.Compare(slices.Index(loginwatch.Classes, a.finding.Class), slices.Index(loginwatch.Classes, b.finding.Class))
	})
	if len(s.Standings) == 0 {
		return
	}
	b.heading(3, say("Differences from the document"))
	if len(all) == 0 {
		b.say(say(noDifference(s.Standings)))
		return
	}
	b.say(say("Found by the latest runs. Breaking ones break a consumer that was written to the document; tolerated ones a ruling allows; additive ones are what the document does not mention."))
	var rows [][]text
	for _, d := range all {
		f := d.finding
		where := line(say("the whole answer"))
		if f.Pointer != "" {
			where = name(foreign(f.Pointer))
		}
		rows = append(rows, []text{mark(string(f.Class)), say(string(f.Kind)), name(foreign(d.where)), where, say(foreign(f.Documented)), say(foreign(f.Got))})
	}
	b.table([]string{"Class", "Kind", "Case", "Where", "Documented", "Came"}, rows...)
}

// noDifference says what it is worth that none was found.
func noDifference(all []loginwatch.Standing) string {
	for _, st := range all {
		for _, r := range st.Runs {
			if history.Tells(r.Verdict) && r.Verdict != loginwatch.Unavailable {
				return "The latest runs found none."
			}
		}
	}
	return "None is known: no answer came that could be compared."
}

// changes are those that go on.
func (b *builder) changes(s *Seen) {
	if s.Changes == nil {
		return
	}
	b.heading(3, say("Changes"))
	var rows [][]text
	for i := range s.Changes.Changes {
		c := &s.Changes.Changes[i]
		standing := c.Standing(s.Now)
		if standing != drift.Open && standing != drift.Acknowledged {
			continue
		}
		says := make([]string, len(c.Parts))
		for n, part := range c.Parts {
			says[n] = foreign(part.Says())
		}
		rows = append(rows, []text{name(c.ID), mark(string(c.Class)), say(strings.Join(says, "; ")), name(foreign(c.Target.Target)), say(at(c.First)), say(string(standing))})
	}
	if len(rows) == 0 {
		b.say(say(noChange(s.Changes)))
		return
	}
	b.table([]string{"Change", "Class", "Says", "Target", "Since", "Is"}, rows...)
}

// noChange says what it is worth that none is known.
func noChange(o *drift.Overview) string {
	switch {
	case len(o.Damaged) > 0:
		return "No change is known, but a part of what was learned can't be read."
	case o.Learned == 0:
		return "No change is known, and too little was seen to tell of one."
	case o.Learning > 0:
		return fmt.Sprintf("No change is known of the %s that enough was seen of; of %d more too little was.", counted(o.Learned, "kind")+" of answers", o.Learning)
	}
	return "No change is known of " + counted(o.Learned, "kind") + " of answers."
}
