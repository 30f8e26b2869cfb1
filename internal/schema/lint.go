package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
)

const (
	draft07 = "http://json-schema.org/draft-07/schema#"
	urn     = "urn:loginwatch:"
)

// Lint finds everything that makes a schema file mean less than it says or
// that our packs do not allow, all at once: gojsonschema passes over most of
// it in silence. An empty result means that [Compile] accepts the file.
func Lint(file string, data []byte) loginwatch.Problems {
	raw, place, problems := read(file, data)
	if len(problems) > 0 {
		return problems
	}
	l := inspect(file, raw, place, true)
	l.build()
	return l.problems
}

// limits are guard's with room for the nesting of a schema, which is twice
// that of the documents it describes.
func limits() guard.Limits {
	l := guard.Defaults()
	l.Depth *= 2
	return l
}

func read(file string, data []byte) (any, *places, loginwatch.Problems) {
	raw, refusal := guard.Decode(data, limits())
	if refusal != nil {
		p := &places{data: data}
		at := min(refusal.Offset, len(data))
		message := "not JSON: " + string(refusal.Cause)
		if refusal.Pointer != "" {
			message += " (" + refusal.Pointer + ")"
		}
		return nil, nil, loginwatch.Problems{p.at(file, span{at, min(at+1, len(data))}, message)}
	}
	return raw, indexPlaces(data), nil
}

// linter walks a schema as text. strict asks for what a file of a pack must
// have on top of being sound: $schema, $id, citations, documented members.
type linter struct {
	file     string
	root     any
	place    *places
	strict   bool
	problems loginwatch.Problems
}

func inspect(file string, raw any, place *places, strict bool) *linter {
	l := &linter{file: file, root: raw, place: place, strict: strict}
	if m, ok := raw.(map[string]any); ok {
		l.top(m)
	} else if strict {
		l.value("", "a schema file holds an object, not %s", article(raw))
	}
	l.schema(raw, "", nil)
	l.problems.Sort()
	return l
}

// key and value report a problem at a member's name or at its value.
func (l *linter) key(loc, format string, args ...any)   { l.report(loc, false, format, args...) }
func (l *linter) value(loc, format string, args ...any) { l.report(loc, true, format, args...) }

func (l *linter) report(loc string, onValue bool, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if l.place == nil && loc != "" {
		message = loc + ": " + message
	}
	l.problems = append(l.problems, l.place.problem(l.file, loc, onValue, message))
}

func (l *linter) top(m map[string]any) {
	switch s, ok := m["$schema"].(string); {
	case ok && strings.TrimSuffix(s, "#") == strings.TrimSuffix(draft07, "#"):
	case m["$schema"] != nil:
		l.value("/$schema", `"$schema" must be %q: the schemas here are draft-07`, draft07)
	case l.strict:
		l.value("", `missing keyword "$schema": write %q`, draft07)
	}
	if !l.strict {
		return
	}
	id, _ := m["$id"].(string)
	switch parts := strings.Split(id, ":"); {
	case m["$id"] == nil:
		l.value("", `missing keyword "$id": write "%s<vendor>:<name>"`, urn)
	case !strings.HasPrefix(id, urn) || len(parts) != 4 || parts[2] == "" || parts[3] == "":
		l.value("/$id", `"$id" must be "%s<vendor>:<name>"`, urn)
	}
}

// schema checks one schema; members are the names that it and the schemas it
// is combined with document for the same object.
func (l *linter) schema(v any, loc string, members map[string]bool) {
	m, ok := v.(map[string]any)
	if !ok {
		if _, ok := v.(bool); !ok {
			l.value(loc, "a schema is an object, true or false, not %s", article(v))
		}
		return
	}
	if members == nil {
		l.untyped(m, loc)
	}
	members = l.documented(m, members)
	for _, k := range slices.Sorted(maps.Keys(m)) {
		at := tree.JoinPointer(loc, k)
		switch known := keywords[k]; {
		case known == unknown && otherDrafts[k] != "":
			l.key(at, "keyword %q is %s", k, otherDrafts[k])
		case known == unknown:
			l.key(at, "unknown keyword %q%s", k, didYouMean(k, keywords))
		case loc != "" && (known == identifier || k == "definitions"):
			l.key(at, "%q stands only at the top of a file", k)
		case known == oneSchema:
			l.schema(m[k], at, inherited(k, members))
		case known >= schemaList:
			l.nested(known, k, m[k], at, members)
		default:
			l.keyword(known, k, m[k], at)
		}
	}
	l.company(m, loc)
	l.promises(m, loc, members)
}

// inherited gives the members that hold for the value of a keyword: those of
// the same object for keywords that combine schemas, nil where a new value
// begins. A name judged by propertyNames is always a string and has none.
func inherited(keyword string, members map[string]bool) map[string]bool {
	switch keyword {
	case "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependencies":
		return members
	case "propertyNames":
		return map[string]bool{}
	}
	return nil
}

func (l *linter) nested(f form, k string, v any, loc string, members map[string]bool) {
	if list, ok := v.([]any); ok && (f == schemaList || f == schemaOrList) {
		if len(list) == 0 {
			l.value(loc, "%q must not be empty", k)
		}
		for i, e := range list {
			l.schema(e, index(loc, i), inherited(k, members))
		}
		return
	}
	if f == schemaOrList {
		l.schema(v, loc, nil)
		return
	}
	table, ok := v.(map[string]any)
	if !ok || f == schemaList {
		l.value(loc, "%q must be %s, not %s", k, map[bool]string{true: "a list of schemas", false: "an object of schemas"}[f == schemaList], article(v))
		return
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		at := tree.JoinPointer(loc, name)
		if f == patternTable {
			l.pattern(name, at, false)
		}
		if _, ok := table[name].([]any); ok && f == dependencyTable {
			l.keyword(nameList, name, table[name], at)
			continue
		}
		l.schema(table[name], at, inherited(k, members))
		if k == "properties" {
			l.citation(table[name], name, at)
		}
	}
}

// citation asks for the source of every documented member. One that is only a
// reference may leave it to the definition.
func (l *linter) citation(v any, name, loc string) {
	m, ok := v.(map[string]any)
	if !ok || !l.strict {
		return
	}
	_, cited := m["x-cite"]
	_, evident := m["x-evidence"]
	_, refers := m["$ref"]
	if !cited && !evident && !refers {
		l.key(loc, `property %q has neither "x-cite" nor "x-evidence"`, name)
	}
}

// article names the JSON type of a value for a message.
func article(v any) string {
	switch t := tree.TypeOf(v); t {
	case "null":
		return t
	case "array":
		return "a list"
	case "integer", "object":
		return "an " + t
	default:
		return "a " + t
	}
}

// given is article where the type alone would not tell what is wrong.
func given(v any) string {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case string:
		if strings.TrimSpace(v) == "" {
			return "an empty one"
		}
	case []any:
		if len(v) == 0 {
			return "an empty one"
		}
	}
	return article(v)
}

func isSize(v any) bool {
	n, ok := v.(json.Number)
	if !ok {
		return false
	}
	i, err := n.Int64()
	return err == nil && i >= 0 && i <= 1<<31-1
}
