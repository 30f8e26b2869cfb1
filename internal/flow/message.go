package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/loginwatch/loginwatch"
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

// Message makes the case's request of what is configured and captured by now.
// The error names what is missing or can't be sent, never a value.
func (p *Plan) Message(k *loginwatch.Case) (Message, error) {
	request := k.Request()
	m := Message{Method: request.Method, Header: http.Header{}}
	var err error
	if m.URL, err = p.address(k.Operation.ID, request); err != nil {
		return Message{}, err
	}
	if m.Body, err = p.body(k.ID, request); err != nil {
		return Message{}, err
	}
	for _, h := range request.Headers {
		if h.Optional && p.lacks(h.Value) {
			continue
		}
		value, err := p.expand(h.Value)
		if err != nil {
			return Message{}, err
		}
		if !wire.HeaderValue(value) {
			return Message{}, fmt.Errorf("header %s: its value holds characters that a header can't carry", h.Name)
		}
		m.Header.Set(h.Name, value)
	}
	return m, nil
}

// address joins the target's base URL, which may have a path of its own, with
// the operation's path and query.
func (p *Plan) address(operation string, request loginwatch.CaseRequest) (string, error) {
	path := request.Path
	if own, ok := p.Target.Paths[operation]; ok {
		path = own
	}
	u := *p.Target.BaseURL
	// Both paths are written as URLs have them, so what is escaped stays so.
	raw := strings.TrimSuffix(u.EscapedPath(), "/") + path
	unescaped, err := url.PathUnescape(raw)
	if err != nil {
		return "", fmt.Errorf("operation %s: its path is not a URL's path", operation)
	}
	u.Path, u.RawPath = unescaped, raw
	query := url.Values{}
	for _, param := range request.Query {
		value, err := p.expand(param.Value)
		if err != nil {
			return "", err
		}
		query.Add(param.Name, value)
	}
	u.RawQuery = query.Encode()
	return u.String(), nil
}

func (p *Plan) body(caseID string, request loginwatch.CaseRequest) ([]byte, error) {
	if request.Raw != "" {
		return []byte(request.Raw), nil
	}
	if request.Body == nil {
		return nil, nil
	}
	value, err := p.expandValue(request.Body)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return nil, fmt.Errorf("case %s: the body can't be encoded", caseID)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// expandValue replaces ${name} in every string of a JSON value. Values go in
// after parsing, so none of them can change the body's structure.
func (p *Plan) expandValue(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return p.expand(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			expanded, err := p.expandValue(inner)
			if err != nil {
				return nil, err
			}
			out[key] = expanded
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			expanded, err := p.expandValue(inner)
			if err != nil {
				return nil, err
			}
			out[i] = expanded
		}
		return out, nil
	}
	return v, nil
}

func (p *Plan) expand(text string) (string, error) {
	var failed error
	out := loginwatch.ExpandPlaceholders(text, func(name string) string {
		value, err := p.value(name)
		if err != nil && failed == nil {
			failed = err
		}
		if _, fetched := p.captured[name]; !fetched {
			p.sent[name] = true
		}
		return value
	})
	return out, failed
}

var errMissing = errors.New("missing or empty")

// lacks tells whether a name of a template is not configured; one that is and
// can't be read must fail, not vanish.
func (p *Plan) lacks(template string) bool {
	for _, name := range loginwatch.Placeholders(template) {
		if _, err := p.value(name); errors.Is(err, errMissing) {
			return true
		}
	}
	return false
}

// value gives a captured value, a variable or a secret.
func (p *Plan) value(name string) (string, error) {
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
