package pack

import (
	"io/fs"
	"mime"
	"path"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// outcomePlaces are places that the nouns don't keep.
type outcomePlaces struct {
	key     span
	status  []span
	when    []span
	example span
	where   []span
}

const (
	jsonType        = "application/json"
	bodyUnspecified = "unspecified"
)

// meanings are the verdicts that an answer can have: the others are ours.
var meanings = []string{
	string(loginwatch.OK), string(loginwatch.Drift), string(loginwatch.Rejected), string(loginwatch.Throttled), string(loginwatch.Unavailable),
}

func (b *builder) outcome(id string, f outcomeFile) *loginwatch.Outcome {
	o := &loginwatch.Outcome{
		ID: id, ContentType: jsonType, AsOf: f.AsOf, Cite: b.cite(f.citation, f.span), Pos: f.Pos,
		Means: loginwatch.Verdict(f.Means.Value),
	}
	places := outcomePlaces{key: f.span}
	for _, s := range f.Status {
		if s.Width == 0 {
			continue
		}
		if s.Value < 100 || s.Value > 599 {
			b.problem(s.Span, "status %d is not between 100 and 599", s.Value)
		}
		o.Statuses, places.status = append(o.Statuses, s.Value), append(places.status, s.Span)
	}
	if f.ContentType != nil {
		o.ContentType = b.mediaType(*f.ContentType)
	}
	if f.Means.Value != "" {
		b.oneOf(f.Means, "verdict", meanings)
	}
	for _, w := range f.When {
		b.oneOf(w, "condition", conditionNames())
		o.When, places.when = append(o.When, loginwatch.Condition(w.Value)), append(places.when, w.Span)
	}
	for _, e := range f.Where {
		if e.Value.Width == 0 {
			continue
		}
		o.Where = append(o.Where, loginwatch.Field{At: loginwatch.Place(e.Key), Value: e.Value.Value, Pos: e.Pos})
		places.where = append(places.where, e.Span)
	}
	if f.Contains != nil {
		o.Contains = f.Contains.Value
	}
	if o.ContentType != "" {
		b.bodyKeys(o, f)
	}
	if bodyless(o.Statuses) {
		o.ContentType = "" // an answer without a body has none
	}
	o.Schema = b.schema(f.Schema)
	if f.Example != nil {
		places.example = f.Example.Span
		o.Example = b.example(*f.Example)
	}
	for _, p := range f.Placeholders {
		o.Placeholders = append(o.Placeholders, loginwatch.Place(p.Value))
	}
	b.places[o] = places
	b.checkExample(o, f)
	b.wherePointers(o)
	return o
}

func conditionNames() []string {
	names := make([]string, len(loginwatch.Conditions))
	for i, c := range loginwatch.Conditions {
		names[i] = string(c)
	}
	return names
}

// oneOf reports a word that is not in a closed list.
func (b *builder) oneOf(t text, what string, list []string) {
	if t.Value == "" && t.Width == 0 || slices.Contains(list, t.Value) {
		return
	}
	hint := strictyaml.DidYouMean(t.Value, list)
	if hint == "" {
		hint = ": one of " + strings.Join(list, ", ")
	}
	b.problem(t.Span, "unknown %s %q%s", what, t.Value, hint)
}

// mediaType gives "" for what is none.
func (b *builder) mediaType(t text) string {
	if t.Value == "" {
		return jsonType
	}
	m, params, err := mime.ParseMediaType(t.Value)
	if err != nil || len(params) > 0 || !strings.Contains(m, "/") {
		b.problem(t.Span, "content_type must be a media type without parameters, such as %s", jsonType)
		return ""
	}
	return m
}

func isJSONType(mediaType string) bool {
	return mediaType == jsonType || strings.HasSuffix(mediaType, "+json")
}

// bodyless tells whether HTTP allows no body at all (RFC 9110, 6.4.1).
func bodyless(statuses []int) bool {
	return len(statuses) > 0 && !slices.ContainsFunc(statuses, func(s int) bool { return s != 204 && s != 304 && s >= 200 })
}

// bodyKeys checks which keys go with the kind of body that an outcome has.
func (b *builder) bodyKeys(o *loginwatch.Outcome, f outcomeFile) {
	switch {
	case f.Body != nil && f.Body.Value == bodyUnspecified:
		o.Unspecified = true
		b.forbid(f, "a body that the document does not specify", "schema", "example", "where", "contains", "placeholders", "content_type")
	case f.Body != nil && f.Body.Width > 0:
		b.problem(f.Body.Span, "body must be %q or left out", bodyUnspecified)
	case bodyless(o.Statuses):
		b.forbid(f, "a status that has no body", "schema", "example", "where", "contains", "placeholders", "content_type")
	case isJSONType(o.ContentType):
		b.forbid(f, "a JSON body", "contains")
		b.require(f, o.ID, "schema", f.Schema)
		b.require(f, o.ID, "example", f.Example)
	default:
		b.forbid(f, "a body that is not JSON", "schema", "where", "placeholders")
		b.require(f, o.ID, "contains", f.Contains)
		b.require(f, o.ID, "example", f.Example)
	}
}

func (b *builder) require(f outcomeFile, id, key string, value *text) {
	if value == nil {
		b.problem(f.span, "outcome %q has no %s (body: %s says that the document shows no body)", id, key, bodyUnspecified)
	}
}

func (b *builder) forbid(f outcomeFile, with string, keys ...string) {
	written := map[string]span{}
	for key, t := range map[string]*text{"schema": f.Schema, "example": f.Example, "contains": f.Contains, "content_type": f.ContentType} {
		if t != nil {
			written[key] = t.Span
		}
	}
	if len(f.Where) > 0 {
		written["where"] = f.Where[0].Span
	}
	if len(f.Placeholders) > 0 {
		written["placeholders"] = f.Placeholders[0].Span
	}
	for _, key := range keys {
		if at, found := written[key]; found {
			b.problem(at, "%s does not go with %s", key, with)
		}
	}
}

// example reads a file of the vendor's examples/ folder.
func (b *builder) example(t text) *loginwatch.Example {
	if t.Value == "" {
		return nil
	}
	body := b.readExample(path.Join("examples", t.Value), t)
	if body == nil {
		return nil
	}
	return &loginwatch.Example{File: t.Value, Body: body, Pos: t.Pos}
}

// readExample reads a file by its name below the vendor's folder; nil when
// there is none.
func (b *builder) readExample(name string, t text) []byte {
	folder := path.Join("contracts", b.folder)
	if path.Dir(name) != "examples" || !fs.ValidPath(name) {
		b.problem(t.Span, "%q is not a file of %s/examples/", t.Value, folder)
		return nil
	}
	b.usedFiles[name] = true
	body, err := fs.ReadFile(b.source.FS, path.Join(folder, name))
	if err != nil {
		var names []string
		for _, e := range entries(b.source.FS, path.Join(folder, "examples")) {
			names = append(names, e.Name())
		}
		b.problem(t.Span, "file %s does not exist%s", path.Join(folder, name), strictyaml.DidYouMean(path.Base(name), names))
		return nil
	}
	return body
}
