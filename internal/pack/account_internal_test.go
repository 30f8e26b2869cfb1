package pack

import (
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
)

// What tells accounts apart is what a login can't be sent without, and nothing that one
// target may configure and another may not.
func TestAccount(t *testing.T) {
	works := []*loginwatch.Outcome{{Means: loginwatch.OK}}
	operation := func(spends ...string) *loginwatch.Operation { return &loginwatch.Operation{Spends: spends} }
	sends := func(o *loginwatch.Operation, names ...string) *loginwatch.Case {
		k := &loginwatch.Case{Operation: o, Expect: works, Needs: names}
		for _, name := range names {
			k.Headers = append(k.Headers, loginwatch.Header{Name: "X", Value: "${" + name + "}"})
		}
		return k
	}
	step := func(role loginwatch.Role, k *loginwatch.Case, captures ...string) loginwatch.Step {
		s := loginwatch.Step{Case: k, Role: role}
		for _, name := range captures {
			s.Capture = append(s.Capture, loginwatch.Capture{Name: name})
		}
		return s
	}
	setup, subject, follow := loginwatch.RoleSetup, loginwatch.RoleSubject, loginwatch.RoleFollowUp
	login := sends(operation(), "user", "password")
	optional := sends(operation(), "user", "password")
	optional.Headers = append(optional.Headers, loginwatch.Header{Name: "X", Value: "${tenant}", Optional: true})
	pinned := sends(&loginwatch.Operation{Token: &loginwatch.Token{Outcome: works[0], Keys: &loginwatch.KeySource{Pinned: "public_key"}}}, "user", "password")
	pinned.Needs = append(pinned.Needs, "public_key")
	computed := sends(operation(), "user", "code")
	computed.Needs = []string{"user", "seed"}
	wrong := sends(operation(), "other_user")
	wrong.Risk = loginwatch.RiskLockOut
	unknown := &loginwatch.Case{Operation: operation(), Needs: []string{"nobody"}, Headers: []loginwatch.Header{{Name: "X", Value: "${nobody}"}}}
	instead := sends(operation(), "user", "password", "secret_hash")
	instead.AlternativeTo = "login"
	for name, tt := range map[string]struct {
		probes []loginwatch.Step // a subject begins the next one, if there was one before
		cases  []*loginwatch.Case
		want   string
	}{
		"a login":                              {probes: []loginwatch.Step{step(subject, login)}, want: "password user"},
		"what may be left out of it":           {probes: []loginwatch.Step{step(subject, optional)}, want: "password user"},
		"what its token is verified by":        {probes: []loginwatch.Step{step(subject, pinned)}, want: "password user"},
		"what is computed, of what it is":      {probes: []loginwatch.Step{step(subject, computed)}, want: "seed user"},
		"what other cases send":                {probes: []loginwatch.Step{step(subject, login)}, cases: []*loginwatch.Case{login, wrong, unknown, instead}, want: "password user"},
		"a follow-up":                          {probes: []loginwatch.Step{step(subject, login, "token"), step(follow, sends(operation(), "token", "api_key"))}, want: "password user"},
		"what is fetched or configured":        {probes: []loginwatch.Step{step(setup, sends(operation(), "access_key"), "public_key"), step(subject, sends(operation(), "user", "password", "public_key"))}, want: "password user"},
		"the first half of a login":            {probes: []loginwatch.Step{step(setup, login, "ticket"), step(subject, sends(operation("ticket"), "ticket", "seed"))}, want: "password seed user"},
		"a secret that its vendor replaces":    {probes: []loginwatch.Step{step(subject, sends(operation("refresh"), "client", "refresh"), "refresh")}, want: "client refresh"},
		"two logins":                           {probes: []loginwatch.Step{step(subject, login), step(subject, sends(operation(), "user", "key"))}, want: "key password user"},
		"what another probe's login gives":     {probes: []loginwatch.Step{step(subject, login, "session"), step(subject, sends(operation(), "session", "user"))}, want: "password user"},
		"no probe: the cases that should work": {cases: []*loginwatch.Case{login, wrong, unknown, instead}, want: "password user"},
	} {
		t.Run(name, func(t *testing.T) {
			c := &loginwatch.Contract{Cases: tt.cases, Computed: []*loginwatch.Computed{{Name: "code", Function: "totp", Of: []string{"${seed}"}}}}
			for _, n := range []string{"user", "password"} {
				c.Secrets = append(c.Secrets, loginwatch.Secret{Name: n})
			}
			var probes []*loginwatch.Probe
			for _, s := range tt.probes {
				c.Operations = append(c.Operations, s.Case.Operation)
				if last := len(probes) - 1; last < 0 || s.Role == subject && probes[last].Subject() != nil {
					probes = append(probes, &loginwatch.Probe{Contract: c})
				}
				last := probes[len(probes)-1]
				last.Steps = append(last.Steps, s)
			}
			probes = append(probes, &loginwatch.Probe{Contract: &loginwatch.Contract{}, Steps: []loginwatch.Step{step(subject, sends(operation(), "foreign"))}})
			got := account(c, probes)
			if strings.Join(got, " ") != tt.want || !slices.IsSorted(got) {
				t.Errorf("%v, want %s", got, tt.want)
			}
		})
	}
}
