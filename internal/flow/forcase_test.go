package flow_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// chain is a login behind a challenge, one call that uses its session, and a
// logout; and a case that no probe has.
func chain() (*loginwatch.Contract, *loginwatch.Probe) {
	c := &loginwatch.Contract{Vendor: "example"}
	step := func(role loginwatch.Role, id, captures string, needs ...string) loginwatch.Step {
		k := &loginwatch.Case{ID: id, Operation: &loginwatch.Operation{ID: id}, Needs: needs}
		c.Cases = append(c.Cases, k)
		s := loginwatch.Step{Case: k, Role: role}
		if captures != "" {
			s.Capture = []loginwatch.Capture{{Name: captures, At: "/x"}}
		}
		return s
	}
	p := &loginwatch.Probe{Contract: c, Name: "login", Steps: []loginwatch.Step{
		step(loginwatch.RoleSetup, "seed", "seed"),
		step(loginwatch.RoleSetup, "challenge", "challenge", "seed"),
		step(loginwatch.RoleSubject, "login", "session", "challenge", "password"),
		step(loginwatch.RoleFollowUp, "profile", "", "session"),
		step(loginwatch.RoleFollowUp, "ping", ""),
		step(loginwatch.RoleCleanup, "logout", "", "session"),
	}}
	step("", "wrong-password", "", "challenge")
	step("", "malformed", "")
	step("", "after-logout", "", "session")
	c.Case("after-logout").After = []*loginwatch.Case{c.Case("logout")}
	step("", "after-profile", "")
	c.Case("after-profile").After = []*loginwatch.Case{c.Case("profile"), c.Case("ping")}
	step("", "after-login", "", "session")
	c.Case("after-login").After = []*loginwatch.Case{c.Case("login")}
	step("", "after-both", "", "session")
	c.Case("after-both").After = []*loginwatch.Case{c.Case("login"), c.Case("profile")}
	return c, p
}

