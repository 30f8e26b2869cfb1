package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
)

// jsonVersion names the shape that schemas/meta/documents.schema.json describes.
const jsonVersion = 1

// Write writes the report as text or json.
func (r Report) Write(w io.Writer, format string) error {
	var b bytes.Buffer
	if format == "json" {
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(r.json()); err != nil {
			return fmt.Errorf("write the documents: %w", err)
		}
	} else {
		r.text(&b)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// safe makes words of a page fit for a terminal and a CI's log: no control character is
// left, and what GitHub's runner takes for a command wherever it stands is broken up.
func safe(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '·'
	}, s)
	return strings.ReplaceAll(s, "##[", "# #[")
}

func (r Report) text(b *bytes.Buffer) {
	for _, d := range r {
		if d.Status == NotCompared {
			continue
		}
		fmt.Fprintf(b, "%s: %s %s%s\n", d.word(), d.Vendor, safe(d.Document), d.outcome())
		for _, c := range d.Changes {
			c.text(b)
		}
		if len(d.Changes) > 0 {
			b.WriteByte('\n')
		}
	}
	parts := []string{fmt.Sprintf("%d changed", r.Count(Differs)), fmt.Sprintf("%d unchanged", r.Count(Unchanged))}
	if n := r.Count(Unread); n > 0 {
		parts = append(parts, fmt.Sprintf("%d can't be read", n))
	}
	if n := r.Count(NotCompared); n > 0 {
		parts = append(parts, fmt.Sprintf("%d not compared, as there is no newer copy of them", n))
	}
	line := plural(len(r), "document") + ": " + strings.Join(parts, ", ")
	if n := r.Changed(); n > 0 {
		line += fmt.Sprintf("; look at %s", plural(n, "line")+" of the contracts")
	}
	fmt.Fprintln(b, line)
}

func (d Result) word() string {
	if d.Status == Unread {
		return "can't be read"
	}
	return string(d.Status)
}

// outcome says how a document was compared, in the rest of its line.
func (d Result) outcome() string {
	if d.Status == Unread {
		return ": " + safe(d.Reason) + d.from()
	}
	line := fmt.Sprintf(": %d of %s", d.Stands, plural(d.Statements(), "statement"))
	if d.Stands == 1 {
		line += " stands"
	} else {
		line += " stand"
	}
	if d.Against == CitationsAlone {
		line += ", by the cited words alone"
	}
	if d.Unheld > 0 {
		line += fmt.Sprintf(", %d can't be told", d.Unheld)
	}
	if d.Elsewhere > 0 {
		line += fmt.Sprintf("; %s changed where nothing is cited", plural(d.Elsewhere, "word"))
	}
	if d.Note != "" {
		line += "; " + d.Note
	}
	return line + d.from()
}

func (d Result) from() string {
	if d.From == "" {
		return ""
	}
	return " (" + safe(d.From) + ")"
}

func (c Change) text(b *bytes.Buffer) {
	fmt.Fprintf(b, "  %s%s\n", c.Kind, c.where())
	fmt.Fprintf(b, "    | %s\n", safe(c.Shown()))
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, s := range c.Statements {
		cited := "its sample"
		if s.Words != "" {
			cited = "“" + oneSpace(s.Words) + "”"
		}
		fmt.Fprintf(w, "    %s\t%s\t%s\n", s.Pos.FileLine(), s.What, safe(cited))
	}
	_ = w.Flush() // to memory
}

// where says where it stood, and where something that moved stands.
func (c Change) where() string {
	was, is := c.Was.String(), c.Is.String()
	switch {
	case c.Kind == Moved && was == is && is != "":
		return ", still " + is
	case c.Kind == Moved && is != "" && was != "":
		return " from " + was + " to " + is
	case c.Kind == Moved && is != "":
		return " to " + is
	case was == "" && is != "":
		return ", now " + is
	case was == "":
		return ""
	}
	return ", " + was
}

// String says where a place is, as part of a sentence.
func (p Place) String() string {
	switch {
	case p.Section != "":
		return "“" + safe(p.Section) + "”"
	case p.Line > 0:
		return fmt.Sprintf("line %d", p.Line)
	}
	return ""
}

// Shown is the passage with what changed in it: [-was-] and {+is+}.
func (c Change) Shown() string {
	var parts []string
	for _, p := range c.Pieces {
		switch p.Op {
		case Before:
			if c.Kind == Changed {
				parts = append(parts, "[-"+p.Text+"-]")
				continue
			}
		case Now:
			parts = append(parts, "{+"+p.Text+"+}")
			continue
		}
		parts = append(parts, p.Text)
	}
	return strings.Join(parts, " ")
}
