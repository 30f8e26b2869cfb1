package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// client builds requests from a contract, the way a consumer reads it.
type client struct {
	contract *loginwatch.Contract
	values   map[string]string
}

func newClient(s *Simulator, c *loginwatch.Contract) client {
	values := s.Credentials(c.Vendor)
	for _, v := range c.Variables {
		values[v.Name] = v.Default
	}
	return client{c, values}
}

func (c client) text(s string) string {
	for name, value := range c.values {
		s = strings.ReplaceAll(s, "${"+name+"}", value)
	}
	return s
}

func (c client) fill(v any) any {
	switch v := v.(type) {
	case string:
		return c.text(v)
	case map[string]any:
		m := map[string]any{}
		for k, x := range v {
			m[k] = c.fill(x)
		}
		return m
	case []any:
		var l []any
		for _, x := range v {
			l = append(l, c.fill(x))
		}
		return l
	}
	return v
}

// request builds the call of a case.
func (c client) request(t testing.TB, k *loginwatch.Case) call {
	t.Helper()
	r := k.Operation.Request
	query := url.Values{}
	for _, p := range r.Query {
		query.Set(p.Name, c.text(p.Value))
	}
	out := call{method: r.Method, path: r.Path, body: k.Raw, header: map[string]string{}}
	if len(query) > 0 {
		out.path += "?" + query.Encode()
	}
	for _, h := range slices.Concat(r.Headers, k.Headers) {
		without := func(name string) bool { return strings.EqualFold(name, h.Name) }
		if !h.Optional && !slices.ContainsFunc(k.WithoutHeaders, without) {
			out.header[h.Name] = c.text(h.Value)
		}
	}
	if k.Body != nil {
		b, err := json.Marshal(c.fill(k.Body))
		if err != nil {
			t.Fatal(err)
		}
		out.body = string(b)
	}
	return out
}

// outcomeOf finds which documented outcome an answer is; nil when it is none.
func outcomeOf(t testing.TB, op *loginwatch.Operation, res *http.Response) *loginwatch.Outcome {
	t.Helper()
	body := bodyOf(t, res)
	for _, x := range op.Outcomes {
		if x.Statuses[0] != res.StatusCode {
			continue
		}
		if x.Unspecified() {
			return x
		}
		if !slices.Contains(x.ContentTypes, res.Header.Get("Content-Type")) {
			continue
		}
		if !x.Structured() {
			if strings.Contains(strings.ToLower(string(body)), strings.ToLower(x.Contains)) {
				return x
			}
			continue
		}
		doc, err := decode(body)
		if err != nil {
			continue
		}
		selected := !slices.ContainsFunc(x.Where, func(f loginwatch.Field) bool {
			v, ok := tree.Lookup(doc, f.At.String())
			return !ok || fmt.Sprint(v) != f.Value
		})
		if !selected {
			continue
		}
		violations, err := x.Schema.Validate(doc)
		if err != nil || len(violations) > 0 {
			t.Errorf("outcome %s: violations %v (%v)", x.ID, violations, err)
		}
		return x
	}
	return nil
}
