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
	around  map[loginwatch.Place]span // of the examples of headers and cookies
}

// shown is the place of the example, or of an outcome without one.
func (p outcomePlaces) shown() span {
	if p.example.Width > 0 {
		return p.example
	}
	return p.key
}

const (
	jsonType = "application/json"
	noType   = "none" // no Content-Type at all
)

// meanings are the verdicts that an answer can have: the others are ours.
var meanings = []string{
	string(loginwatch.OK), string(loginwatch.Drift), string(loginwatch.Rejected), string(loginwatch.Throttled), string(loginwatch.Unavailable),
}

func (b *builder) outcome(id string, f outcomeFile) *loginwatch.Outcome {
	o := &loginwatch.Outcome{ID: id, AsOf: f.AsOf, Cite: b.cite(f.citation, f.span), Pos: f.Pos, Means: loginwatch.Verdict(f.Means.Value)}
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
	if f.Means.Value != "" {
		b.oneOf(f.Means, "verdict", meanings)
	}
	for _, w := range f.When {
		b.oneOf(w, "condition", conditionNames())
		o.When, places.when = append(o.When, loginwatch.Condition(w.Value)), append(places.when, w.Span)
	}
	o.Headers, o.Cookies = b.answerHeaders(f.Headers), b.answerCookies(f.Cookies)
	for _, e := range f.Where {
		if w, ok := b.where(e); ok {
			o.Where, places.where = append(o.Where, w), append(places.where, e.Span)
		}
	}
	if f.Contains != nil {
		o.Contains = f.Contains.Value
	}
	b.body(o, f)
	o.Schema = b.schema(f.Schema)
	if f.Example != nil {
		places.example = f.Example.Span
		o.Example = b.example(*f.Example)
	}
	for _, p := range f.Placeholders {
		o.Placeholders = append(o.Placeholders, loginwatch.Place(p.Value))
	}
	places.around = aroundPlaces(f)
	b.places[o] = places
	b.checkExample(o, f)
	for i, w := range o.Where {
		if w.Test == loginwatch.TestAbsent && w.At.InDocument() && isPlace(w.At) && o.Body.Structured() {
			continue // what must not be there need not be documented here
		}
		if _, _, mistake := inOutcome(o, w.At); mistake != "" {
			b.problem(places.where[i], "%s", mistake)
		}
	}
	return o
}

