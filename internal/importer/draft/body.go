package draft

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// body writes what an operation sends as a body, and the schema of it.
func (m *maker) body(at int, b *importer.Body, where func(string) string) error {
	op := m.ops[at]
	if b == nil {
		return nil
	}
	media := mediaOf(b.ContentType)
	if doc, ok := bodyJSON(b); ok {
		return m.jsonBody(at, b, doc, media, where)
	}
	switch {
	case len(b.Fields) > 0:
		m.form(at, b, media, where)
	case len(b.Text.Texts) == 0 || strings.Join(b.Text.Texts, "") == "" && len(b.Text.Names) == 0:
		return nil
	case strings.HasSuffix(media, "json"):
		return &importer.Error{At: op.at, Err: errBody("is said to be JSON and is none" + unread([]byte(marked(b.Text))))}
	case strings.HasSuffix(media, "xml"):
		return &importer.Error{At: op.at, Err: errBody("is XML, which no draft is made of yet: packs/salesforce-soap shows a contract with one")}
	case media != "" && media != loginwatch.BodyForm.MediaType() && media != loginwatch.BodyMultipart.MediaType():
		op.format = loginwatch.BodyText
		op.headers = append(op.headers, pair{name: "Content-Type", value: b.ContentType})
		op.body = m.text(at, where("body"), "body", b.Text)
	default:
		return &importer.Error{At: op.at, Err: errBody("is neither JSON nor a form: docs/adding-a-vendor.md shows how a contract says a text")}
	}
	return nil
}

type errBody string

func (e errBody) Error() string { return "the body of the request " + string(e) }

// unread says why what is JSON by itself is none that anything here reads; "" where it is none.
func unread(body []byte) string {
	refusal := guard.Check(body, guard.Defaults())
	if refusal == nil || !slices.Contains([]guard.Cause{guard.DuplicateKey, guard.TooLarge, guard.TooDeep, guard.TooManyTokens, guard.NumberTooLong, guard.NumberOutOfRange}, refusal.Cause) {
		return ""
	}
	return fmt.Sprintf(" that loginwatch reads (%s at byte %d)", refusal.Cause, refusal.Offset)
}

func (m *maker) jsonBody(at int, b *importer.Body, doc any, media string, where func(string) string) error {
	op := m.ops[at]
	op.format = loginwatch.BodyJSON
	kind := b.ContentType
	if media != "application/json" && !strings.HasSuffix(media, "+json") {
		if media != "" {
			m.remark(op.at, "the body is JSON under the type of something else: the contract says application/json")
		}
		kind = "application/json"
	}
	op.headers = append(op.headers, pair{name: "Content-Type", value: kind})
	said := scrub{m, at, where}
	op.body = said.value("", "", doc)
	op.schema = m.requestSchema(op, b.Schema)
	return nil
}

// scrub puts placeholders into a JSON body.
type scrub struct {
	*maker
	at    int
	where func(string) string
}

func (s scrub) value(pointer, field string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if looksSecret(k) || s.betrays(k) != nil || strings.Contains(k, "${") {
				s.remark(s.ops[s.at].at, "a member of the request's body has a name that looks like a secret, and is left out")
				continue
			}
			out[k] = s.value(tree.JoinPointer(pointer, k), k, v[k])
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = s.value(tree.JoinPointer(pointer, strconv.Itoa(i)), field, item)
		}
		return out
	case string:
		return s.text(s.at, s.where("body "+pointer), field, unmarked(v))
	case json.Number:
		return s.number(pointer, field, v)
	}
	return v
}

// number keeps one that says nothing of somebody.
func (s scrub) number(pointer, field string, n json.Number) any {
	known := s.byRaw[n.String()]
	if known == nil && s.index(field, n) || known == nil && !secretName(field) && (!s.unsure || !isNumber(n.String())) && !looksSecret(n.String()) && !s.given(s.at, n.String()) {
		return n
	}
	s.remark(s.ops[s.at].at, "%s of the body is a number in the description; a placeholder is sent as a text", pointer)
	if text := s.source(s.at, n.String()); text != "" {
		return text
	}
	return s.whole(s.where("body "+pointer), field, n.String())
}

// index tells whether a number only counts what is sent, as the id of a call in JSON-RPC:
// a secret has more digits.
func (s scrub) index(field string, n json.Number) bool {
	return !passwordName(field) && len(n.String()) < 4
}

// form writes the fields of a form.
func (m *maker) form(at int, b *importer.Body, media string, where func(string) string) {
	op := m.ops[at]
	op.format = loginwatch.BodyForm
	if media == loginwatch.BodyMultipart.MediaType() {
		op.format = loginwatch.BodyMultipart
	}
	fields := map[string]any{}
	for _, f := range b.Fields {
		if f.Optional || looksSecret(f.Name) || strings.Contains(f.Name, "${") {
			if !f.Optional {
				m.remark(op.at, "a field of the form has a name that looks like a secret, and is left out")
			}
			continue
		}
		f.Name = strings.ToValidUTF8(f.Name, "\uFFFD") // as the case and the schema both write it
		text := m.text(at, where("field "+f.Name), f.Name, f.Value)
		switch before := fields[f.Name].(type) {
		case nil:
			fields[f.Name] = text
		case string:
			if op.format == loginwatch.BodyForm {
				fields[f.Name] = []any{before, text}
			}
		case []any:
			fields[f.Name] = append(before, text)
		}
	}
	op.body = fields
	op.schema = m.requestSchema(op, nil)
}
