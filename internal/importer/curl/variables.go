package curl

import (
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/request"
)

// assignment is a variable, by its name in the shell, and what it is set to.
type assignment struct {
	foreign string
	value   loginwatch.Template
}

func (r *reader) assign(c *command, all []assignment) error {
	for _, a := range all {
		name, err := r.s.names.name(a.foreign)
		if err != nil {
			return failed(c.line, "%w", err)
		}
		if r.values[name], err = r.resolved(c.line, a.value); err != nil {
			return err
		}
	}
	return nil
}

// longestValue bounds what variables grow to that are set to one another.
const longestValue = 64 << 10

// resolved puts the values of variables in their place that are made of other ones. A
// variable that stands for a text of its own stays: a pack takes it over by its name.
func (r *reader) resolved(line int, t loginwatch.Template) (loginwatch.Template, error) {
	all, size, variables := []loginwatch.Template{importer.Plain(t.Texts[0])}, 0, 0
	for i, name := range t.Names {
		value, known := r.values[name]
		if !known || len(value.Names) == 0 {
			value = loginwatch.Template{Texts: []string{"", ""}, Names: []string{name}}
		}
		for _, text := range value.Texts {
			size += len(text) + 1
		}
		if variables += len(value.Names); size > longestValue || variables > mostVariables {
			return t, failed(line, "variables that are made of others grow beyond what is read")
		}
		all = append(all, value, importer.Plain(t.Texts[i+1]))
	}
	return importer.Joined(all...), nil
}

// whole gives what a variable is set to that stands alone where an address, a header or
// a body is due: none of these is a value by itself.
func (c *call) whole(t loginwatch.Template) loginwatch.Template {
	if len(t.Names) != 1 || t.Texts[0] != "" || t.Texts[1] != "" {
		return t
	}
	if value, known := c.values[t.Names[0]]; known {
		return value
	}
	return t
}

// named lists the variables that are used and set, in the order of their use.
func (r *reader) named() {
	note := func(all ...loginwatch.Template) {
		for _, t := range all {
			for _, name := range t.Names {
				value, known := r.values[name]
				text, literal := request.Literal(value)
				if known && literal && text != "" && !slices.ContainsFunc(r.out.Variables, func(v importer.Variable) bool { return v.Name == name }) {
					r.out.Variables = append(r.out.Variables, importer.Variable{Name: name, Value: text})
				}
			}
		}
	}
	for _, e := range r.out.Exchanges {
		q := e.Request
		note(q.URL)
		fields := slices.Concat(q.Query, q.Headers)
		if q.Basic != nil {
			note(q.Basic.User, q.Basic.Password)
		}
		if q.Body != nil {
			note(q.Body.Text)
			fields = append(fields, q.Body.Fields...)
		}
		for _, f := range fields {
			note(f.Value)
		}
	}
}