// where reads a comparison; ok is false for one that says nothing.
func (b *builder) where(e strictyaml.Entry[strictyaml.ScalarOr[whereFile]]) (loginwatch.Field, bool) {
	w := loginwatch.Field{At: loginwatch.Place(e.Key), Test: loginwatch.TestEquals, Value: e.Value.Value, Pos: e.Pos}
	more := e.Value.More
	switch {
	case more == nil:
		return w, e.Value.Width > 0
	case (more.Present == nil) == (more.Prefix == nil):
		b.problem(e.Value.Span, "a comparison is a value, {present: true}, {present: false} or {prefix: TEXT}")
		return w, false
	case more.Prefix != nil:
		w.Test, w.Value = loginwatch.TestPrefix, more.Prefix.Value
		if more.Prefix.Value == "" && more.Prefix.Width > 0 {
			b.problem(more.Prefix.Span, "every text has an empty prefix: use {present: true}")
		}
	case *more.Present:
		w.Test = loginwatch.TestPresent
	default:
		w.Test = loginwatch.TestAbsent
	}
	return w, true
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

// formats are the forms of body that an answer can have.
var formats = []string{
	string(loginwatch.BodyJSON), string(loginwatch.BodyForm), string(loginwatch.BodyXML), string(loginwatch.BodyText), string(loginwatch.BodyNone),
	string(loginwatch.BodyUnspecified),
}

// body reads which kind of body an outcome has, under which media types, and
// checks the keys that go with it.
func (b *builder) body(o *loginwatch.Outcome, f outcomeFile) {
	usable := true
	for _, t := range f.ContentType {
		m, ok := b.mediaType(t)
		usable = usable && ok
		o.ContentTypes = append(o.ContentTypes, m)
	}
	switch {
	case f.Body != nil:
		o.Body = loginwatch.BodyFormat(f.Body.Value)
		b.oneOf(*f.Body, "body", formats)
	case !usable:
		return
	case bodyless(o.Statuses):
		o.Body = loginwatch.BodyNone
	case len(o.ContentTypes) == 0:
		o.Body = loginwatch.BodyJSON
	default:
		o.Body = formatOf(o.ContentTypes[0])
		if o.ContentTypes[0] == "" {
			b.problem(f.ContentType[0].Span, "content_type %s does not say what the body is: add body: one of %s", noType, strings.Join(formats[:4], ", "))
		}
	}
	if len(o.ContentTypes) == 0 {
		o.ContentTypes = defaultTypes(o.Body)
		if o.Body == loginwatch.BodyText {
			b.problem(f.span, "a body of text needs a content_type, such as text/plain")
		}
	}
	b.bodyKeys(o, f)
}

// mediaType gives "" for no type at all.
func (b *builder) mediaType(t text) (mediaType string, ok bool) {
	if t.Value == noType || t.Width == 0 {
		return "", t.Width > 0
	}
	m, params, err := mime.ParseMediaType(t.Value)
	if err != nil || len(params) > 0 || !strings.Contains(m, "/") {
		b.problem(t.Span, "content_type must be %s or a media type without parameters, such as %s", noType, jsonType)
		return "", false
	}
	return m, true
}

func formatOf(mediaType string) loginwatch.BodyFormat {
	switch {
	case isJSONType(mediaType):
		return loginwatch.BodyJSON
	case mediaType == loginwatch.BodyForm.MediaType():
		return loginwatch.BodyForm
	case mediaType == "application/xml" || mediaType == "text/xml" || strings.HasSuffix(mediaType, "+xml") && mediaType != "application/xhtml+xml":
		return loginwatch.BodyXML
	}
	return loginwatch.BodyText
}

func defaultTypes(format loginwatch.BodyFormat) []string {
	switch format {
	case loginwatch.BodyJSON:
		return []string{jsonType}
	case loginwatch.BodyForm:
		return []string{loginwatch.BodyForm.MediaType()}
	case loginwatch.BodyXML:
		return []string{"application/xml", "text/xml"} // RFC 7303, 9.2: the two mean the same
	}
	return nil
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
	case o.Unspecified():
		b.forbid(f, "a body that the document does not specify", "schema", "example", "contains", "placeholders", "content_type")
	case bodyless(o.Statuses):
		b.forbid(f, "a status that has no body", "schema", "example", "contains", "placeholders", "content_type")
		if o.Body != loginwatch.BodyNone {
			b.problem(f.Body.Span, "body %s does not go with a status that has no body", o.Body)
		}
	case o.Body == loginwatch.BodyNone:
		b.forbid(f, "an answer without a body", "schema", "example", "contains", "placeholders", "content_type")
	case o.Body.Structured():
		b.forbid(f, "a body with a schema", "contains")
		b.require(f, o.ID, "schema", f.Schema)
		b.require(f, o.ID, "example", f.Example)
	case o.Body == loginwatch.BodyText:
		b.forbid(f, "a body of text", "schema", "placeholders")
		b.require(f, o.ID, "example", f.Example)
		if f.Body == nil { // who writes "body: text" means any text
			b.require(f, o.ID, "contains", f.Contains)
		}
	}
}

func (b *builder) require(f outcomeFile, id, key string, value *text) {
	if value == nil {
		b.problem(f.span, "outcome %q has no %s (body: %s says that the document shows no body)", id, key, loginwatch.BodyUnspecified)
	}
}

func (b *builder) forbid(f outcomeFile, with string, keys ...string) {
	written := map[string]span{}
	for key, t := range map[string]*text{"schema": f.Schema, "example": f.Example, "contains": f.Contains} {
		if t != nil {
			written[key] = t.Span
		}
	}
	if len(f.ContentType) > 0 {
		written["content_type"] = f.ContentType[0].Span
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
