package probe_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/probe"
	"github.com/loginwatch/loginwatch/internal/schema"
)

// byCookie is a page that sets a cookie, a login that has to carry it and sets
// another one, a call that has to carry that, and a logout.
func byCookie() *loginwatch.Probe {
	step := func(role loginwatch.Role, path, carries, sets string) loginwatch.Step {
		success := &loginwatch.Outcome{ID: "done", Statuses: []int{200}, Body: loginwatch.BodyUnspecified, Means: loginwatch.OK}
		if sets != "" {
			success.Cookies = []loginwatch.AnswerCookie{{Name: sets, Optional: true}}
		}
		op := &loginwatch.Operation{ID: path, Request: loginwatch.Request{Method: "POST", Path: "/" + path}, Outcomes: []*loginwatch.Outcome{success}}
		if carries != "" {
			op.Request.Cookies = []loginwatch.RequestCookie{{Name: carries}}
		}
		return loginwatch.Step{Role: role, Case: &loginwatch.Case{ID: path, Operation: op, Expect: []*loginwatch.Outcome{success}}}
	}
	return &loginwatch.Probe{
		Contract: &loginwatch.Contract{Vendor: "example"}, Name: "login", Timeout: 5 * time.Second,
		Steps: []loginwatch.Step{
			step(loginwatch.RoleSetup, "page", "", "csrf"), step(loginwatch.RoleSubject, "login", "csrf", "sid"),
			step(loginwatch.RoleFollowUp, "profile", "sid", ""), step(loginwatch.RoleCleanup, "logout", "sid", ""),
		},
	}
}

func TestCookiesOfARun(t *testing.T) {
	for _, tt := range []struct {
		name  string
		sets  map[string]string // Set-Cookie, by path
		asked string            // with the cookies that came
		want  loginwatch.Verdict
	}{
		{
			"sent back", map[string]string{"/page": "csrf=c-value", "/login": "sid=s-value"},
			"/page[] /login[csrf] /profile[csrf sid] /logout[csrf sid]", loginwatch.OK,
		},
		{
			"Secure comes back over http to a loopback host", map[string]string{"/page": "csrf=c-value; Secure", "/login": "sid=s-value; Secure; HttpOnly; SameSite=None"},
			"/page[] /login[csrf] /profile[csrf sid] /logout[csrf sid]", loginwatch.OK,
		},
		{
			"taken away", map[string]string{"/page": "csrf=c-value", "/login": "sid=s-value", "/profile": "csrf=; Max-Age=0"},
			"/page[] /login[csrf] /profile[csrf sid] /logout[sid]", loginwatch.OK,
		},
		{
			"of another path", map[string]string{"/page": "csrf=c-value", "/login": "sid=s-value; Path=/elsewhere"},
			"/page[] /login[csrf]", loginwatch.Drift,
		},
		{
			"of another host", map[string]string{"/page": "csrf=c-value; Domain=example.com"},
			"/page[]", loginwatch.Drift,
		},
		{"never set", nil, "/page[]", loginwatch.Drift},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var names []string
				for _, c := range r.Cookies() {
					names = append(names, c.Name)
				}
				slices.Sort(names)
				asked = append(asked, fmt.Sprintf("%s%s", r.URL.Path, names))
				if set := tt.sets[r.URL.Path]; set != "" {
					w.Header().Set("Set-Cookie", set)
				}
			}))
			defer server.Close()
			runner := probe.New(probe.Options{})
			for range 2 { // a run begins without the cookies of the one before
				asked = nil
				run := runner.Run(t.Context(), planOf(byCookie(), target(t, server.URL, secrets{})))
				if got := strings.Join(asked, " "); got != tt.asked || run.Verdict != tt.want {
					t.Errorf("%s %s %s: asked %s, want %s", run.Verdict, run.Reason, run.Detail, got, tt.asked)
				}
				var kinds []loginwatch.Kind
				for _, f := range run.Findings() {
					kinds = append(kinds, f.Kind)
				}
				if (tt.want == loginwatch.Drift) != slices.Contains(kinds, loginwatch.KindCookie) {
					t.Errorf("findings %v", kinds)
				}
			}
		})
	}
}

