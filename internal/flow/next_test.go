package flow_test

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// failing is a source one of whose secrets can't be read.
type failing struct {
	configured
	name string
	err  error
}

func (f failing) Secret(name string) (string, bool, error) {
	if name == f.name {
		return "", false, f.err
	}
	return f.configured.Secret(name)
}

// There is a next run once everything is there that is to come, and it logs in as
// somebody else than the current one.
func TestNext(t *testing.T) {
	op := &loginwatch.Operation{ID: "login", Request: loginwatch.Request{Headers: []loginwatch.Header{{Name: "X-User", Value: "${user}"}, {Name: "X-Password", Value: "${password}"}}}}
	k := &loginwatch.Case{ID: "login", Operation: op, Expect: []*loginwatch.Outcome{{Means: loginwatch.OK}}, Needs: []string{"user", "password"}}
	c := &loginwatch.Contract{Vendor: "example", Account: []string{"password", "user"}, Secrets: []loginwatch.Secret{{Name: "user"}, {Name: "password"}}, Operations: []*loginwatch.Operation{op}, Cases: []*loginwatch.Case{k}}
	both := []string{"password", "user"}
	now := configured{"user": "u", "password": "marked-old"}
	for name, tt := range map[string]struct {
		now    configured
		next   loginwatch.SecretSource
		coming []string
		want   bool
		err    string
	}{
		"it is there":              {now, configured{"user": "u", "password": "marked-new"}, []string{"password"}, true, ""},
		"none is named":            {now, nil, nil, false, ""},
		"it is empty":              {now, configured{"user": "u", "password": ""}, []string{"password"}, false, ""},
		"its file is missing":      {now, failing{now, "password", fs.ErrNotExist}, []string{"password"}, false, ""},
		"one of two is there":      {now, configured{"password": "marked-new"}, both, false, ""},
		"both are there":           {now, configured{"user": "v", "password": "marked-new"}, both, true, ""},
		"it is the current one":    {now, now, both, false, ""},
		"it can't be read":         {now, failing{now, "password", errors.New("permission denied")}, []string{"password"}, false, "next secret password: permission denied"},
		"it can't be sent":         {now, configured{"user": "u", "password": "marked-new\nline"}, []string{"password"}, false, "next secret: secret-unusable"},
		"the current one is wrong": {configured{"user": "u"}, configured{"user": "u", "password": "marked-new"}, []string{"password"}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := &loginwatch.Probe{Contract: c, Name: "login", Steps: []loginwatch.Step{{Case: k, Role: loginwatch.RoleSubject}}}
			plan := flow.New(loginwatch.Job{Probe: p, Target: &loginwatch.Target{Name: "production", Credential: "example/robot", Secrets: tt.now, Next: tt.next, Coming: tt.coming}})
			next, err := plan.Next()
			if (next != nil) != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("%v, %v; want one: %t", next != nil, err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "marked-") {
				t.Errorf("a secret is told: %v", err)
			}
			if next == nil {
				return
			}
			if next.Account()["password"] != "marked-new" || plan.Account()["password"] != "marked-old" {
				t.Errorf("%v beside %v", next.Account(), plan.Account())
			}
			if !next.SendsComing() {
				t.Error("it does not send what is to come")
			}
			if k.Needs = []string{"user"}; next.SendsComing() {
				t.Error("a login without it sends it")
			}
			k.Needs = both
			for _, both := range []*flow.Plan{plan, next} { // the vendor knows both
				if s := both.Secrets(); !slices.Contains(s, "marked-old") || !slices.Contains(s, "marked-new") {
					t.Error("one of the two is not hidden")
				}
				if k := both.Known(); k["password"] != both.Account()["password"] || k["another password"] == k["password"] || !strings.HasPrefix(k["another password"], "marked-") || k["another user"] == k["user"] {
					t.Errorf("it knows %v", k)
				}
			}
		})
	}
}