func TestForCase(t *testing.T) {
	c, p := chain()
	for id, want := range map[string]string{
		"seed":           "seed:subject",
		"challenge":      "seed:setup challenge:subject",
		"login":          "seed:setup challenge:setup login:subject logout:cleanup",
		"profile":        "seed:setup challenge:setup login:subject profile:follow-up logout:cleanup",
		"ping":           "seed:setup challenge:setup login:subject ping:follow-up logout:cleanup",
		"logout":         "seed:setup challenge:setup login:subject logout:follow-up logout:cleanup",
		"wrong-password": "seed:setup challenge:setup wrong-password:subject",
		"malformed":      "malformed:subject",
		"after-logout":   "seed:setup challenge:setup login:subject logout:follow-up after-logout:follow-up logout:cleanup",
		"after-login":    "seed:setup challenge:setup login:subject after-login:follow-up logout:cleanup",
		"after-both":     "seed:setup challenge:setup login:subject profile:follow-up after-both:follow-up logout:cleanup",
		"after-profile":  "seed:setup challenge:setup login:subject profile:follow-up ping:follow-up after-profile:follow-up logout:cleanup",
	} {
		var steps []string
		for _, s := range flow.ForCase(c.Case(id), c, []*loginwatch.Probe{p}, time.Second).Steps {
			steps = append(steps, s.Case.ID+":"+string(s.Role))
		}
		if got := strings.Join(steps, " "); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

// A case that has to carry a cookie runs the steps that set it first, though it
// captures nothing, and a setup that sets one is not left out for what is
// configured.
func TestForCaseBringsCookies(t *testing.T) {
	c, p := chain()
	setsCookie := func(id, name string) {
		o := &loginwatch.Outcome{ID: "success", Means: loginwatch.OK, Cookies: []loginwatch.AnswerCookie{{Name: name}}}
		c.Case(id).Expect = []*loginwatch.Outcome{o}
	}
	carries := func(id, name string) { c.Case(id).Operation.Request.Cookies = []loginwatch.RequestCookie{{Name: name}} }
	setsCookie("seed", "csrf")
	setsCookie("challenge", "csrf")
	carries("challenge", "csrf")
	carries("malformed", "csrf")
	for id, want := range map[string]string{
		"malformed":      "seed:setup challenge:setup malformed:subject",
		"challenge":      "seed:setup challenge:subject",
		"wrong-password": "seed:setup challenge:setup wrong-password:subject",
	} {
		var steps []string
		for _, s := range flow.ForCase(c.Case(id), c, []*loginwatch.Probe{p}, time.Second).Steps {
			steps = append(steps, s.Case.ID+":"+string(s.Role))
		}
		if got := strings.Join(steps, " "); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	c.Secrets = []loginwatch.Secret{{Name: "seed"}, {Name: "challenge"}, {Name: "password"}, {Name: "session"}}
	plan := flow.New(loginwatch.Job{Probe: p, Target: &loginwatch.Target{Secrets: values{"seed": "s", "challenge": "c", "password": "p"}}})
	if len(plan.Steps) == 0 || plan.Steps[0].Case.ID != "seed" {
		t.Errorf("the setup that sets a cookie is left out: %d steps", len(plan.Steps))
	}
}

// A login that is meant to fail is not preceded by one that succeeds, though that
// gives a new session and a new token in the place of those that it needs.
func TestForCaseSendsNoLoginBeforeALogin(t *testing.T) {
	c := &loginwatch.Contract{Vendor: "example"}
	gives := &loginwatch.Outcome{ID: "success", Means: loginwatch.OK, Cookies: []loginwatch.AnswerCookie{{Name: "sid"}}}
	carries := loginwatch.Request{Cookies: []loginwatch.RequestCookie{{Name: "sid"}}}
	page := &loginwatch.Operation{ID: "page", Outcomes: []*loginwatch.Outcome{gives}}
	login := &loginwatch.Operation{ID: "login", Request: carries, Outcomes: []*loginwatch.Outcome{gives}}
	profile := &loginwatch.Operation{ID: "profile", Request: carries}
	c.Cases = append(c.Cases, []*loginwatch.Case{
		{ID: "page", Operation: page, Expect: []*loginwatch.Outcome{gives}},
		{ID: "login", Operation: login, Expect: []*loginwatch.Outcome{gives}, Needs: []string{"token", "password"}},
		{ID: "nobody", Operation: login, Needs: []string{"token"}},
		{ID: "profile", Operation: profile},
		{ID: "change", Operation: profile, Needs: []string{"token"}},
	}...)
	token := []loginwatch.Capture{{Name: "token", At: "/x"}}
	p := &loginwatch.Probe{Contract: c, Name: "login", Steps: []loginwatch.Step{
		{Case: c.Case("page"), Role: loginwatch.RoleSetup, Capture: token},
		{Case: c.Case("login"), Role: loginwatch.RoleSubject, Capture: token},
		{Case: c.Case("profile"), Role: loginwatch.RoleFollowUp},
	}}
	for id, want := range map[string]string{
		"nobody":  "page:setup nobody:subject",
		"profile": "page:setup login:subject profile:follow-up",
		"change":  "page:setup login:setup change:subject",
	} {
		var steps []string
		for _, s := range flow.ForCase(c.Case(id), c, []*loginwatch.Probe{p}, time.Second).Steps {
			steps = append(steps, s.Case.ID+":"+string(s.Role))
		}
		if got := strings.Join(steps, " "); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

// A login that one probe sends for itself and another for a session gives the
// session to whoever needs it, and what is opened for a case is closed.
func TestForCaseReadsEveryProbe(t *testing.T) {
	c, p := chain()
	alone := &loginwatch.Probe{Contract: c, Name: "alone", Steps: append(slices.Clone(p.Steps[:2]), loginwatch.Step{Case: c.Case("login"), Role: loginwatch.RoleSubject})}
	for id, want := range map[string]string{
		"login":   "seed:setup challenge:setup login:subject>session",
		"profile": "seed:setup challenge:setup login:subject>session profile:follow-up logout:cleanup",
		"logout":  "seed:setup challenge:setup login:subject>session logout:follow-up logout:cleanup",
	} {
		var steps []string
		for _, s := range flow.ForCase(c.Case(id), c, []*loginwatch.Probe{alone, p}, time.Second).Steps {
			text := s.Case.ID + ":" + string(s.Role)
			if s.Captures("session") {
				text += ">session"
			}
			steps = append(steps, text)
		}
		if got := strings.Join(steps, " "); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

// asking counts how often its secrets are read together, and whether one is read alone.
type asking struct {
	loginwatch.SecretSource
	readings int
	directly bool
}

func (a *asking) Read() loginwatch.SecretSource { a.readings++; return a.SecretSource }

func (a *asking) Costs(string) bool { return true }

func (a *asking) Secret(name string) (string, bool, error) {
	a.directly = true
	return a.SecretSource.Secret(name)
}

// TestAlreadyConfigured: nobody expects a fetch of what is configured to run when it
// can't; what replaces a secret is no fetch.
func TestAlreadyConfigured(t *testing.T) {
	for _, tt := range []struct {
		name       string
		needs      []string
		captures   []string
		configured configured
		want       bool
		readings   int // that asked the places of the secrets, beside that of the run
	}{
		{"a fetch that can run", []string{"access_key"}, []string{"public_key"}, configured{"access_key": "a", "public_key": "p"}, false, 1},
		{"a fetch that can't", []string{"access_key"}, []string{"public_key"}, configured{"public_key": "p"}, true, 1},
		{"a fetch of something else", []string{"access_key"}, []string{"public_key", "other"}, configured{"public_key": "p"}, false, 1},
		{"a replacement that a step before it helps", []string{"refresh_token", "nonce"}, []string{"refresh_token"}, configured{"refresh_token": "r"}, false, 0},
		{"a login that gives nothing to others", []string{"access_key"}, nil, configured{"access_key": "a"}, false, 0},
	} {
		c := &loginwatch.Contract{Vendor: "example"}
		for _, name := range []string{"access_key", "public_key", "other", "refresh_token", "nonce"} {
			c.Secrets = append(c.Secrets, loginwatch.Secret{Name: name})
		}
		step := loginwatch.Step{Role: loginwatch.RoleSubject, Case: &loginwatch.Case{ID: "case", Operation: &loginwatch.Operation{}, Needs: tt.needs}}
		for _, name := range tt.captures {
			step.Capture = append(step.Capture, loginwatch.Capture{Name: name, At: "/x"})
		}
		p := &loginwatch.Probe{Contract: c, Steps: []loginwatch.Step{step}}
		asked := &asking{SecretSource: tt.configured}
		if got := flow.AlreadyConfigured(p, &loginwatch.Target{Secrets: asked}); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
		if asked.directly || asked.readings != tt.readings {
			t.Errorf("%s: read %d times, want %d; in no reading: %t", tt.name, asked.readings, tt.readings, asked.directly)
		}
	}
}
