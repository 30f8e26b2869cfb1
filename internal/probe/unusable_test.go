package probe_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// oddLogin sends its key in a header, its password in JSON and its user in the
// query; the tenant's header is left out when there is no tenant.
func oddLogin() *loginwatch.Probe {
	success := &loginwatch.Outcome{ID: "success", Statuses: []int{200}, Body: loginwatch.BodyUnspecified, Means: loginwatch.OK}
	refused := &loginwatch.Outcome{ID: "refused", Statuses: []int{401}, Body: loginwatch.BodyUnspecified, Means: loginwatch.Rejected}
	op := &loginwatch.Operation{
		ID: "login", Outcomes: []*loginwatch.Outcome{success, refused},
		Request: loginwatch.Request{
			Method: http.MethodPost, Path: "/login",
			Headers: []loginwatch.Header{{Name: "X-Key", Value: "Key ${key}"}, {Name: "X-Tenant", Value: "${tenant}", Optional: true}},
			Query:   []loginwatch.Param{{Name: "user", Value: "${user}"}},
		},
	}
	c := &loginwatch.Contract{Vendor: "odd-login", Operations: []*loginwatch.Operation{op}}
	for _, name := range []string{"user", "password", "key", "tenant"} {
		c.Secrets = append(c.Secrets, loginwatch.Secret{Name: name})
	}
	k := &loginwatch.Case{
		ID: "valid-credentials", Operation: op, Expect: []*loginwatch.Outcome{success}, Needs: []string{"key", "user", "password"},
		Body: map[string]any{"login": []any{map[string]any{"password": "${password}"}}},
	}
	c.Cases = []*loginwatch.Case{k}
	return &loginwatch.Probe{Contract: c, Name: "login", Steps: []loginwatch.Step{{Case: k, Role: loginwatch.RoleSubject}}}
}

// What no request can carry is named, with its origin, and nothing is sent; what
// can be carried is sent as it is.
func TestRunNamesUnusableSecrets(t *testing.T) {
	const header, json = "holds a line break or a control character, so no header can carry it", "is not UTF-8, so no JSON can carry it"
	origin := func(name string) string { return "env:LOGINWATCH_ODD_LOGIN_" + strings.ToUpper(name) }
	for _, test := range []struct {
		name, secret, value string
		reason              loginwatch.Reason // "" is sent
		detail              string
	}{
		{"a line break in a header", "key", "a\nb", loginwatch.ReasonSecretUnusable, "can't be sent: key (" + origin("key") + " " + header + ")"},
		{"a further line break in a header", "key", "ab\n\n", loginwatch.ReasonSecretUnusable, "can't be sent: key (" + origin("key") + " " + header + ")"},
		{"a carriage return in a header", "key", "ab\r", loginwatch.ReasonSecretUnusable, "can't be sent: key (" + origin("key") + " " + header + ")"},
		{"a control character in a header", "key", "a\x1bb", loginwatch.ReasonSecretUnusable, "can't be sent: key (" + origin("key") + " " + header + ")"},
		{"in a header that may be left out", "tenant", "a\nb", loginwatch.ReasonSecretUnusable, "can't be sent: tenant (" + origin("tenant") + " " + header + ")"},
		{"no UTF-8 in JSON", "password", "caf\xe9", loginwatch.ReasonSecretUnusable, "can't be sent: password (" + origin("password") + " " + json + ")"},
		{"UTF-16 in JSON", "password", "\xff\xfea", loginwatch.ReasonSecretUnusable, "can't be sent: password (" + origin("password") + " " + json + ")"},
		{"none", "password", " \n", loginwatch.ReasonSecretMissing, "missing or empty: password (" + origin("password") + ")"},

		{"one line break in a header", "key", "ab\n", "", ""},
		{"no UTF-8 in a header", "key", "caf\xe9", "", ""},
		{"a tab in a header", "key", "a\tb", "", ""},
		{"a line break in JSON", "password", "a\nb", "", ""},
		{"a line break in the query", "user", "a\nb", "", ""},
		{"no UTF-8 in the query", "user", "caf\xe9", "", ""},
		{"a mark in JSON", "password", "\ufeffab", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, name := range []string{"user", "password", "key"} {
				t.Setenv("LOGINWATCH_ODD_LOGIN_"+strings.ToUpper(name), name)
			}
			t.Setenv("LOGINWATCH_ODD_LOGIN_"+strings.ToUpper(test.secret), test.value)
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests++ }))
			defer server.Close()
			run := probe.New(probe.Options{}).Run(t.Context(), planOf(oddLogin(), target(t, server.URL, config.FromEnvironment("odd-login"))))
			if run.Reason != test.reason || run.Detail != test.detail || (requests == 0) != (test.reason != "") {
				t.Errorf("%s %s after %d requests: %s", run.Verdict, run.Reason, requests, run.Detail)
			}
			if test.reason != "" && run.Verdict != loginwatch.Broken {
				t.Errorf("verdict %s", run.Verdict)
			}
		})
	}
}

