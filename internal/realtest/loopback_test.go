//go:build real

package realtest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
)

// applications are other ways in which LoopBack 3 is set up: what it then says to
// the cases, which are sent one after the other.
var applications = []struct {
	name  string
	cases []answered
}{
	{"debug", []answered{
		{"valid-credentials", loginwatch.OK, "", nil},
		{"malformed-json", loginwatch.OK, "", []string{
			"additive extra /error/body", "additive extra /error/expose", "additive extra /error/stack",
			"additive extra /error/status", "additive extra /error/type",
		}},
		{"unknown-user", loginwatch.OK, "", []string{"additive extra /error/stack"}},
		{"wrong-password", loginwatch.OK, "", []string{"additive extra /error/stack"}},
	}},
	{"unverified", []answered{
		{"wrong-password", loginwatch.OK, "", nil},
		// LOGIN_FAILED_EMAIL_NOT_VERIFIED, with the user's id beside it.
		{"valid-credentials", loginwatch.Rejected, loginwatch.ReasonCredential, []string{"tolerated value /error/code"}},
	}},
	{"locking", []answered{
		{"valid-credentials", loginwatch.OK, "", nil},
		{"wrong-password", loginwatch.OK, "", nil},
		{"malformed-json", loginwatch.OK, "", nil}, // the control names nobody, so it counts against nobody
		{"malformed-json", loginwatch.OK, "", nil},
		{"valid-credentials", loginwatch.OK, "", nil},
		{"wrong-password", loginwatch.OK, "", nil},
		{"valid-credentials", loginwatch.Rejected, loginwatch.ReasonCredential, []string{"tolerated value /error/code"}},
		{"unknown-user", loginwatch.OK, "", nil},
	}},
}

// answered is a case and what is to come of it.
type answered struct {
	id       string
	verdict  loginwatch.Verdict
	reason   loginwatch.Reason
	findings []string
}

func TestLoopBackSetUpOtherwise(t *testing.T) {
	t.Parallel()
	v := load(t, "signzy-ezkra")
	server := start(t, "loopback.js")
	for _, a := range applications {
		t.Run(a.name, func(t *testing.T) {
			target := loginOf(t, v.Vendor).target(t, v, server, server.JoinPath(a.name))
			for _, want := range a.cases {
				r := v.verify(t, target, v.Case(want.id))[0]
				if r.Run.Verdict != want.verdict || r.Run.Reason != want.reason {
					t.Errorf("wanted is %s %s, but %s", want.verdict, want.reason, said(r))
				}
				if diff := cmp.Diff(want.findings, slices.Compact(findingsOf(r.Run))); diff != "" {
					t.Errorf("findings of %s (-expected +found):\n%s", want.id, diff)
				}
			}
			if !t.Failed() {
				t.Logf("LoopBack, %s: %d logins judged as they should be", a.name, len(a.cases))
			}
		})
	}
}
