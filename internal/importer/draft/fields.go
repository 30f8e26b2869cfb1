package draft

import (
	"iter"
	"maps"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// marks stand around a variable's name in a text while it is decoded: of the private
// use area, so that no description has them.
const (
	markBegin = "\uf8f0"
	markEnd   = "\uf8f1"
)

// marked writes a template as one text.
func marked(t loginwatch.Template) string {
	var b strings.Builder
	for i, text := range t.Texts {
		b.WriteString(strings.NewReplacer(markBegin, "", markEnd, "").Replace(text))
		if i < len(t.Names) {
			b.WriteString(markBegin + t.Names[i] + markEnd)
		}
	}
	return b.String()
}

// unmarked is the template of a marked text.
func unmarked(text string) loginwatch.Template { return importer.Between(text, markBegin, markEnd) }

// fieldsOf gives all that a request says beside its path, by the names of headers,
// parameters and members of the body.
func fieldsOf(r importer.Request) iter.Seq2[string, loginwatch.Template] {
	return func(yield func(string, loginwatch.Template) bool) {
		var fields []importer.Field
		fields = append(append(fields, r.Query...), r.Headers...)
		if r.Body != nil {
			fields = append(fields, r.Body.Fields...)
			if doc, ok := bodyJSON(r.Body); ok {
				for at, v := range scalars(doc) {
					if text, ok := v.(string); ok {
						fields = append(fields, importer.Field{Name: lastName(at), Value: unmarked(text)})
					} else if text, ok := tree.ScalarText(v); ok && v != nil {
						fields = append(fields, importer.Field{Name: lastName(at), Value: importer.Plain(text)})
					}
				}
			} else if r.Body.Fields == nil && len(r.Body.Text.Texts) > 0 {
				fields = append(fields, importer.Field{Name: "body", Value: r.Body.Text})
			}
		}
		for _, f := range fields {
			if !yield(f.Name, f.Value) {
				return
			}
		}
	}
}

// bodyJSON decodes a body with its variables marked. Where one stands in the place of
// a number it is read as a text.
func bodyJSON(b *importer.Body) (doc any, ok bool) {
	if b == nil || len(b.Fields) > 0 || len(b.Text.Texts) == 0 {
		if b != nil && b.Schema != nil && len(b.Fields) == 0 {
			return exampleOfRequest(b.Schema)
		}
		return nil, false
	}
	text := marked(b.Text)
	doc, refusal := guard.Decode([]byte(text), guard.Defaults())
	if refusal == nil {
		return doc, true
	}
	doc, refusal = guard.Decode([]byte(quotedMarks(text)), guard.Defaults())
	return doc, refusal == nil
}

// quotedMarks makes a text of each variable that stands outside of one.
func quotedMarks(text string) string {
	var b strings.Builder
	inside, escaped := false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case inside && c == '\\':
			escaped = true
		case c == '"':
			inside = !inside
		case !inside && string(c) == markBegin:
			b.WriteByte('"')
		case !inside && string(c) == markEnd:
			b.WriteString(markEnd + `"`)
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

// scalars gives those of a document with their pointers, in the order of their names.
func scalars(doc any) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) { walkScalars("", doc, yield) }
}

func walkScalars(at string, v any, yield func(string, any) bool) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if !walkScalars(tree.JoinPointer(at, k), v[k], yield) {
				return false
			}
		}
	case []any:
		for i, item := range v {
			if !walkScalars(tree.JoinPointer(at, strconv.Itoa(i)), item, yield) {
				return false
			}
		}
	default:
		return yield(at, v)
	}
	return true
}

func mediaOf(contentType string) string {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media, _, _ = strings.Cut(contentType, ";")
		media = strings.ToLower(strings.TrimSpace(media))
	}
	return media
}

// typeOf is what a body is said to be; "" for what is no media type, or what no header can
// carry.
func typeOf(contentType string) string {
	media := mediaOf(contentType)
	if _, _, err := mime.ParseMediaType(media); err != nil || !strings.Contains(media, "/") || strings.ContainsFunc(contentType, func(c rune) bool { return c < ' ' || c >= 0x7f }) {
		return ""
	}
	return contentType
}

// splitURL cuts an address, its variables marked, into what all calls have in common
// and the path.
func splitURL(t loginwatch.Template) (base, path string) {
	text := marked(t)
	if i := strings.IndexAny(text, "?#"); i >= 0 {
		text = text[:i]
	}
	from := 0
	if i := strings.Index(text, "://"); i >= 0 {
		from = i + len("://")
	}
	if i := strings.Index(text[from:], "/"); i >= 0 {
		base, path = text[:from+i], text[from+i:]
	} else if from > 0 || strings.HasPrefix(text, markBegin) {
		base = text
	} else {
		path = text
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return base, path
}

func hostOf(t loginwatch.Template) string {
	base, _ := splitURL(t)
	return strings.ToLower(base)
}

// shownPath is a path that a list may show: without what looks like a secret in it.
func shownPath(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if strings.Contains(s, markBegin) {
			segments[i] = strings.NewReplacer(markBegin, "${", markEnd, "}").Replace(s)
		} else if err != nil || looksSecret(plain) || isNumber(plain) {
			segments[i] = "…"
		}
	}
	return strings.Join(segments, "/")
}