// All that is wrong is told at once; what is missing gives the reason.
func TestRunNamesMissingAndUnusableSecrets(t *testing.T) {
	t.Setenv("LOGINWATCH_ODD_LOGIN_PASSWORD", "caf\xe9")
	t.Setenv("LOGINWATCH_ODD_LOGIN_KEY", "a\nb")
	run := probe.New(probe.Options{}).Run(t.Context(), planOf(oddLogin(), target(t, "http://127.0.0.1:1", config.FromEnvironment("odd-login"))))
	want := "missing or empty: user (env:LOGINWATCH_ODD_LOGIN_USER); " +
		"can't be sent: key (env:LOGINWATCH_ODD_LOGIN_KEY holds a line break or a control character, so no header can carry it), " +
		"password (env:LOGINWATCH_ODD_LOGIN_PASSWORD is not UTF-8, so no JSON can carry it)"
	if run.Verdict != loginwatch.Broken || run.Reason != loginwatch.ReasonSecretMissing || run.Detail != want {
		t.Errorf("%s %s\n got %s\nwant %s", run.Verdict, run.Reason, run.Detail, want)
	}
}

// Whoever looks why a credential was refused reads first what came along with it;
// nobody reads it where it did not matter.
func TestRefusalNamesOddSecrets(t *testing.T) {
	const odd = `the secret "password" (env:LOGINWATCH_ODD_LOGIN_PASSWORD) `
	for _, test := range []struct {
		name, password, tenant string
		status                 int
		detail                 string
	}{
		{"nothing odd", "hunter2", "", http.StatusUnauthorized, ""},
		{"quotes", `"hunter2"`, "", http.StatusUnauthorized, "look at this first: " + odd + "has quotes around it and was sent as it is"},
		{"a blank", "hunter2 ", "", http.StatusUnauthorized, "look at this first: " + odd + "ends with white space and was sent as it is"},
		{"a mark", "\ufeffhunter2\n", "", http.StatusUnauthorized, "look at this first: " + odd + "begins with a byte order mark and was sent as it is"},
		{"two", "hunter2 ", "'t'", http.StatusUnauthorized, "look at this first: " + odd + "ends with white space and was sent as it is; " +
			`the secret "tenant" (env:LOGINWATCH_ODD_LOGIN_TENANT) has quotes around it and was sent as it is`},
		{"accepted", "hunter2 ", "", http.StatusOK, ""},
		{"not answered", "hunter2 ", "", http.StatusBadGateway, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("LOGINWATCH_ODD_LOGIN_USER", "user")
			t.Setenv("LOGINWATCH_ODD_LOGIN_KEY", "key")
			t.Setenv("LOGINWATCH_ODD_LOGIN_PASSWORD", test.password)
			t.Setenv("LOGINWATCH_ODD_LOGIN_TENANT", test.tenant)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), "hunter2") {
					t.Errorf("sent %s", body)
				}
				w.WriteHeader(test.status)
			}))
			defer server.Close()
			for _, secrets := range []loginwatch.SecretSource{config.FromEnvironment("odd-login"), flow.Remember(config.FromEnvironment("odd-login"))} {
				base, _ := url.Parse(server.URL)
				run := probe.New(probe.Options{}).Run(t.Context(), planOf(oddLogin(), &loginwatch.Target{Name: "test", BaseURL: base, Secrets: secrets}))
				if run.Detail != test.detail {
					t.Errorf("%s %s:\n got %s\nwant %s", run.Verdict, run.Reason, run.Detail, test.detail)
				}
			}
		})
	}
}
