package page

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
)

// ruled says what holds where the document contradicts itself or is silent, and what limits
// and promises there are.
func (b *builder) ruled(in Input) {
	b.heading(2, say("What is ruled"))
	b.defects()
	b.negatives()
	b.bounds()
	b.probes(in.Probes)
	b.clause(in)
	b.evidence()
}

func (b *builder) defects() {
	b.heading(3, say("Where the document contradicts itself"))
	if len(b.c.Defects) == 0 {
		b.say(say("Nowhere that is known."))
		return
	}
	b.say(say("A ruling says which of two holds. What it tolerates is reported, and is no fault of the vendor's."))
	var rows [][]text
	for _, d := range b.c.Defects {
		rows = append(rows, []text{
			name(d.ID), statements(d.At), say(d.Document), say(d.Sample), joined("; ", say(d.Ruling), tolerated(d.Tolerate)), b.source(line(say("ruling "), name(d.ID)), d.Cite),
		})
	}
	b.table([]string{"Ruling", "About", "One place says", "Another says", "What holds", "Source"}, rows...)
}

// statements names statements of the contract as it writes them.
func statements(all []loginwatch.Statement) text {
	texts := make([]text, len(all))
	for i, s := range all {
		whole := s.Operation
		if s.Outcome != "" {
			whole += "." + s.Outcome
		}
		if at := s.At.String(); s.At.InDocument() {
			whole += at
		} else {
			whole += "@" + at
		}
		texts[i] = name(whole)
	}
	return joined(", ", texts...)
}

func tolerated(t *loginwatch.Tolerance) text {
	switch {
	case t == nil:
		return nil
	case t.MovedTo != "":
		return line(say("tolerated: it stands at "), name(t.MovedTo.String()))
	case len(t.Statuses) > 0:
		statuses := make([]string, len(t.Statuses))
		for i, s := range t.Statuses {
			statuses[i] = strconv.Itoa(s)
		}
		return say("tolerated: HTTP " + strings.Join(statuses, " or "))
	case t.Schema != nil:
		whole := t.Schema.Fields()[0]
		says := say(strings.ReplaceAll(whole.Type, "|", " or "))
		for _, words := range whole.Allowed {
			says = joined(", ", says, narrowed(words))
		}
		return line(say("tolerated: "), says)
	}
	return nil
}

// negatives are samples of the document that nothing may pass for.
func (b *builder) negatives() {
	var rows [][]text
	for _, n := range b.c.Negatives {
		rows = append(rows, []text{name(n.File), statements(n.Against), say(n.Why), b.source(line(say("sample "), name(n.ID)), n.Cite)})
	}
	if len(rows) == 0 {
		return
	}
	b.heading(3, say("Samples that must not pass"))
	b.table([]string{"Sample", "Is none of", "Why", "Source"}, rows...)
}

// bounds are what holds for all operations; a limit of one stands with it.
func (b *builder) bounds() {
	var items []text
	for _, op := range b.c.Operations {
		if l := op.Limit; l != nil {
			items = append(items, line(say("Operation "), name(op.ID), say(fmt.Sprintf(": at most %s in %s.", counted(l.Requests, "request"), span(l.Per)))))
		}
	}
	if q := b.c.Quota; q != nil {
		items = append(items, joined(" ", say(fmt.Sprintf("All logins together: at most %d in a %s of the calendar (%s).", q.Logins, q.Per, q.ZoneName())), b.source(say("quota"), q.Cite)))
	}
	for _, m := range b.c.Maintenance {
		items = append(items, joined(" ", say("Maintenance, "+m.Words+": "+exporter.Sentence(m.Reason)+" No login is tried then."), b.source(say("maintenance"), m.Cite)))
	}
	b.heading(3, say("Limits, quotas and maintenance"))
	if len(items) == 0 {
		b.say(say("The contract names none."))
	}
	b.list(items)
}

// probes are how the login is watched, and the objectives that it is held to.
func (b *builder) probes(all []*loginwatch.Probe) {
	var rows [][]text
	for _, p := range all {
		steps := make([]text, len(p.Steps))
		for i, s := range p.Steps {
			steps[i] = line(name(s.Case.ID), say(" ("+string(s.Role)+")"))
		}
		on := say("yes")
		if p.Disabled {
			on = say("only where the operator says so")
		}
		o := p.Objectives
		rows = append(rows, []text{
			name(p.Name), name(p.Schedule), say(span(p.Timeout)), joined(", ", steps...), on,
			say(fmt.Sprintf("%s of the runs find it available, %s of the answers are as documented, %s of the logins take at most %s.",
				percent(o.Availability), percent(o.Correctness), percent(o.LatencyQuantile), span(o.Latency))),
		})
	}
	if len(rows) == 0 {
		return
	}
	b.heading(3, say("How it is watched"))
	b.say(say("These are ours: no vendor promises them."))
	b.table([]string{"Probe", "Schedule", "Time-out", "Steps", "On", "Objectives"}, rows...)
}

// percent is a share as it was written.
func percent(share float64) string {
	return strconv.FormatFloat(share*100, 'g', 10, 64) + " %"
}

// clause is what the vendor promises.
func (b *builder) clause(in Input) {
	b.heading(3, say("What the vendor promises"))
	c := in.Clause
	if c == nil {
		b.say(line(say("No clause was named (with "), name("--clause"), say("), so nothing is said here of a promise.")))
		return
	}
	b.say(say(exporter.Sentence(c.Title)))
	unit := "time that counts is"
	if c.Runs {
		unit = "runs that count are"
	}
	items := []text{say("Promised is that " + percent(c.Promise) + " of the " + unit + " good.")}
	items = append(items, line(say("Bad is what ends "), verdicts(c.Bad), say(".")))
	if c.Confirm > 1 {
		items = append(items, say(fmt.Sprintf("An outage is a row of at least %d bad runs with no good one between them; shorter rows are left out.", c.Confirm)))
	}
	if len(c.Ignored) > 0 {
		items = append(items, line(say("Left out is what ends "), verdicts(c.Ignored), say(".")))
	}
	for _, m := range c.Excluded {
		items = append(items, say("Left out, "+m.Words+": "+exporter.Sentence(m.Reason)))
	}
	if c.Days > 0 {
		items = append(items, say("A claim is to be made within "+counted(c.Days, "day")+" after the month."))
	}
	b.list(items)
	b.say(line(name("loginwatch sla"), say(" holds a month against it, and says how it counts.")))
}

func verdicts(all []loginwatch.Verdict) text {
	texts := make([]text, len(all))
	for i, v := range all {
		texts[i] = mark(string(v))
	}
	return joined(" or ", texts...)
}

// evidence lists what no document says. Everything before it has asked for its source.
func (b *builder) evidence() {
	b.heading(3, say("What no document says"))
	if b.todo > 0 {
		b.say(line(say(loginwatch.Todo+" is the source of "+counted(b.todo, "statement")+" above: nobody has looked up yet whether a document says so. "), name("loginwatch vet"), say(" lists each.")))
	}
	if len(b.unheard) == 0 {
		if b.todo == 0 {
			b.say(say("Every source above is one of the documents."))
		}
		return
	}
	b.say(say("The documents are silent on these, as far as anybody has looked. Another public source fills the gap, where one is named."))
	var rows [][]text
	for _, u := range b.unheard {
		rows = append(rows, []text{say(u.evidence), joined(", ", u.what...)})
	}
	b.table([]string{"What says it", "Of what"}, rows...)
}
