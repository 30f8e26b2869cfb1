//go:build real

package realtest

import (
	"slices"
	"testing"

	"github.com/loginwatch/loginwatch"
)

// TestRefreshTokenIsTakenOnce holds that a rotating refresh token is good for one
// login, that its successor is used for the next one, and that the old one is then
// refused, by real servers and by our simulators of them.
func TestRefreshTokenIsTakenOnce(t *testing.T) {
	for _, vendor := range []string{"oidc-provider", "zitadel-oidc"} {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			l := loginOf(t, vendor)
			v, server := load(t, vendor), start(t, l.server)
			for name, target := range map[string]*loginwatch.Target{
				"real": l.target(t, v, server, server.URL), "simulator": v.simulator(t)(),
			} {
				refresh := v.Case("refresh")
				for i, r := range v.verify(t, target, refresh, refresh, refresh) {
					if r.Run.Verdict != loginwatch.OK {
						t.Errorf("%s, time %d: %s", name, i+1, said(r))
					}
				}
				again := v.verify(t, target, refresh)[0] // begins with the configured one
				if again.Run.Verdict != loginwatch.Rejected || again.Run.Steps[len(again.Run.Steps)-1].Outcome != "dead-token" {
					t.Errorf("%s, with the first token again: %s", name, said(again))
				}
			}
			if !t.Failed() {
				t.Logf("%s: a refresh token is taken once, and its successor after it, there and at our simulator", vendor)
			}
		})
	}
}

// TestKeysRotate holds that a login is as documented before and after its server
// changes its keys: each run asks for them anew.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	l := loginOf(t, "oidc-provider")
	v, server := load(t, l.vendor), start(t, l.server)
	target := l.target(t, v, server, server.URL)
	for range 2 {
		well(t, v.verify(t, target, v.Case("valid-credentials")))
		server.do(t, "announce")
		r := v.verify(t, target, v.Case("valid-credentials"))[0]
		if found := findingsOf(r.Run); r.Run.Verdict != loginwatch.OK || !slices.Equal(found, []string{"tolerated token-key /access_token"}) {
			t.Errorf("with a key that is announced and not used yet: %s", said(r))
		}
		server.do(t, "rotate")
	}
	if !t.Failed() {
		t.Log("oidc-provider: logins before and after its keys change")
	}
}
