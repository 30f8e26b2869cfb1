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
