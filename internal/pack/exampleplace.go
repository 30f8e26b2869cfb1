package pack

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/schema"
)

func aroundPlaces(f outcomeFile) map[loginwatch.Place]span {
	places := map[loginwatch.Place]span{}
	for _, e := range f.Headers {
		places[loginwatch.HeaderPlace(e.Key)] = e.Value.Example.Span
	}
	for _, e := range f.Cookies {
		places[loginwatch.CookiePlace(e.Key)] = e.Value.Example.Span
	}
	return places
}

// exampleProblem reports a mistake in what an outcome's example has at a place, where a
// person wrote it: in the contract what stands beside a body, else in the example's file.
func (b *builder) exampleProblem(o *loginwatch.Outcome, at loginwatch.Place, value any, format string, args ...any) {
	if name, isHeader := at.Header(); isHeader && o.Header(name) != nil {
		at = loginwatch.HeaderPlace(o.Header(name).Name)
	}
	if where := b.places[o].around[at]; where.Width > 0 {
		b.problem(where, format, args...)
		return
	}
	where := span{}
	if o.Example != nil {
		where = inExample(b.source.pos(path.Join("contracts", b.folder, "examples", o.Example.File)).File, o, at, value)
	}
	if where.Pos.Line == 0 {
		b.problem(b.places[o].shown(), format, args...)
		return
	}
	lines := strings.Split(strings.ReplaceAll(string(o.Example.Body), "\r\n", "\n"), "\n")
	b.other = append(b.other, problemAt(lines, where, format, args...))
}

// inExample finds a value in an example's file; without a line when it is not written
// there as it is read.
func inExample(file string, o *loginwatch.Outcome, at loginwatch.Place, value any) span {
	if o.Body == loginwatch.BodyJSON {
		pos, width := schema.PlaceOf(file, o.Example.Body, at.String())
		return span{Pos: pos, Width: width}
	}
	text, _ := value.(string)
	start := bytes.Index(o.Example.Body, []byte(text))
	if text == "" || start < 0 {
		return span{}
	}
	before := o.Example.Body[:start]
	line := bytes.LastIndexByte(before, '\n') + 1
	first, _, _ := strings.Cut(text, "\n")
	return span{Width: utf8.RuneCountInString(first), Pos: loginwatch.Pos{
		File: file, Line: bytes.Count(before, []byte{'\n'}) + 1, Column: utf8.RuneCount(before[line:]) + 1,
	}}
}

// instead says what to write in the place of an example that verify would refuse.
func instead(t *loginwatch.Token, kind loginwatch.Kind, at loginwatch.Place) string {
	isToken := at == t.At
	switch {
	case isToken && t.Form == loginwatch.TokenJWT && (kind == loginwatch.KindTokenForm || kind == loginwatch.KindTokenMissing || kind == loginwatch.KindTokenAlgorithm):
		return "; write a whole JWT even if the document shows words, as the simulator makes its tokens like it, for example " + anyJWT(t)
	case kind == loginwatch.KindTokenExpired:
		return "; give the outcome an as_of at which the example was valid"
	case isToken && (kind == loginwatch.KindTokenForm || kind == loginwatch.KindTokenMissing):
		if at.InDocument() {
			return "; write a token as the simulator is to make them, or name its place under placeholders if the document shows words"
		}
		return "; write a token as the simulator is to make them"
	}
	return ""
}

// anyJWT is a token of the documented form that nobody signed: one to copy.
func anyJWT(t *loginwatch.Token) string {
	algorithm := "HS256"
	if len(t.Algorithms) > 0 {
		algorithm = t.Algorithms[0]
	}
	issued, lives := t.Outcome.AsOf, time.Hour
	if issued.IsZero() {
		issued = time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	}
	if t.Lifetime != nil && t.Lifetime.Documented > 0 {
		lives = t.Lifetime.Documented
	}
	claims := map[string]any{"iat": issued.Unix(), "exp": issued.Add(lives).Unix()}
	for _, c := range t.Claims {
		if c.HashOf == "" && len(loginwatch.Placeholders(c.Value)) == 0 {
			claims[c.Name] = c.Value
		}
	}
	parts := [3]string{2: strings.Repeat("A", 43)} // of 32 bytes
	for i, part := range []any{map[string]any{"alg": algorithm}, claims} {
		text, err := json.Marshal(part)
		if err != nil {
			return "" // cannot happen: texts and numbers
		}
		parts[i] = base64.RawURLEncoding.EncodeToString(text)
	}
	return strings.Join(parts[:], ".")
}
