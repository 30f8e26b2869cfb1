//go:build real

package realtest

import (
	"slices"
	"testing"

	"github.com/loginwatch/loginwatch"
)

// fronts are the servers that the proxy stands in front of, and what is planted
// there.
var fronts = []struct {
	vendor string
	on     map[string]string // endpoints, by the names of the deviations
	lists  [][]deviation
}{
	{
		"oidc-provider",
		map[string]string{"discovery": "GET /.well-known/openid-configuration", "keys": "GET /jwks", "token": "POST /token", "revoke": "POST /token/revocation"},
		[][]deviation{ofTokens("valid-credentials"), ofJWTs("valid-credentials", "access_token"), ofJWTs("refresh", "id_token"), ofKeys("valid-credentials", "access_token"), ofClaims("valid-credentials", "access_token"), ofKeys("refresh", "id_token"), ofClaims("refresh", "id_token"), ofOthers},
	},
	{
		"zitadel-oidc",
		map[string]string{"discovery": "GET /.well-known/openid-configuration", "keys": "GET /keys", "token": "POST /oauth/token", "revoke": "POST /revoke"},
		[][]deviation{ofTokens("valid-credentials"), ofTokens("refresh"), ofJWTs("refresh", "id_token"), ofKeys("refresh", "id_token"), ofClaims("refresh", "id_token"), ofParties, ofOthers},
	},
	{
		"django-session",
		map[string]string{"page": "GET /accounts/login/", "login": "POST /accounts/login/"},
		[][]deviation{ofCookies},
	},
}

// TestPlantedDeviations changes the answers of real servers, one at a time: each
// change breaks, and is told by its kind; what is not changed shows nothing.
func TestPlantedDeviations(t *testing.T) {
	for _, f := range fronts {
		t.Run(f.vendor, func(t *testing.T) {
			t.Parallel()
			l := loginOf(t, f.vendor)
			v, server := load(t, l.vendor), start(t, l.server)
			p := newProxy(t, server)
			target := func() *loginwatch.Target { return l.target(t, v, server, p.base(t)) }
			well(t, v.everyCase(t, target))
			planted := 0
			for _, d := range slices.Concat(f.lists...) {
				planted++
				p.change.Store(&change{f.on[d.on], d.how})
				r := v.verify(t, target(), v.Case(d.id))[0]
				p.change.Store(nil)
				if r.Run.Verdict != loginwatch.Drift || !slices.ContainsFunc(r.Run.Findings(), func(found loginwatch.Finding) bool {
					return found.Class == loginwatch.Breaking && found.Kind == d.kind
				}) {
					t.Errorf("%s, %s: wanted is a breaking finding of kind %s, but %s", d.id, d.name, d.kind, said(r))
				}
			}
			if !t.Failed() {
				t.Logf("%s: %d deviations planted, each is told by its kind, and none where nothing is planted", f.vendor, planted)
			}
		})
	}
}
