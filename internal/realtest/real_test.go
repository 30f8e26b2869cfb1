//go:build real

package realtest

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
)

// login is a server whose pack holds whole: every case of the contract is ok there
// and at our simulator of it.
type login struct {
	vendor string
	server string            // script or program of tools/real
	path   string            // of the application on that server
	fields map[string]string // the contract's secrets, by what the server knows them as
	wrong  string            // the secret that a wrong credential has wrong
	paths  map[string]string // of operations that stand elsewhere than the contract says
	whom   map[string]string // variables that name the server, by what stands behind its address
	wrongs map[string]string // cases in which the server is not as its standard says: the verdict and findings that tell it
}

var logins = []login{
	{vendor: "signzy-ezkra", server: "loopback.js", path: "/plain", fields: named("username", "password"), wrong: "password"},
	{vendor: "loopback3", server: "loopback.js", path: "/users/api", fields: named("email", "username", "password"), wrong: "password"},
	{vendor: "json-server-auth", server: "json-server-auth.js", fields: named("email", "password"), wrong: "password"},
	{vendor: "node-red", server: "node-red.js", fields: named("username", "password"), wrong: "password"},
	{vendor: "simplejwt", server: "djangologins.py", fields: named("username", "password"), wrong: "password"},
	{vendor: "simplejwt-blacklist", server: "djangologins.py", fields: named("username", "password"), wrong: "password"},
	{vendor: "oidc-provider", server: "oidc-provider.js", fields: named("client_id", "client_secret", "refresh_token"), wrong: "client_secret"},
	{
		vendor: "zitadel-oidc", server: "zitadel",
		fields: named("client_id", "client_secret", "refresh_token", "service_id", "service_secret"), wrong: "service_secret",
	},
	{
		vendor: "oauth-client-credentials", server: "oidc-provider.js opaque", fields: named("client_id", "client_secret"), wrong: "client_secret",
		paths: map[string]string{"introspect": "/token/introspection", "revoke": "/token/revocation"},
	},
	{
		vendor: "openid-connect", server: "oidc-provider.js", fields: named("client_id", "client_secret", "refresh_token"), wrong: "client_secret",
		paths: map[string]string{"userinfo": "/me"},
	},
	{
		vendor: "openid-connect", server: "zitadel", fields: named("client_id", "client_secret", "refresh_token"), wrong: "client_secret",
		paths:  map[string]string{"keys": "/keys", "refresh": "/oauth/token"},
		wrongs: map[string]string{"missing-authorization": "unavailable"}, // a 500
	},
	{
		vendor: "oauth-refresh", server: "zitadel", fields: named("client_id", "client_secret", "refresh_token"), wrong: "client_secret",
		paths: map[string]string{"refresh": "/oauth/token", "resource": "/userinfo"},
		wrongs: map[string]string{
			"missing-authorization": "unavailable",                                   // a 500
			"missing-token":         "drift breaking header header:WWW-Authenticate", // which RFC 6750 demands
			"wrong-secret":          "drift breaking header header:WWW-Authenticate", // and RFC 6749
		},
	},
	{
		vendor: "oauth-jwt-bearer", server: "zitadel", wrong: "issuer",
		fields: map[string]string{"issuer": "client_id", "subject": "client_id", "key_id": "key_id", "private_key": "assertion_key"},
		paths:  map[string]string{"token": "/oauth/token"}, whom: map[string]string{"audience": "/"},
	},
	{vendor: "django-session", server: "djangologins.py", fields: named("username", "password"), wrong: "password"},
	{
		vendor: "django-otp", server: "djangologins.py", wrong: "password",
		fields: map[string]string{"username": "username", "password": "password", "totp_seed": "totp_base32"},
	},
	{vendor: "soap-login", server: "soap.js", fields: named("username", "password"), wrong: "password"},
	{vendor: "couchdb", server: "pouchdb-server.js", fields: map[string]string{"name": "username", "password": "password"}, wrong: "password"},
	{vendor: "etcd", server: "etcd.js", fields: map[string]string{"name": "username", "password": "password"}, wrong: "password"},
}

// named are secrets whose names are those of the account.
func named(names ...string) map[string]string {
	fields := map[string]string{}
	for _, name := range names {
		fields[name] = name
	}
	return fields
}

// target is the login at an address, which may be that of a proxy in front of it.
func (l login) target(t *testing.T, v vendor, s *server, base *url.URL) *loginwatch.Target {
	t.Helper()
	variables := map[string]string{}
	for name, path := range l.whom {
		variables[name] = s.String() + path
	}
	return &loginwatch.Target{
		Name: "real", BaseURL: base, Secrets: config.Static("the test", s.secrets(t, l.fields)), Credential: v.Vendor + "/real",
		Paths: l.paths, Variables: variables,
	}
}

// told takes out the cases in which the server is known to be wrong: each is told to be.
func (l login) told(t *testing.T, runs []app.CaseRun) []app.CaseRun {
	t.Helper()
	return slices.DeleteFunc(runs, func(r app.CaseRun) bool {
		want, known := l.wrongs[r.Case.ID]
		if got := strings.Join(append([]string{string(r.Run.Verdict)}, findingsOf(r.Run)...), " "); known && got != want {
			t.Errorf("%q is to be told, but %s", want, said(r))
		}
		return known
	})
}

// loginOf finds the login of a vendor.
func loginOf(t *testing.T, vendor string) login {
	t.Helper()
	i := slices.IndexFunc(logins, func(l login) bool { return l.vendor == vendor })
	if i < 0 {
		t.Fatalf("no login of %s", vendor)
	}
	return logins[i]
}

func TestLogins(t *testing.T) {
	for _, l := range logins {
		t.Run(l.vendor, func(t *testing.T) {
			t.Parallel()
			v, server := load(t, l.vendor), start(t, l.server)
			base := server.JoinPath(l.path)
			real := func() *loginwatch.Target { return l.target(t, v, server, base) }
			t.Run("cases", func(t *testing.T) { // side by side: some wait for a new one-time code
				t.Run("real", func(t *testing.T) { t.Parallel(); well(t, l.told(t, v.everyCase(t, real))) })
				t.Run("simulator", func(t *testing.T) { t.Parallel(); well(t, v.everyCase(t, v.simulator(t))) })
			})
			t.Run("wrong-secret", func(t *testing.T) { v.refused(t, real(), l.wrong) })
			if !t.Failed() {
				t.Logf("%s at %s: %d cases as documented, there and at our simulator; another %s is rejected", l.vendor, l.server, len(v.Cases)-len(l.wrongs), l.wrong)
			}
		})
	}
}
