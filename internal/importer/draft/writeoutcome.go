package draft

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
)

func (m *maker) outcomeLines(f *file, op *operation, o *outcome) {
	f.line(3, "%s:", o.id)
	if len(o.also) > 0 {
		f.line(4, "status: %s", flow(anyOf(append([]int{o.status}, o.also...))))
	} else {
		f.line(4, "status: %d", o.status)
	}
	if len(o.otherTypes) > 0 {
		f.line(4, "content_type: %s", flow(anyOf(append([]string{cmp.Or(o.contentType, "application/json")}, o.otherTypes...))))
	} else if o.contentType != "" {
		f.line(4, "content_type: %s", y(o.contentType))
	}
	if o.body != "" {
		f.line(4, "body: %s", o.body)
	}
	if len(o.headers) > 0 {
		f.line(4, "headers:")
		for _, h := range o.headers {
			secret := ""
			if h.secret {
				secret = "secret: true, "
			}
			f.line(5, "%s: {example: %s, %scite: %s}", y(h.name), y(h.example), secret, y(m.cites.find(h.name)))
		}
	}
	m.cookieLines(f, o)
	if len(o.where) > 0 {
		f.line(4, "where:")
		for _, w := range o.where {
			f.line(5, "%s: %s", y(w.At.String()), comparison(w))
		}
	}
	if o.contains != "" {
		f.line(4, "contains: %s", y(o.contains))
		f.line(4, "example: %s", op.id+"."+o.id+".txt")
	}
	if o.schema != nil {
		f.line(4, "schema: %s", m.schemaName(op, o))
		f.line(4, "example: %s", op.id+"."+o.id+".json")
	}
	if !o.asOf.IsZero() {
		f.line(4, "as_of: %s", o.asOf.Format(time.RFC3339))
	}
	f.line(4, "means: %s", o.means)
	if len(o.when) > 0 {
		var names []string
		for _, w := range o.when {
			names = append(names, string(w))
		}
		f.line(4, "when: [%s]", strings.Join(names, ", "))
	}
	f.line(4, "cite: %s", y(cmp.Or(o.cite, loginwatch.Todo)))
}

func (m *maker) cookieLines(f *file, o *outcome) {
	if len(o.cookies) > 0 {
		f.line(4, "cookies:")
	}
	for _, c := range o.cookies {
		more := ""
		if c.secure {
			more += "secure: true, "
		}
		if c.httpOnly {
			more += "http_only: true, "
		}
		if c.sameSite != "" {
			more += "same_site: " + c.sameSite + ", "
		}
		if c.optional {
			more += "optional: true, "
		}
		f.line(5, "%s: {example: %s, %scite: %s}", y(c.name), y(c.example), more, y(m.cites.find(c.name)))
	}
}

func comparison(w loginwatch.Field) string {
	switch w.Test {
	case loginwatch.TestPresent:
		return "{present: true}"
	case loginwatch.TestAbsent:
		return "{present: false}"
	case loginwatch.TestPrefix:
		return "{prefix: " + y(w.Value) + "}"
	}
	return y(w.Value)
}

func (m *maker) tokenLines(f *file, op *operation) {
	t := op.token
	if t == nil {
		return
	}
	f.line(2, "token:")
	f.line(3, "outcome: %s", t.outcome.id)
	f.line(3, "at: %s", y(t.at))
	f.line(3, "form: %s", t.form)
	if l := t.lifetime; l != nil {
		said := ""
		if l.at != "" {
			said += "at: " + y(l.at) + ", "
		}
		if l.unit != "" {
			said += "unit: " + l.unit + ", "
		}
		if l.until != "" {
			said += "until: " + y(l.until) + ", written: " + l.written + ", "
		}
		if l.documented > 0 {
			said += fmt.Sprintf("documented: %d, ", l.documented)
		}
		f.line(3, "lifetime: {%sfixed: false, cite: %s}", said, y(m.cites.find(lastName(cmp.Or(l.at, l.until)))))
	}
	f.line(3, "cite: %s", y(m.cites.find(lastName(t.at))))
}

func anyOf[T any](list []T) []any {
	all := make([]any, len(list))
	for i, n := range list {
		all[i] = n
	}
	return all
}