// What user agents send back, letter by letter, though servers should not set it; and
// no output holds it.
func TestCookiesOfOddLetters(t *testing.T) {
	for _, value := range []string{`back\slash-value`, "caf\u00e9-value", `"quoted value"`, `com,ma-value`, `quo"te-value`} {
		var came string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/page":
				w.Header().Set("Set-Cookie", "csrf=c")
			case "/login":
				w.Header()["Set-Cookie"] = []string{"sid=" + value}
			case "/profile":
				came = r.Header.Get("Cookie")
				w.Header().Set("Content-Type", "text/html; "+value)
				w.WriteHeader(http.StatusTeapot)
			}
		}))
		run := probe.New(probe.Options{}).Run(t.Context(), planOf(byCookie(), target(t, server.URL, secrets{})))
		server.Close()
		if want := "csrf=c; sid=" + value; came != want {
			t.Errorf("%q came back, want %q", came, want)
		}
		if text := fmt.Sprintf("%#v", *run); strings.Contains(text, value) || run.Verdict != loginwatch.Drift {
			t.Errorf("%s: %s", value, text)
		}
	}
}

// That a session is dead after its logout shows who sends its cookie again, though
// the logout has taken it back; nothing else sends one that was taken back, and none
// goes to anybody but who gave it.
func TestCookiesTakenBack(t *testing.T) {
	for _, tt := range []struct{ name, logout, proof string }{
		{"by its age", "sid=; Max-Age=0", "[csrf sid]"},
		{"by its date", "sid=gone; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "[csrf sid]"},
		{"by an empty value", "sid=; HttpOnly", "[csrf sid]"},
		{"not at all", "", "[csrf sid]"},
		{"for another", "sid=new-value", "[csrf sid]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var proof, value, other string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var names []string
				for _, c := range r.Cookies() {
					names = append(names, c.Name)
				}
				slices.Sort(names)
				switch r.URL.Path {
				case "/page":
					w.Header().Set("Set-Cookie", "csrf=c-value")
				case "/login":
					w.Header().Set("Set-Cookie", "sid=s-value")
				case "/logout":
					if tt.logout != "" {
						w.Header().Set("Set-Cookie", tt.logout)
					}
				case "/proof":
					proof = fmt.Sprint(names)
					if c, err := r.Cookie("sid"); err == nil {
						value = c.Value
					}
				case "/other":
					other = fmt.Sprint(names)
				}
			}))
			defer server.Close()
			p := byCookie()
			logout := p.Steps[3].Case
			again := func(path string, carries bool, after ...*loginwatch.Case) loginwatch.Step {
				k := *logout
				op := *logout.Operation
				op.ID, op.Request.Path = path, "/"+path
				if !carries {
					op.Request.Cookies = nil
				}
				k.ID, k.Operation, k.After = path, &op, after
				return loginwatch.Step{Role: loginwatch.RoleCleanup, Case: &k}
			}
			p.Steps = append(p.Steps, again("proof", true, logout), again("other", false, logout))
			probe.New(probe.Options{}).Run(t.Context(), planOf(p, target(t, server.URL, secrets{})))
			want := map[bool]string{true: "new-value", false: "s-value"}[strings.Contains(tt.logout, "new-value")]
			if proof != tt.proof || value != want {
				t.Errorf("the proof carried %s with %q, want %s with %q", proof, value, tt.proof, want)
			}
			if taken := strings.Contains(tt.logout, "Max-Age") || strings.Contains(tt.logout, "Expires"); strings.Contains(other, "sid") == taken {
				t.Errorf("a step that needs none carried %s", other)
			}
		})
	}
}

// A login in front of the case that is asked about opens a session in a cookie
// alone: its cleanup is sent, whatever the case itself gets; a page in front opens
// nothing that is worth it.
func TestCookieOfALoginInFrontIsGivenBack(t *testing.T) {
	for _, tt := range []struct {
		name  string
		needs []string
		asked string
	}{
		{"a login", []string{"password"}, "/page /login /profile /logout"},
		{"a page", nil, "/page /login /profile"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.URL.Path)
				if set := map[string]string{"/page": "csrf=c-value", "/login": "sid=s-value"}[r.URL.Path]; set != "" {
					w.Header().Set("Set-Cookie", set)
				}
				if r.URL.Path == "/profile" {
					w.WriteHeader(http.StatusUnauthorized)
				}
			}))
			defer server.Close()
			p := byCookie()
			p.Contract.Secrets = []loginwatch.Secret{{Name: "password"}}
			p.Steps[1].Role, p.Steps[1].Case.Needs = loginwatch.RoleSetup, tt.needs
			denied := &loginwatch.Outcome{ID: "denied", Statuses: []int{401}, Body: loginwatch.BodyUnspecified, Means: loginwatch.Rejected}
			profile := p.Steps[2].Case
			profile.Operation.Outcomes = append(profile.Operation.Outcomes, denied)
			p.Steps[2].Role, profile.Expect = loginwatch.RoleSubject, []*loginwatch.Outcome{denied}
			run := probe.New(probe.Options{}).Run(t.Context(), planOf(p, target(t, server.URL, secrets{"password": "p-value"})))
			if got := strings.Join(asked, " "); got != tt.asked || run.Verdict != loginwatch.OK {
				t.Errorf("%s %s: asked %s, want %s", run.Verdict, run.Detail, got, tt.asked)
			}
		})
	}
}

