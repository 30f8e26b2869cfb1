package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/sim"
)

// Every line of simulate --verbose says in words why a request was answered as it was,
// and repeats nothing of it.
func TestSimulateSaysWhy(t *testing.T) {
	var contracts []*loginwatch.Contract
	for _, name := range []string{"oauth-client-credentials", "django-otp", "login-use-logout", "moodle"} {
		dir := filepath.Join("..", "..", "packs", name)
		catalog, problems := pack.Load(pack.Options{}, pack.Source{Dir: dir, FS: os.DirFS(dir)})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		contracts = append(contracts, catalog.Contracts...)
	}
	var log bytes.Buffer
	s, err := sim.New(contracts, sim.Options{Logger: simulateCmd{Verbose: true}.logger(&log)})
	if err != nil {
		t.Fatal(err)
	}
	const (
		token, right = "/oauth-client-credentials/token", "Basic ZGVtby1jbGllbnQ6ZGVtbytzZWNyZXQlM0ErMSUyQjE="
		form, grant  = "application/x-www-form-urlencoded", "grant_type=client_credentials"
	)
	for _, tt := range []struct {
		name, method, path, authorization, contentType, body string
		want                                                 []string
	}{
		{"right", "POST", token, right, form, grant, []string{"outcome=success", `why="right as in case valid-credentials"`}},
		{"wrong secret", "POST", token, "Basic ZGVtby1jbGllbnQ6TUFSS0VS", form, grant, []string{"outcome=invalid-client", `why="header Authorization: client_secret is wrong"`}},
		{"not encoded", "POST", token, "Basic ZGVtby1jbGllbnQ6ZGVtbyBzZWNyZXQ6IDErMQ==", form, grant, []string{"outcome=invalid-client", `why="header Authorization: client_secret is wrong"`}},
		{"no Basic", "POST", token, "Bearer MARKER", form, grant, []string{"outcome=invalid-client", "header Authorization: basic is not what basic makes of the right values"}},
		{"no header", "POST", token, "", form, grant, []string{"outcome=invalid-client", `why="header Authorization is missing"`}},
		{"another type", "POST", token, right, "application/json", "{}", []string{`why="header Content-Type is not application/x-www-form-urlencoded"`}},
		{"another grant", "POST", token, right, form, "grant_type=MARKER", []string{"outcome=invalid-request", "the body breaks schema token.request at /grant_type: documented one of", "got string of 6 characters"}},
		{"no field", "POST", token, right, form, "x=MARKER", []string{"at /grant_type: documented required string, got absent"}},
		{"no form", "POST", token, right, form, "%zz", []string{"condition=malformed", `why="the body is no form data"`}},
		{"unknown path", "POST", "/oauth-client-credentials/MARKER", "", "", "", []string{"no operation has this path", "the contract has no outcome when wrong-path: a bare 404"}},
		{"unknown vendor", "POST", "/MARKER/token", "", "", "", []string{"status=404", "the path begins with no simulated vendor: django-otp, "}},
		{"another method", "DELETE", token, "", "", "", []string{"status=405", `why="this path is documented with POST"`}},
		{"no cookie", "POST", "/django-otp/otp/login/", "", form, "username=MARKER", []string{"outcome=no-csrf", `why="cookie csrftoken is missing"`}},
		{"logout", "POST", "/login-use-logout/logout", "Bearer demo-token", "", "", []string{"outcome=success"}},
		{"dead token", "GET", "/login-use-logout/profile", "Bearer demo-token", "", "", []string{`why="header Authorization: token is dead: it was revoked, or taken once already"`}},
		{"another scheme", "GET", "/login-use-logout/profile", "Basic MARKER", "", "", []string{`why="header Authorization is not Bearer ${token}"`}},
		{"no parameter", "GET", "/moodle/login/token.php?username=MARKER", "", "", "", []string{`why="query parameter `, ` is missing`}},
	} {
		log.Reset()
		r := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(tt.body))
		r.Header = http.Header{}
		for name, value := range map[string]string{"Authorization": tt.authorization, "Content-Type": tt.contentType} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		s.ServeHTTP(httptest.NewRecorder(), r)
		said := log.String()
		for _, want := range tt.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q lacks %q", tt.name, said, want)
			}
		}
		if strings.Count(said, "\n") != 1 || strings.Contains(said, "MARKER") {
			t.Errorf("%s: %q", tt.name, said)
		}
	}
}
