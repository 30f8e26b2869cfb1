package pack

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// bodyFormats are those of requests.
var bodyFormats = []string{
	string(loginwatch.BodyJSON), string(loginwatch.BodyForm), string(loginwatch.BodyMultipart), string(loginwatch.BodyText), string(loginwatch.BodyXML),
}

// bodyFormat holds a request's format to its schema and to its Content-Type.
func (b *builder) bodyFormat(r *loginwatch.Request, f requestFile) {
	if f.Body != nil && !slices.Contains(bodyFormats, f.Body.Value) {
		return // reported
	}
	if f.Schema != nil && !r.Format().Structured() {
		b.problem(f.Schema.Span, "a body written as %s has no parts that a schema could describe", r.Format())
	}
	for _, e := range f.Headers {
		if strings.EqualFold(e.Key, "Content-Type") && (f.Schema != nil || f.Body != nil) {
			b.mediaOfBody(r.Format(), e.Value.Value, f.Body != nil)
		}
	}
}

// mediaOfBody reports a media type under which no body of the format can stand.
func (b *builder) mediaOfBody(format loginwatch.BodyFormat, t text, named bool) {
	media, _, _ := strings.Cut(strings.ToLower(t.Value), ";")
	media = strings.TrimSpace(media)
	switch {
	case strings.Contains(media, "${"): // the operator's business
	case format == loginwatch.BodyMultipart:
		b.problem(t.Span, "multipart sets its own Content-Type, whose boundary belongs to each body")
	case !fits(format, media, named):
		b.problem(t.Span, "the body is written as %s, which is no %q: say body: with the format, or leave the header out", format, media)
	}
}

// fits tells whether a body of the format can stand under a media type. One that
// says nothing of a format, such as application/json-rpc, goes with any that the
// contract names itself.
func fits(format loginwatch.BodyFormat, media string, named bool) bool {
	says := formatOf(media)
	if media == loginwatch.BodyMultipart.MediaType() {
		return false
	}
	return says == format || named && says == loginwatch.BodyText
}

// caseBody holds what a case sends to the operation's request.
func (b *builder) caseBody(k *loginwatch.Case, f caseFile) {
	declared, _ := b.file.Operations.Get(k.Operation.ID)
	format := k.Operation.Request.Format()
	at, sends := f.bodySpan()
	switch {
	case f.Body != nil && f.Raw != nil:
		b.problem(f.Raw.Span, "both body and raw: a case sends one of them")
	case f.BodyFile != nil && (f.Raw != nil || f.Body != nil):
		b.problem(f.BodyFile.Span, "body_file stands in the place of body and raw: a case sends one of them")
	case f.Raw != nil:
		if strings.Contains(f.Raw.Value, "${") {
			b.problem(f.Raw.Span, "raw is sent as it is and holds no placeholders: some servers repeat a body that they can't read")
		}
	case !sends && declared.Request.Schema != nil:
		b.problem(f.span, "case %q sends nothing, but operation %q has a request schema: add body or raw", k.ID, k.Operation.ID)
	case sends && declared.Request.Schema == nil && format.Structured():
		b.problem(at, "operation %q has no request schema, so case %q can't send a body", k.Operation.ID, k.ID)
	case f.BodyFile != nil && k.Body == nil: // the file can't be read, which is reported
	case sends && !b.bodyShape(format, k.Body, f): // reported
	case sends && k.Operation.Request.Schema != nil && !meantInvalid(k):
		b.bodyOfSchema(k, f)
	}
}

// bodySpan is where a case says its body.
func (f caseFile) bodySpan() (at span, sends bool) {
	switch {
	case f.Body != nil:
		return f.Body.Span, true
	case f.BodyFile != nil:
		return f.BodyFile.Span, true
	}
	return f.span, false
}

// bodyFile reads the body of a case from a file beside its examples.
func (b *builder) bodyFile(k *loginwatch.Case, f caseFile) {
	if f.BodyFile == nil || f.BodyFile.Value == "" {
		return
	}
	data := b.readExample(f.BodyFile.Value, *f.BodyFile)
	if data == nil {
		return
	}
	k.Body = string(data)
	b.template(text{Value: string(data), Span: f.BodyFile.Span})
}

