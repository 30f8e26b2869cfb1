// Package importertest shows what is read of descriptions as tests compare it.
package importertest

import (
	"fmt"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// Text is a text with its variables as ${name}.
func Text(t loginwatch.Template) string {
	var b strings.Builder
	for i, text := range t.Texts {
		if i > 0 {
			fmt.Fprintf(&b, "${%s}", t.Names[i-1])
		}
		b.WriteString(text)
	}
	return b.String()
}

// Shown is what golden files have of a recording.
func Shown(r *importer.Recording) string {
	var b strings.Builder
	for _, v := range r.Variables {
		fmt.Fprintf(&b, "variable %s %q\n", v.Name, v.Value)
	}
	for _, e := range r.Exchanges {
		q := e.Request
		fmt.Fprintf(&b, "%v: %s %s\n", e.At, q.Method, Text(q.URL))
		shownFields(&b, "query", q.Query)
		shownFields(&b, "header", q.Headers)
		if q.Basic != nil {
			fmt.Fprintf(&b, "\tbasic %q %q\n", Text(q.Basic.User), Text(q.Basic.Password))
		}
		if q.Body != nil {
			fmt.Fprintf(&b, "\tbody %q\n", q.Body.ContentType)
			if q.Body.Fields == nil {
				fmt.Fprintf(&b, "\t%q\n", Text(q.Body.Text))
			}
			shownFields(&b, "field", q.Body.Fields)
		}
		for _, a := range e.Answers {
			fmt.Fprintf(&b, "\t%v: answer %d %q %q\n", a.At, a.Status, a.ContentType, a.Body)
			for _, h := range a.Headers {
				fmt.Fprintf(&b, "\t\t%s: %s\n", h.Name, h.Value)
			}
		}
	}
	for _, remark := range r.Remarks {
		fmt.Fprintf(&b, "%v: remark: %s\n", remark.At, remark.Text)
	}
	return b.String()
}

func shownFields(b *strings.Builder, kind string, fields []importer.Field) {
	for _, f := range fields {
		fmt.Fprintf(b, "\t%s %q %q\n", kind, f.Name, Text(f.Value))
	}
}
