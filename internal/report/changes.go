package report

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/drift"
)

// changesVersion names the shape that schemas/meta/drift.schema.json describes.
const changesVersion = 1

type jsonChanges struct {
	Version  int          `json:"version"`
	Learned  int          `json:"learned"`
	Learning int          `json:"learning"`
	Changes  []jsonChange `json:"changes"`
}

type jsonChange struct {
	ID       string           `json:"id"`
	Vendor   string           `json:"vendor"`
	Target   string           `json:"target"`
	Class    loginwatch.Class `json:"class"`
	Standing drift.Standing   `json:"standing"`
	Parts    []jsonPart       `json:"parts"`
	Answers  []string         `json:"answers"`
	First    string           `json:"first"`
	Last     string           `json:"last"`
	Count    int              `json:"count"`
	Run      string           `json:"run,omitempty"`
	Cited    *jsonCited       `json:"cited,omitempty"`
	Until    string           `json:"acknowledged_until,omitempty"`
	Accepted string           `json:"accepted,omitempty"`
	Note     string           `json:"note,omitempty"`
}

type jsonCited struct {
	Documented string `json:"documented,omitempty"`
	Contract   string `json:"contract,omitempty"`
	Schema     string `json:"schema,omitempty"`
	Document   string `json:"document,omitempty"`
	Quote      string `json:"quote,omitempty"`
}

type jsonPart struct {
	Kind  drift.Kind `json:"kind"`
	Place string     `json:"place"`
	From  string     `json:"from"`
	To    string     `json:"to"`
	Says  string     `json:"says"`
}

// WriteChanges writes what is known of changes, as text or JSON: those that are over only
// when all are asked for.
func WriteChanges(w io.Writer, format string, o *drift.Overview, all bool, now time.Time, color bool) error {
	shown := make([]drift.Listed, 0, len(o.Changes))
	for _, c := range o.Changes {
		if s := c.Standing(now); all || s == drift.Open || s == drift.Acknowledged {
			shown = append(shown, c)
		}
	}
	var b bytes.Buffer
	if format == "json" {
		doc := jsonChanges{changesVersion, o.Learned, o.Learning, make([]jsonChange, 0, len(shown))}
		for i := range shown {
			doc.Changes = append(doc.Changes, changeJSON(&shown[i], now))
		}
		if err := encodeIndented(&b, doc); err != nil {
			return err
		}
	} else {
		changesText(&b, o, shown, now, painter(color))
	}
	_, err := w.Write(b.Bytes())
	return err
}

func changeJSON(c *drift.Listed, now time.Time) jsonChange {
	j := jsonChange{
		ID: c.ID, Vendor: c.Vendor, Target: c.Target.Target, Class: c.Class, Standing: c.Standing(now), Answers: c.At, Count: c.Answers, Run: c.Run,
		First: instantText(c.First), Last: instantText(c.Last), Until: instantText(c.Until), Accepted: instantText(c.Accepted), Note: c.Note,
	}
	if q := c.Cited; q != nil {
		j.Cited = &jsonCited{q.Documented, q.Contract, q.Schema, q.Document, q.Quote}
	}
	for _, p := range c.Parts {
		j.Parts = append(j.Parts, jsonPart{p.Kind, p.Place, p.From, p.To, p.Says()})
	}
	return j
}

// stamp is how a text says when something was, in UTC.
const stamp = time.DateTime + " UTC"

func instantText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// learnedText says of how many kinds of answers a change can be told.
func learnedText(o *drift.Overview) string {
	const young = "seen too seldom, or not for eight days yet"
	switch {
	case o.Learned+o.Learning == 0:
		return "nothing is learned yet: no answer has come, or none long enough ago: what is new is kept within a minute"
	case o.Learned == 0:
		return fmt.Sprintf("nothing is learned yet: %s of answers, %s", plural(o.Learning, "kind"), young)
	case o.Learning == 0:
		return "learned: what " + plural(o.Learned, "kind") + " of answers look like"
	}
	return fmt.Sprintf("learned: what %s of answers look like; %d more: %s", plural(o.Learned, "kind"), o.Learning, young)
}

func changesText(b *bytes.Buffer, o *drift.Overview, shown []drift.Listed, now time.Time, p painter) {
	if len(shown) == 0 {
		b.WriteString("no change is known\n")
	}
	for i := range shown {
		c := &shown[i]
		head := fmt.Sprintf("%s  %s  %s at %s", c.ID, c.Class, printable(c.Vendor, maxShown), printable(c.Target.Target, maxShown))
		switch c.Standing(now) {
		case drift.Acknowledged:
			head += ", acknowledged until " + c.Until.Format(stamp)
		case drift.Gone:
			head += ", gone since " + c.Last.Format(stamp)
		case drift.Accepted:
			head += ", accepted on " + c.Accepted.Format(time.DateOnly)
		}
		b.WriteString(p.paint(classColor(c.Class), head) + "\n")
		for _, part := range c.Parts {
			fmt.Fprintf(b, "  %s\n", printable(part.Says(), maxMachine))
		}
		t := table{rows: []row{
			{[]string{"  since", c.First.Format(stamp) + ", in " + plural(c.Answers, "answer") + " up to " + c.Last.Format(stamp)}, ""},
		}}
		for n, at := range c.At {
			t.rows = append(t.rows, row{[]string{[]string{"  in", ""}[min(n, 1)], printable(at, maxMachine)}, ""})
		}
		if c.Run != "" {
			t.rows = append(t.rows, row{[]string{"  first run", printable(c.Run, maxShown)}, ""})
		}
		if c.Cited != nil && c.Cited.Contract != "" {
			t.rows = append(t.rows, row{[]string{"  contract", printable(c.Cited.Contract, maxShown)}, ""})
		}
		if c.Cited != nil && c.Cited.Schema != "" {
			t.rows = append(t.rows, row{[]string{"  schema", printable(c.Cited.Schema, maxShown)}, ""})
		}
		if c.Note != "" {
			t.rows = append(t.rows, row{[]string{"  note", printable(c.Note, maxMachine)}, ""})
		}
		t.write(b, p, 1)
		b.WriteString("\n")
	}
	b.WriteString(learnedText(o) + "\n")
}