// bodyShape reports a body that its format can't write.
func (b *builder) bodyShape(format loginwatch.BodyFormat, body any, f caseFile) bool {
	at, _ := f.bodySpan()
	if _, isText := body.(string); format == loginwatch.BodyText || format == loginwatch.BodyXML {
		if !isText {
			b.problem(at, "a body written as %s is one text", format)
		}
		return isText && (format != loginwatch.BodyXML || b.xmlTemplate(body.(string), at))
	}
	if f.BodyFile != nil {
		b.problem(at, "body_file is for text and xml: say what is written as %s under body", format)
		return false
	}
	if format == loginwatch.BodyJSON {
		return true
	}
	members, isObject := body.(map[string]any)
	if !isObject {
		b.problem(at, "a body written as %s is a mapping of names to texts", format)
		return false
	}
	good := true
	for name, v := range members {
		if !fieldValue(format, v) {
			b.problem(f.Body.At(tree.JoinPointer("", name)), "a field of a body written as %s is %s", format, fieldWords[format])
			good = false
		}
	}
	return good
}

var fieldWords = map[loginwatch.BodyFormat]string{
	loginwatch.BodyForm: "a text (in quotes) or a list of texts", loginwatch.BodyMultipart: "a text (in quotes)",
}

func fieldValue(format loginwatch.BodyFormat, v any) bool {
	if items, isList := v.([]any); isList && format == loginwatch.BodyForm {
		return len(items) > 0 && !slices.ContainsFunc(items, func(item any) bool { return !isString(item) })
	}
	return isString(v)
}

func isString(v any) bool {
	_, ok := v.(string)
	return ok
}

// bodyOfSchema applies the request schema to the body with demo values in it.
func (b *builder) bodyOfSchema(k *loginwatch.Case, f caseFile) {
	at, _ := f.bodySpan()
	doc := b.decoded(k, at)
	if doc == nil {
		return // reported
	}
	for _, v := range b.violations(k.Operation.Request.Schema, doc, at) {
		if v.Kind == loginwatch.KindMissing && meantWithout(k, v.Pointer) {
			continue
		}
		place := at
		if f.Body != nil {
			place = f.Body.At(v.Pointer)
		}
		b.problem(place, "the body breaks the request schema at %s: documented %s, got %s", pointerName(v.Pointer), v.Documented, v.Got)
	}
}

// meantInvalid tells whether a case may send what the request schema refuses:
// it expects the answer for that, or does not know the answer.
func meantInvalid(k *loginwatch.Case) bool {
	return k.Undocumented || slices.ContainsFunc(k.Expect, func(o *loginwatch.Outcome) bool {
		return slices.Contains(o.When, loginwatch.WhenInvalid) || slices.Contains(o.When, loginwatch.WhenMalformed)
	})
}

// meantWithout tells whether a case may leave out a secret field that the request
// schema demands: it expects the answer for a missing password.
func meantWithout(k *loginwatch.Case, pointer string) bool {
	field, ok := k.Operation.Request.Schema.At(pointer)
	return ok && field.Secret && slices.ContainsFunc(k.Expect, func(o *loginwatch.Outcome) bool {
		return slices.Contains(o.When, loginwatch.WhenNoPassword)
	})
}

// decoded is a case's body with demo values, as its schema sees it; nil when it
// can't be decoded, which is reported.
func (b *builder) decoded(k *loginwatch.Case, at span) any {
	format := k.Operation.Request.Format()
	var body []byte
	switch text, _ := k.Body.(string); format {
	case loginwatch.BodyXML:
		body = []byte(loginwatch.ExpandPlaceholders(text, func(name string) string {
			escaped, err := wire.EscapeXML(b.demo(name))
			if err != nil {
				b.problem(at, "the demo value of ${%s} %v", name, err)
			}
			return escaped
		}))
	case loginwatch.BodyForm:
		var err error
		if body, err = wire.Form(b.filled(k.Body)); err != nil {
			b.problem(at, "the body can't be written as a form: %v", err)
			return nil
		}
	default:
		return b.filled(k.Body)
	}
	doc, refusal := guard.DecodeAs(format, body)
	if refusal != nil {
		b.problem(at, "the body is not clean %s: %s", format.Words(), refusal)
		return nil
	}
	return doc
}

// xmlTemplate reports a placeholder that stands where no value can be escaped.
func (b *builder) xmlTemplate(body string, at span) bool {
	if err := wire.XMLTemplate(body); err != nil {
		b.problem(at, "the body as xml: %v", err)
		return false
	}
	return true
}