// TestNewPlacesLeakNoSecret has the server repeat, as names and as values, what it
// was sent in every place that a secret can stand in.
func TestNewPlacesLeakNoSecret(t *testing.T) {
	const marked = "S3CRET-value"
	fields := map[string]any{"p": "${password}"}
	known, err := schema.Compile("done.schema.json", []byte(`{"type": "object", "properties": {"known": {"type": "string"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, request := range map[string]struct {
		format loginwatch.BodyFormat
		body   any
		path   string
		query  string
		header string
	}{
		"form":      {format: loginwatch.BodyForm, body: fields},
		"multipart": {format: loginwatch.BodyMultipart, body: fields},
		"text":      {format: loginwatch.BodyText, body: "p ${password}"},
		"xml":       {format: loginwatch.BodyXML, body: "<p a='${password}'>${password}</p>"},
		"path":      {path: "/x/${password}"},
		"query":     {query: "${basic}"},
		"basic":     {header: "${basic}"},
		"hash":      {header: "${hash}"},
		"verifier":  {header: "${verifier}"},
	} {
		success := &loginwatch.Outcome{ID: "done", Statuses: []int{200}, Body: loginwatch.BodyJSON, ContentTypes: []string{"application/json"}, Means: loginwatch.OK, Schema: &loginwatch.SchemaRef{Name: "done", Schema: known}}
		op := &loginwatch.Operation{ID: "login", Request: loginwatch.Request{Method: "POST", Path: "/login" + request.path, Body: request.format}, Outcomes: []*loginwatch.Outcome{success}}
		if request.query != "" {
			op.Request.Query = []loginwatch.Param{{Name: "q", Value: request.query}}
		}
		if request.header != "" {
			op.Request.Headers = []loginwatch.Header{{Name: "X-Proof", Value: request.header}}
		}
		k := &loginwatch.Case{ID: "login", Operation: op, Body: request.body, Expect: []*loginwatch.Outcome{success}, Needs: []string{"password"}}
		c := &loginwatch.Contract{Vendor: "example", Secrets: []loginwatch.Secret{{Name: "password"}}, Cases: []*loginwatch.Case{k}, Computed: []*loginwatch.Computed{
			{Name: "basic", Function: "basic", Of: []string{"me", "${password}"}},
			{Name: "hash", Function: "sha256", Of: []string{"${password}"}},
			{Name: "verifier", Function: "random"},
		}}
		var told []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			echoed := string(body) + r.RequestURI + r.Header.Get("X-Proof")
			told = append(told, r.Header.Get("X-Proof"))
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "S3CRET-cookie"})
			w.Header().Set("Content-Type", "application/json; "+marked)
			w.Header().Set("Location", "/S3CRET-cookie/"+marked)
			answer, _ := json.Marshal(map[string]any{
				echoed: echoed, r.Header.Get("X-Proof"): 1, "S3CRET-cookie": 1, marked: 1, base64.StdEncoding.EncodeToString([]byte(echoed)): 1,
			})
			_, _ = w.Write(answer)
		}))
		p := &loginwatch.Probe{Contract: c, Name: "login", Timeout: 5 * time.Second, Steps: []loginwatch.Step{{Case: k, Role: loginwatch.RoleSubject}}}
		for _, base := range []string{server.URL, "http://127.0.0.1:1"} {
			run := probe.New(probe.Options{}).Run(t.Context(), planOf(p, target(t, base, secrets{"password": marked})))
			text := fmt.Sprintf("%#v", *run) // %+v would call the String method of the key in it, and show nothing else
			for _, secret := range append(told, "S3CRET", "UzNDUkVU") {
				if secret != "" && strings.Contains(text, secret) {
					t.Errorf("%s: a secret leaks: %.2000s", name, text)
				}
			}
		}
		if len(told) != 1 {
			t.Errorf("%s: %d requests", name, len(told))
		}
		server.Close()
	}
}
