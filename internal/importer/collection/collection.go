// Package collection has what collections of requests have in common, whoever's program
// keeps them: variables in double braces, :name in a path, GraphQL over HTTP.
package collection

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// Template is a text with its variables.
func Template(text string) loginwatch.Template { return importer.Between(text, "{{", "}}") }

// MadeUp names the variables of a text for which the program makes up a value for each
// request, and not the one who calls: they begin with a dollar.
func MadeUp(text string) (names []string) {
	for {
		_, after, found := strings.Cut(text, "{{$")
		name, behind, ended := strings.Cut(after, "}}")
		if !found || !ended {
			return names
		}
		if name = importer.Name(name); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
		text = behind
	}
}

// SaysMadeUp is the remark about one of them.
func SaysMadeUp(name string) string {
	return "a value is made up for each request here: let a computed value or a variable stand for " + source.Shown(name)
}

// Address is an address without its query. Segments such as :name are variables, unless
// they are given a value.
func Address(address string, given map[string]string) loginwatch.Template {
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		scheme, rest = "", address
	} else {
		scheme += "://"
	}
	segments := strings.Split(rest, "/")
	parts := []loginwatch.Template{Template(scheme + segments[0])}
	for _, segment := range segments[1:] {
		parts = append(parts, importer.Plain("/"))
		name, isVariable := strings.CutPrefix(segment, ":")
		switch value := given[name]; {
		case !isVariable || importer.Name(name) == "":
			parts = append(parts, importer.Mapped(Template(segment), importer.Encoded))
		case value != "":
			parts = append(parts, importer.Mapped(Template(value), url.PathEscape))
		default:
			parts = append(parts, importer.Named(name))
		}
	}
	return importer.Joined(parts...)
}

// Pairs are the fields of a query or form as it is typed, escapes included.
func Pairs(text string) (fields []importer.Field) {
	for pair := range strings.SplitSeq(text, "&") {
		if name, value, _ := strings.Cut(pair, "="); name != "" {
			fields = append(fields, Typed(name, value))
		}
	}
	return fields
}

// Typed is one of them.
func Typed(name, value string) importer.Field {
	return importer.Field{Name: importer.Decoded(name), Value: importer.Mapped(Template(value), importer.Decoded)}
}

// GraphQL is a query as it is sent over HTTP: in a member of JSON. Variables are JSON
// where no variable stands for a part of them.
func GraphQL(query, operation, variables string) loginwatch.Template {
	text := `{"query":` + string(source.Quote(query))
	if operation != "" {
		text += `,"operationName":` + string(source.Quote(operation))
	}
	if strings.TrimSpace(variables) != "" {
		var compact bytes.Buffer
		if json.Compact(&compact, []byte(variables)) == nil {
			variables = compact.String()
		}
		text += `,"variables":` + variables
	}
	return Template(text + "}")
}

// ContentType takes the type of the body out of the headers, where it stands there.
func ContentType(r *importer.Request, otherwise string) string {
	for i, h := range r.Headers {
		if strings.EqualFold(h.Name, "Content-Type") && len(h.Value.Names) == 0 {
			r.Headers = slices.Delete(r.Headers, i, i+1)
			return h.Value.Texts[0]
		}
	}
	return otherwise
}

// Drop takes a header out of a request.
func Drop(r *importer.Request, name string) {
	r.Headers = slices.DeleteFunc(r.Headers, func(h importer.Field) bool { return strings.EqualFold(h.Name, name) })
}

// Authorize sets a header in the place of one that the request has.
func Authorize(r *importer.Request, name string, value loginwatch.Template) {
	Drop(r, name)
	r.Headers = append(r.Headers, importer.Field{Name: name, Value: value})
}
