package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// build makes the case's request; nothing is sent when a secret is missing.
func (s *session) build(ctx context.Context, k *loginwatch.Case) (*http.Request, error) {
	op := k.Operation
	target, err := s.address(op)
	if err != nil {
		return nil, err
	}
	body, err := s.body(k)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, op.Request.Method, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("operation %s: the request can't be built", op.ID) // the error repeats the URL and its query
	}
	if body == nil {
		req.Body = http.NoBody
	}
	req.GetBody = nil // without it no transport can send the body a second time
	req.Header.Set("User-Agent", s.runner.userAgent)
	for _, h := range append(slices.Clone(op.Request.Headers), k.Headers...) {
		if slices.ContainsFunc(k.WithoutHeaders, func(name string) bool { return strings.EqualFold(name, h.Name) }) {
			continue
		}
		if h.Optional && !s.configuredAll(h.Value) {
			continue
		}
		value, err := s.expand(h.Value)
		if err != nil {
			return nil, err
		}
		if !wire.HeaderValue(value) {
			return nil, fmt.Errorf("header %s: its value holds characters that a header can't carry", h.Name)
		}
		req.Header.Set(h.Name, value)
	}
	return req, nil
}

// address joins the target's base URL, which may have a path of its own, with
// the operation's path and query.
func (s *session) address(op *loginwatch.Operation) (string, error) {
	path := op.Request.Path
	if p, ok := s.target.Paths[op.ID]; ok {
		path = p
	}
	u := *s.target.BaseURL
	// Both paths are written as URLs have them, so what is escaped stays so.
	raw := strings.TrimSuffix(u.EscapedPath(), "/") + path
	unescaped, err := url.PathUnescape(raw)
	if err != nil {
		return "", fmt.Errorf("operation %s: its path is not a URL's path", op.ID)
	}
	u.Path, u.RawPath = unescaped, raw
	query := url.Values{}
	for _, p := range op.Request.Query {
		value, err := s.expand(p.Value)
		if err != nil {
			return "", err
		}
		query.Add(p.Name, value)
	}
	u.RawQuery = query.Encode()
	return u.String(), nil
}

func (s *session) body(k *loginwatch.Case) ([]byte, error) {
	if k.Raw != "" {
		return []byte(k.Raw), nil
	}
	if k.Body == nil {
		return nil, nil
	}
	value, err := s.expandValue(k.Body)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return nil, fmt.Errorf("case %s: the body can't be encoded", k.ID)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// expandValue replaces ${name} in every string of a JSON value. Values go in
// after parsing, so none of them can change the body's structure.
func (s *session) expandValue(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return s.expand(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			expanded, err := s.expandValue(inner)
			if err != nil {
				return nil, err
			}
			out[key] = expanded
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			expanded, err := s.expandValue(inner)
			if err != nil {
				return nil, err
			}
			out[i] = expanded
		}
		return out, nil
	}
	return v, nil
}

func (s *session) expand(text string) (string, error) {
	var failed error
	out := loginwatch.ExpandPlaceholders(text, func(name string) string {
		value, err := s.value(name)
		if err != nil && failed == nil {
			failed = err
		}
		return value
	})
	return out, failed
}

// configuredAll tells whether every secret of a template is there or should be:
// one that is configured and can't be read must fail, not vanish.
func (s *session) configuredAll(template string) bool {
	for _, name := range loginwatch.Placeholders(template) {
		if _, err := s.value(name); errors.Is(err, errMissing) {
			return false
		}
	}
	return true
}

var errMissing = errors.New("missing or empty")

// value gives a captured value, a variable or a secret.
func (s *session) value(name string) (string, error) {
	if v, ok := s.captured[name]; ok {
		return v, nil
	}
	c := s.probe.Contract
	for _, v := range c.Variables {
		if v.Name == name {
			if set, ok := s.target.Variables[name]; ok {
				return set, nil
			}
			return v.Default, nil
		}
	}
	v, found, err := s.target.Secrets.Secret(name)
	if err != nil {
		return "", fmt.Errorf("secret %q: %w", name, err)
	}
	if !found || v == "" {
		return "", fmt.Errorf("secret %q: %w", name, errMissing)
	}
	return v, nil
}
