package flow

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/compute"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// Message is one request, ready to be sent. It holds secrets and so never leaves
// the process but by the wire.
type Message struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte // nil for none
}

// composer makes one message. What is computed is computed once for it, in the
// order in which a request comes about: its body, its address, its headers.
type composer struct {
	*Plan
	env  compute.Env
	made map[string]string
	used []string // names of the secrets that went in
}

func (p *Plan) composer(now time.Time, random io.Reader) *composer {
	return &composer{Plan: p, env: compute.Env{Now: now, Rand: random}, made: map[string]string{}}
}

// Message makes the case's request of what is configured and captured by now.
// The error names what is missing or can't be sent, never a value.
func (p *Plan) Message(k *loginwatch.Case, now time.Time) (Message, error) {
	c := p.composer(now, rand.Reader)
	request := k.Request()
	m := Message{Method: request.Method, Header: http.Header{}}
	c.env.Method = request.Method
	body, boundary, err := c.body(k.ID, request)
	if err != nil {
		return Message{}, err
	}
	m.Body, c.env.Body = body, body
	address, err := c.address(k.Operation.ID, request)
	if err != nil {
		return Message{}, err
	}
	m.URL, c.env.Target = address.String(), address.RequestURI()
	for _, h := range request.Headers {
		if h.Optional && c.lacks(h.Value) {
			continue
		}
		value, err := c.expand(h.Value)
		if err != nil {
			return Message{}, err
		}
		if boundary != "" && strings.EqualFold(h.Name, "Content-Type") {
			value += `; boundary="` + boundary + `"`
		}
		if !wire.HeaderValue(value) {
			return Message{}, fmt.Errorf("header %s: %w", h.Name, ErrUnusable)
		}
		m.Header.Set(h.Name, value)
	}
	c.keep()
	return m, nil
}

// ErrUnusable says that a value can't stand where the request has it.
var ErrUnusable = errors.New("a value can't be carried there")

// address joins the target's base URL, which may have a path of its own, with
// the operation's path and query.
func (c *composer) address(operation string, request loginwatch.CaseRequest) (*url.URL, error) {
	path, own := c.Target.Paths[operation]
	if !own {
		var err error
		if path, err = c.path(request.Path); err != nil {
			return nil, err
		}
	}
	u := *c.Target.BaseURL
	// Both paths are written as URLs have them, so what is escaped stays so.
	raw := strings.TrimSuffix(u.EscapedPath(), "/") + path
	unescaped, err := url.PathUnescape(raw)
	if err != nil {
		return nil, fmt.Errorf("operation %s: its path is not a URL's path", operation)
	}
	u.Path, u.RawPath = unescaped, raw
	query := url.Values{}
	for _, param := range request.Query {
		value, err := c.expand(param.Value)
		if err != nil {
			return nil, err
		}
		query.Add(param.Name, value)
	}
	u.RawQuery = query.Encode()
	return &u, nil
}

// path fills in a path's placeholders, each value percent-encoded (RFC 3986,
// 2.1), so that none becomes more than a part of its segment.
func (c *composer) path(template string) (string, error) {
	t := loginwatch.ParseTemplate(template)
	path := t.Texts[0]
	for i, name := range t.Names {
		value, err := c.value(name)
		if err != nil {
			return "", err
		}
		path += url.PathEscape(value) + t.Texts[i+1]
	}
	if len(t.Names) > 0 && hasDotSegment(path) {
		return "", fmt.Errorf("path: %w: one of its segments would be . or .., which means another place", ErrUnusable)
	}
	return path, nil
}

// hasDotSegment tells whether a path has one, which whoever reads it takes away
// together with what is around it (RFC 3986, 5.2.4).
func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// expandValue replaces ${name} in every string of a JSON value. Values go in
// after parsing, so none of them can change the body's structure.
func (c *composer) expandValue(v any) (any, error) {
	var failed error
	expand := c.expander(&failed)
	out := loginwatch.ReplaceTexts(v, func(text string) any { return expand(text) })
	return out, failed
}

// expander expands one text after the other and notes the first error.
func (c *composer) expander(failed *error) func(text string) string {
	return func(text string) string {
		out, err := c.expand(text)
		if *failed == nil {
			*failed = err
		}
		return out
	}
}

func (c *composer) expand(text string) (string, error) {
	return c.expandWith(text, func(value string) (string, error) { return value, nil })
}

// expandWith replaces ${name} by what the text's own rules make of its value.
func (c *composer) expandWith(text string, written func(value string) (string, error)) (string, error) {
	var failed error
	out := loginwatch.ExpandPlaceholders(text, func(name string) string {
		value, err := c.value(name)
		if err == nil {
			value, err = written(value)
		}
		if err != nil && failed == nil {
			failed = err
		}
		return value
	})
	return out, failed
}

var errMissing = errors.New("missing or empty")

// lacks tells whether a name of a template is not configured; one that is and
// can't be read must fail, not vanish.
func (c *composer) lacks(template string) bool {
	for _, name := range c.Probe.Contract.Closure(loginwatch.Placeholders(template)) {
		if _, isSecret := c.configured[name]; !isSecret {
			continue
		}
		if _, err := c.plain(name); errors.Is(err, errMissing) {
			return true
		}
	}
	return false
}

// value gives a captured value, a variable, a secret, or what is computed.
func (c *composer) value(name string) (string, error) {
	if v := c.Probe.Contract.ComputedValue(name); v != nil {
		return c.computed(v)
	}
	switch name {
	case loginwatch.RequestBody:
		return string(c.env.Body), nil
	case loginwatch.RequestMethod:
		return c.env.Method, nil
	case loginwatch.RequestTarget:
		return c.env.Target, nil
	}
	value, err := c.plain(name)
	if _, isSecret := c.configured[name]; isSecret && err == nil && c.captured[name] == "" {
		c.used = append(c.used, name)
	}
	return value, err
}

// plain gives a value that is not computed.
func (p *Plan) plain(name string) (string, error) {
	if v, ok := p.captured[name]; ok {
		return v, nil
	}
	for _, v := range p.Probe.Contract.Variables {
		if v.Name == name {
			if set, ok := p.Target.Variables[name]; ok {
				return set, nil
			}
			return v.Default, nil
		}
	}
	s := p.configured[name]
	switch {
	case s.err != nil:
		return "", fmt.Errorf("secret %q: %w", name, s.err)
	case s.value == "":
		return "", fmt.Errorf("secret %q: %w", name, errMissing)
	}
	return s.value, nil
}
