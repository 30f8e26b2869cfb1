package evidence

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// request describes what was sent by what the contract says of it, since that has
// placeholders where the secrets stood. The size of a body that holds one would tell
// its length, and is -1.
func (in *Input) request() (address string, traits []loginwatch.Trait, size int) {
	request := in.Case.Request()
	l := list{all: make([]loginwatch.Trait, 0, usualTraits)}
	for _, h := range request.Headers {
		if in.Sent.Get(h.Name) != "" {
			l.add(template(loginwatch.HeaderPlace(h.Name).String(), h.Value, mediaTypeOf(h.Name, h.Value)))
		}
	}
	for _, ours := range []string{"User-Agent", "Traceparent"} {
		documented := slices.ContainsFunc(request.Headers, func(h loginwatch.Header) bool { return strings.EqualFold(h.Name, ours) })
		if sent := in.Sent.Get(ours); sent != "" && !documented {
			l.add(template(loginwatch.HeaderPlace(ours).String(), sent, ""))
		}
	}
	for _, name := range in.cookiesSent(request.Cookies) {
		l.add(loginwatch.Trait{Place: loginwatch.CookiePlace(name).String(), Type: "string"})
	}
	for _, p := range request.Query {
		l.add(template("query:"+p.Name, p.Value, ""))
	}
	l.body(request)
	size = in.Size
	if slices.ContainsFunc(request.Texts(), func(text string) bool { return len(loginwatch.Placeholders(text)) > 0 }) {
		size = -1
	}
	return in.address(request), l.all, size
}

// cookiesSent gives the names of the cookies that went along, as far as the contract
// has them; "*" is any other.
func (in *Input) cookiesSent(documented []loginwatch.RequestCookie) []string {
	line := in.Sent.Get("Cookie")
	if line == "" {
		return nil
	}
	var names []string
	for pair := range strings.SplitSeq(line, "; ") {
		name, _, _ := strings.Cut(pair, "=")
		known := slices.ContainsFunc(documented, func(c loginwatch.RequestCookie) bool { return c.Name == name }) ||
			slices.ContainsFunc(in.Case.Operation.Outcomes, func(o *loginwatch.Outcome) bool { return o.Cookie(name) != nil })
		if !known {
			name = star
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// address is the target's base URL with the path and the query of the contract.
func (in *Input) address(request loginwatch.CaseRequest) string {
	path, own := in.Target.Paths[in.Case.Operation.ID]
	if !own {
		path = request.Path
	}
	u := in.Target.BaseURL
	address := u.Scheme + "://" + u.Host + strings.TrimSuffix(u.EscapedPath(), "/") + path
	for i, p := range request.Query {
		sign := "&"
		if i == 0 {
			sign = "?"
		}
		address += sign + url.QueryEscape(p.Name) + "="
		if len(loginwatch.Placeholders(p.Value)) > 0 {
			address += p.Value
		} else {
			address += url.QueryEscape(p.Value)
		}
	}
	return address
}

// template describes a text of the contract: by itself where it has placeholders.
func template(place, text, format string) loginwatch.Trait {
	t := loginwatch.Trait{Place: place, Type: "string", Format: format, Length: utf8.RuneCountInString(text)}
	if len(loginwatch.Placeholders(text)) > 0 {
		t.Format, t.Length = shortened(text), 0
	} else if format == "" {
		t.Format = formatOf(text)
	}
	return t
}

// body describes the body of a request.
func (l *list) body(request loginwatch.CaseRequest) {
	body, text := request.Body, request.Raw
	if s, isText := body.(string); isText && (request.Format == loginwatch.BodyText || request.Format == loginwatch.BodyXML) {
		body, text = nil, s
	}
	if body == nil && text != "" {
		decoded, refusal := guard.DecodeAs(request.Format, []byte(text))
		if refusal != nil || request.Format == loginwatch.BodyText {
			t := template("", text, "")
			if t.Length > 0 {
				t.Format = "text"
			}
			l.add(t)
			return
		}
		body = decoded
	}
	if body != nil {
		l.sent("", body, 0, false)
	}
}

// sent describes a value that the contract has us send.
func (l *list) sent(place string, v any, deep int, many bool) {
	if l.full() || deep > mostDeep {
		return
	}
	add := l.adder(many)
	switch v := v.(type) {
	case map[string]any:
		add(loginwatch.Trait{Place: place, Type: "object", Length: len(v)})
		for _, name := range slices.Sorted(maps.Keys(v)) {
			l.sent(tree.JoinPointer(place, name), v[name], deep+1, many)
		}
	case []any:
		add(loginwatch.Trait{Place: place, Type: "array", Length: len(v)})
		for i, item := range v {
			if i < mostItems {
				l.sent(tree.JoinPointer(place, star), item, deep+1, true)
			}
		}
	case string:
		add(template(place, v, ""))
	default:
		text, _ := tree.ScalarText(v)
		add(loginwatch.Trait{Place: place, Type: tree.TypeOf(v), Length: len(text)})
	}
}

// mediaTypeOf gives the media type where a header has one.
func mediaTypeOf(header, value string) string {
	if http.CanonicalHeaderKey(header) != "Content-Type" {
		return ""
	}
	media, _, _ := strings.Cut(value, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

const mostText = 120 // characters of a text of the contract

func shortened(text string) string {
	if all := []rune(text); len(all) > mostText {
		return string(all[:mostText]) + "…"
	}
	return text
}
