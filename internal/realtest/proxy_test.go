//go:build real

package realtest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// answer is what a server said, on its way through a proxy that changes it.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// proxy stands in front of a server and changes its answers at one endpoint.
type proxy struct {
	*httptest.Server
	change atomic.Pointer[change]
}

type change struct {
	on  string // METHOD PATH
	how func(*testing.T, *answer)
}

// newProxy changes nothing until it is told to.
func newProxy(t *testing.T, s *server) *proxy {
	t.Helper()
	p := &proxy{}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := forward(client, s.URL, r)
		if err != nil {
			t.Errorf("the proxy can't reach the server: %v", err)
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if c := p.change.Load(); c != nil && c.on == r.Method+" "+r.URL.Path {
			c.how(t, a)
		}
		maps.Copy(w.Header(), a.header)
		if a.header["Content-Type"] == nil {
			w.Header()["Content-Type"] = nil // else net/http makes one up
		}
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body) // the client may have gone
	}))
	t.Cleanup(p.Close)
	return p
}

func forward(client *http.Client, to *url.URL, r *http.Request) (*answer, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	out, err := http.NewRequestWithContext(r.Context(), r.Method, to.JoinPath(r.URL.Path).String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out.Header = r.Header.Clone()
	out.URL.RawQuery = r.URL.RawQuery
	res, err := client.Do(out)
	if err != nil {
		return nil, err
	}
	a := &answer{status: res.StatusCode, header: res.Header}
	a.header.Del("Content-Length")
	a.body, err = io.ReadAll(res.Body)
	return a, errors.Join(err, res.Body.Close())
}

// base is where the proxy listens.
func (p *proxy) base(t *testing.T) *url.URL {
	t.Helper()
	u, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// doc changes the JSON document of an answer, which may be another one after it.
func doc(how func(members map[string]any)) func(*testing.T, *answer) {
	return func(t *testing.T, a *answer) {
		var members map[string]any
		if err := json.Unmarshal(a.body, &members); err != nil {
			t.Errorf("nothing to change: %v in an answer of %d bytes", err, len(a.body))
			return
		}
		how(members)
		changed, err := json.Marshal(members)
		if err != nil {
			t.Error(err)
		}
		a.body = changed
	}
}

// put sets a member; nil is null.
func put(name string, value any) func(*testing.T, *answer) {
	return doc(func(m map[string]any) { m[name] = value })
}

// drop takes a member away.
func drop(name string) func(*testing.T, *answer) {
	return doc(func(m map[string]any) { delete(m, name) })
}

// body puts another text in the place of the body.
func body(text string) func(*testing.T, *answer) {
	return func(_ *testing.T, a *answer) { a.body = []byte(text) }
}

func status(code int) func(*testing.T, *answer) {
	return func(_ *testing.T, a *answer) { a.status = code }
}

// media puts another Content-Type in the place of the answer's; "" takes it away.
func media(value string) func(*testing.T, *answer) {
	return func(_ *testing.T, a *answer) {
		a.header.Del("Content-Type")
		if value != "" {
			a.header.Set("Content-Type", value)
		}
	}
}

// page is an answer of somebody in front of the server.
func page(code int, text string) func(*testing.T, *answer) {
	return func(_ *testing.T, a *answer) {
		a.status, a.body = code, []byte(text)
		a.header = http.Header{"Content-Type": {"text/html"}}
	}
}

// cookie changes what an answer sets for a cookie; an empty change takes it away.
func cookie(name, from, to string) func(*testing.T, *answer) {
	return func(t *testing.T, a *answer) {
		var kept []string
		changed := false
		for _, line := range a.header["Set-Cookie"] {
			if strings.HasPrefix(strings.TrimSpace(line), name+"=") {
				changed = true
				if from == "" {
					continue
				}
				if !strings.Contains(line, from) {
					t.Errorf("the cookie %s has no %s", name, from)
				}
				line = strings.Replace(line, from, to, 1)
			}
			kept = append(kept, line)
		}
		if !changed {
			t.Errorf("no cookie %s is set", name)
		}
		a.header["Set-Cookie"] = kept
	}
}

// jwt changes a token of the answer, part by part, and leaves its signature.
func jwt(member string, how func(header, claims map[string]any)) func(*testing.T, *answer) {
	return func(t *testing.T, a *answer) {
		doc(func(m map[string]any) {
			text, _ := m[member].(string)
			parts := strings.Split(text, ".")
			if len(parts) != 3 {
				t.Errorf("%s has %d parts", member, len(parts))
				return
			}
			header, claims := decoded(t, parts[0]), decoded(t, parts[1])
			how(header, claims)
			m[member] = encoded(t, header) + "." + encoded(t, claims) + "." + parts[2]
		})(t, a)
	}
}

// part changes the text of one part of a token.
func part(member string, n int, how func(string) string) func(*testing.T, *answer) {
	return doc(func(m map[string]any) {
		text, _ := m[member].(string)
		parts := strings.Split(text, ".")
		parts[min(n, len(parts)-1)] = how(parts[min(n, len(parts)-1)])
		m[member] = strings.Join(parts, ".")
	})
}

// number reads a claim that is one.
func number(claims map[string]any, name string) int64 {
	n, _ := claims[name].(json.Number)
	value, _ := strconv.ParseInt(n.String(), 10, 64)
	return value
}

func decoded(t *testing.T, part string) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Error(err)
	}
	var members map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&members); err != nil {
		t.Error(err)
	}
	return members
}

func encoded(t *testing.T, members map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(members)
	if err != nil {
		t.Error(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}
