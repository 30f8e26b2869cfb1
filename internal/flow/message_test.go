package flow_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// sent is when the messages of these tests are made.
var sent = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// hostile are values that end a field where it is written without its rules.
var hostile = []string{
	"plain", "a b+c%20&d=e;f#g?h", `"}],{'`, "</password><admin/>", "]]> & <!-- -->", "../..", "a/b/../c", "\r\n--x\r\n", "${user}", "é€😀", "%", "=", `\`,
}

// values is a source of secrets.
type values map[string]string

func (v values) Secret(name string) (string, bool, error) {
	value, ok := v[name]
	return value, ok, nil
}
func (values) Origin(name string) string { return "env " + strings.ToUpper(name) }

// single makes the plan of a run of one case of a contract with the secrets user,
// password and key.
func single(format loginwatch.BodyFormat, k loginwatch.Case, request loginwatch.Request, secrets values, computed ...*loginwatch.Computed) (*flow.Plan, *loginwatch.Case) {
	request.Method, request.Body = http.MethodPost, format
	if request.Path == "" {
		request.Path = "/login"
	}
	k.ID, k.Operation = "login", &loginwatch.Operation{ID: "login", Request: request}
	c := &loginwatch.Contract{Vendor: "example", Cases: []*loginwatch.Case{&k}, Computed: computed}
	for _, name := range []string{"user", "password", "key"} {
		c.Secrets = append(c.Secrets, loginwatch.Secret{Name: name})
	}
	k.Needs = slices.DeleteFunc(c.Closure(k.Request().Names(false)), func(name string) bool { return !slices.Contains([]string{"user", "password", "key"}, name) })
	p := &loginwatch.Probe{Contract: c, Name: "login", Steps: []loginwatch.Step{{Case: &k, Role: loginwatch.RoleSubject}}}
	base := &url.URL{Scheme: "https", Host: "login.example.com", Path: "/api"}
	return flow.New(loginwatch.Job{Probe: p, Target: &loginwatch.Target{BaseURL: base, Secrets: secrets}}), &k
}

// TestNoValueLeavesItsField reads every message by another implementation than
// the one that wrote it: the value is there as it was, and nothing beside it.
func TestNoValueLeavesItsField(t *testing.T) {
	fields := map[string]any{"user": "me", "password": "${password}"}
	for _, tt := range []struct {
		name   string
		format loginwatch.BodyFormat
		body   any
		read   func(t *testing.T, m flow.Message) []string // all that a reader finds
	}{
		{"json", loginwatch.BodyJSON, fields, func(t *testing.T, m flow.Message) []string {
			var got map[string]string
			if err := json.Unmarshal(m.Body, &got); err != nil {
				t.Fatal(err)
			}
			return fieldsOf(got)
		}},
		{"form", loginwatch.BodyForm, fields, func(t *testing.T, m flow.Message) []string {
			got, err := url.ParseQuery(string(m.Body))
			if err != nil || m.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
				t.Fatal(err, m.Header)
			}
			return fieldsOf(joined(got))
		}},
		{"multipart", loginwatch.BodyMultipart, fields, func(t *testing.T, m flow.Message) []string {
			return fieldsOf(readParts(t, m))
		}},
		{"xml", loginwatch.BodyXML, `<login user="${password}"><!-- me --><user>me</user><password>${password}</password></login>`, func(t *testing.T, m flow.Message) []string {
			var got struct {
				Attr     string   `xml:"user,attr"`
				User     []string `xml:"user"`
				Password []string `xml:"password"`
				Rest     []struct {
					XMLName xml.Name
				} `xml:",any"`
			}
			if err := xml.Unmarshal(m.Body, &got); err != nil || len(got.User) != 1 || len(got.Password) != 1 || len(got.Rest) > 0 || got.Attr != got.Password[0] {
				t.Fatalf("%v, %+v", err, got)
			}
			return []string{"password=" + got.Password[0], "user=" + got.User[0]}
		}},
	} {
		for _, value := range hostile {
			plan, k := single(tt.format, loginwatch.Case{Body: tt.body}, loginwatch.Request{Headers: []loginwatch.Header{}}, values{"password": value})
			m, err := plan.Message(k, sent)
			if err != nil || plan.Obstacle != "" {
				t.Errorf("%s: %q: %v, %s", tt.name, value, err, plan.Detail)
				continue
			}
			if got, want := tt.read(t, m), []string{"password=" + value, "user=me"}; !slices.Equal(got, want) {
				t.Errorf("%s: %q was read as %q from %s", tt.name, value, got, m.Body)
			}
		}
	}
}

// TestNoValueLeavesItsPlaceInTheAddress does so for paths and queries.
func TestNoValueLeavesItsPlaceInTheAddress(t *testing.T) {
	for _, value := range append(slices.Clone(hostile), ".", "..", "...") {
		request := loginwatch.Request{Path: "/v1/${user}/token", Query: []loginwatch.Param{{Name: "q", Value: "${user}"}, {Name: "r", Value: "1"}}}
		plan, k := single("", loginwatch.Case{}, request, values{"user": value})
		m, err := plan.Message(k, sent)
		if value == "." || value == ".." {
			if err == nil || plan.Obstacle != loginwatch.ReasonSecretUnusable || strings.Contains(plan.Detail, "(..") {
				t.Errorf("%q: %v, %s", value, err, plan.Detail)
			}
			continue
		}
		if err != nil || plan.Obstacle != "" {
			t.Errorf("%q: %v, %s", value, err, plan.Detail)
			continue
		}
		u, err := url.Parse(m.URL)
		if err != nil {
			t.Fatal(err)
		}
		segments := strings.Split(u.EscapedPath(), "/")
		if len(segments) != 5 || segments[1] != "api" || segments[2] != "v1" || segments[4] != "token" {
			t.Errorf("%q: segments %q", value, segments)
			continue
		}
		if got, err := url.PathUnescape(segments[3]); err != nil || got != value {
			t.Errorf("%q: segment %q, %v", value, got, err)
		}
		if q := u.Query(); len(q) != 2 || q.Get("q") != value || q.Get("r") != "1" || u.Fragment != "" {
			t.Errorf("%q: query %v, fragment %q", value, q, u.Fragment)
		}
	}
}

func fieldsOf(fields map[string]string) []string {
	var all []string
	for name, value := range fields {
		all = append(all, name+"="+value)
	}
	slices.Sort(all)
	return all
}

func joined(all url.Values) map[string]string {
	one := map[string]string{}
	for name, values := range all {
		one[name] = strings.Join(values, " and ")
	}
	return one
}

func readParts(t *testing.T, m flow.Message) map[string]string {
	t.Helper()
	media, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" {
		t.Fatal(err, media)
	}
	got := map[string]string{}
	for r := multipart.NewReader(bytes.NewReader(m.Body), parameters["boundary"]); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		value, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		got[part.FormName()] += string(value)
	}
}

// TestComputed makes values of others, of the request, and once for a run.
func TestComputed(t *testing.T) {
	computed := []*loginwatch.Computed{
		{Name: "basic", Function: "basic", Of: []string{"${user}", "${password}"}},
		{Name: "stamp", Function: "now", Options: map[string]string{"format": "unix"}},
		{Name: "verifier", Function: "random", Options: map[string]string{"format": "hex", "bytes": "16"}, Once: true},
		{Name: "nonce", Function: "random", Options: map[string]string{"format": "hex", "bytes": "16"}},
		{Name: "digest", Function: "sha256", Of: []string{"${request.body}"}},
		{Name: "seen", Function: "join", Of: []string{"${stamp}", "${request.method}", "${request.target}", "${request.body}"}, Options: map[string]string{"join": " "}},
	}
	header := func(name, value string) loginwatch.Header { return loginwatch.Header{Name: name, Value: value} }
	request := loginwatch.Request{Path: "/t", Query: []loginwatch.Param{{Name: "a", Value: "b c"}}, Headers: []loginwatch.Header{
		header("Authorization", "${basic}"), header("X-Seen", "${seen}"), header("X-Stamp", "${stamp}"),
		header("X-Digest", "${digest}"), header("X-Verifier", "${verifier}"), header("X-Nonce", "${nonce}"), header("X-Nonce-Again", "${nonce}"),
	}}
	plan, k := single(loginwatch.BodyForm, loginwatch.Case{Body: map[string]any{"v": "${verifier}"}}, request, values{"user": "me", "password": "p:w"}, computed...)
	if !slices.Equal(k.Needs, []string{"user", "password"}) {
		t.Errorf("needs %q", k.Needs)
	}
	first, err := plan.Message(k, sent)
	if err != nil || plan.Obstacle != "" {
		t.Fatal(err, plan.Detail)
	}
	second, err := plan.Message(k, sent)
	if err != nil {
		t.Fatal(err)
	}
	h := first.Header
	if want := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:p:w")); h.Get("Authorization") != want {
		t.Errorf("Authorization is %q", h.Get("Authorization"))
	}
	if want := "1772600767 POST /api/t?a=b+c " + string(first.Body); h.Get("X-Seen") != want {
		t.Errorf("seen %q, want %q", h.Get("X-Seen"), want)
	}
	if v := h.Get("X-Verifier"); v == "" || string(first.Body) != "v="+v || second.Header.Get("X-Verifier") != v {
		t.Errorf("the verifier of the run is %q, in the body %s, then %q", v, first.Body, second.Header.Get("X-Verifier"))
	}
	if n := h.Get("X-Nonce"); n == "" || h.Get("X-Nonce-Again") != n || second.Header.Get("X-Nonce") == n {
		t.Errorf("the nonces of two messages are %q, %q and %q", n, h.Get("X-Nonce-Again"), second.Header.Get("X-Nonce"))
	}
	for _, name := range []string{"Authorization", "X-Digest", "X-Verifier", "X-Nonce"} {
		if !slices.Contains(plan.Secrets(), h.Get(name)) {
			t.Errorf("%s is not hidden", name)
		}
	}
	if slices.Contains(plan.Secrets(), h.Get("X-Stamp")) {
		t.Error("the time is hidden")
	}
}

// TestUnusable names what nothing can carry, or make something of, before anything
// is sent.
func TestUnusable(t *testing.T) {
	signed := &loginwatch.Computed{Name: "assertion", Function: "jwt", Options: map[string]string{"algorithm": "RS256", "key": "${key}"}, Claims: map[string]any{"iss": "${user}"}}
	joined := &loginwatch.Computed{Name: "joined", Function: "join", Of: []string{"${user}", "${password}"}, Options: map[string]string{"join": "-"}}
	for _, tt := range []struct {
		name    string
		format  loginwatch.BodyFormat
		body    any
		secrets values
		want    string // in the detail; "" for none
		header  string // X-It's value
	}{
		{"control characters in a form", loginwatch.BodyForm, map[string]any{"p": "${password}"}, values{"password": "a\x00b"}, "", ""},
		{"not UTF-8 in a form", loginwatch.BodyForm, map[string]any{"p": "${password}"}, values{"password": "a\xffb"}, "", ""},
		{"not UTF-8 in JSON", loginwatch.BodyJSON, map[string]any{"p": "${password}"}, values{"password": "a\xffb"}, "password (env PASSWORD is not UTF-8", ""},
		{"a control character in XML", loginwatch.BodyXML, "<p>${password}</p>", values{"password": "a\x00b"}, "password (env PASSWORD holds a character that no XML can carry", ""},
		{"not UTF-8 in XML", loginwatch.BodyXML, "<p>${password}</p>", values{"password": "a\xffb"}, "no XML can carry", ""},
		{"a key that is none", loginwatch.BodyForm, map[string]any{"a": "${assertion}"}, values{"user": "u", "key": "no key"}, "assertion, which can't be computed from key (env KEY), user (env USER)", ""},
		{"a blank before a header", loginwatch.BodyText, "x", values{"password": " a"}, "password (env PASSWORD begins with a blank", "${password}"},
		{"a blank after a header", loginwatch.BodyText, "x", values{"password": "a\t"}, "password (env PASSWORD ends with a blank", "Key ${password}"},
		{"blanks inside a header", loginwatch.BodyText, "x", values{"password": " a b "}, "", "<${password}>"},
		{"a blank before the second of a header", loginwatch.BodyText, "x", values{"user": "u", "password": " a"}, "", "${user}${password}"},
		{"a computed one that no header can carry", loginwatch.BodyText, "x", values{"user": "u", "password": "a\nb"}, "joined, computed from user (env USER), password (env PASSWORD): it holds a line break", "${joined}"},
		{"a computed one with a blank at its end", loginwatch.BodyText, "x", values{"user": "u", "password": "a "}, "joined, computed from user (env USER), password (env PASSWORD): it ends with a blank", "${joined}"},
		{"a computed one that no JSON can carry", loginwatch.BodyJSON, map[string]any{"p": "${joined}"}, values{"user": "u", "password": "a\xffb"}, "it is not UTF-8", ""},
		{"a computed one that no XML can carry", loginwatch.BodyXML, "<p>${joined}</p>", values{"user": "u", "password": "a\x00b"}, "that no XML can carry", ""},
	} {
		var request loginwatch.Request
		if tt.header != "" {
			request.Headers = []loginwatch.Header{{Name: "X-It", Value: tt.header}}
		}
		plan, _ := single(tt.format, loginwatch.Case{Body: tt.body}, request, tt.secrets, signed, joined)
		if (plan.Obstacle != "") != (tt.want != "") || !strings.Contains(plan.Detail, tt.want) {
			t.Errorf("%s: obstacle %q, %s", tt.name, plan.Obstacle, plan.Detail)
		}
		if tt.want != "" && plan.Obstacle != loginwatch.ReasonSecretUnusable {
			t.Errorf("%s: obstacle %q", tt.name, plan.Obstacle)
		}
		if strings.Contains(plan.Detail, "no key") {
			t.Errorf("%s: the detail holds the secret: %s", tt.name, plan.Detail)
		}
	}
}
