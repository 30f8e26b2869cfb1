package sim

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
)

func embedded(t testing.TB) []*loginwatch.Contract {
	t.Helper()
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: loginwatch.Embedded})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if len(catalog.Contracts) == 0 {
		t.Fatal("the embedded pack is empty")
	}
	return catalog.Contracts
}

// Every case of every contract gets what its document promises.
func TestEveryCaseGetsItsPromise(t *testing.T) {
	contracts := embedded(t)
	s := newSim(t, Options{}, contracts...)
	for _, c := range contracts {
		for _, k := range c.Cases {
			t.Run(c.Vendor+"/"+k.ID, func(t *testing.T) {
				res := do(s.Handler(c.Vendor), newClient(s, c).request(t, k))
				if res.Header.Get(MarkHeader) != "" {
					if !k.Undocumented {
						t.Errorf("status %d is not documented", res.StatusCode)
					}
					return
				}
				if x := outcomeOf(t, k.Operation, res); x == nil || !slices.Contains(k.Expect, x) {
					t.Errorf("status %d is none of the outcomes expected", res.StatusCode)
				}
			})
		}
	}
}

// provocation is a request that meets a condition of an operation.
type provocation struct {
	when  loginwatch.Condition
	what  string
	call  call
	times int
}

// provoke finds every way in which a contract's data allow to meet a condition.
func provoke(t testing.TB, s *Simulator, c *loginwatch.Contract, op *loginwatch.Operation) []provocation {
	t.Helper()
	right := newClient(s, c)
	var all []provocation
	add := func(when loginwatch.Condition, what string, request call) {
		all = append(all, provocation{when, what, request, 1})
	}
	for _, k := range c.Cases {
		if k.Operation != op || !k.SuccessDue() {
			continue
		}
		base := right.request(t, k)
		add(loginwatch.WhenValid, k.ID, base)
		if op.Request.Schema != nil {
			broken, list := base, base
			broken.body, list.body = base.body[:len(base.body)-1], "[]"
			add(loginwatch.WhenMalformed, k.ID+" cut", broken)
			add(loginwatch.WhenInvalid, k.ID+" as a list", list)
		}
		if body, ok := withoutPassword(t, c, op, k); ok {
			without := base
			without.body = body
			add(loginwatch.WhenNoPassword, k.ID+" without its password", without)
		}
		for _, h := range op.Request.Headers {
			if !h.Optional && h.Name != "Accept" {
				add(loginwatch.WhenMissingHeader, k.ID+" without "+h.Name, base.with(h.Name, ""))
			}
		}
		elsewhere := base
		elsewhere.path += "x"
		if !strings.Contains(base.path, "?") {
			add(loginwatch.WhenWrongPath, k.ID+" elsewhere", elsewhere)
		}
		for name, value := range right.values {
			wrong := newClient(s, c)
			wrong.values[name] = "A" + value[1:]
			changed := wrong.request(t, k)
			switch {
			case changed.body == base.body && changed.path == base.path || slices.ContainsFunc(c.Variables, func(v loginwatch.Variable) bool { return v.Name == name }):
			case isPassword(c, op, name):
				add(loginwatch.WhenWrongPassword, k.ID+" with another "+name, changed)
			default:
				add(loginwatch.WhenUnknownUser, k.ID+" with another "+name, changed)
			}
		}
		if op.Limit != nil {
			all = append(all, provocation{loginwatch.WhenRateLimited, k.ID + " too often", base, op.Limit.Requests + 1})
		}
	}
	return all
}

// withoutPassword is the case's body but for its password, the user being anybody.
func withoutPassword(t testing.TB, c *loginwatch.Contract, op *loginwatch.Operation, k *loginwatch.Case) (body string, ok bool) {
	t.Helper()
	members, _ := k.Body.(map[string]any)
	left := maps.Clone(members)
	maps.DeleteFunc(left, func(_ string, v any) bool {
		text, _ := v.(string)
		return strings.HasPrefix(text, "${") && isPassword(c, op, strings.Trim(text, "${}"))
	})
	text, err := json.Marshal(left)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), len(left) < len(members)
}

// isPassword reads the case that all contracts share: it replaces what is
// secret about a known user.
func isPassword(c *loginwatch.Contract, op *loginwatch.Operation, name string) bool {
	k := c.Case("wrong-password")
	if k == nil || k.Operation != op {
		return false
	}
	body, err := json.Marshal(k.Body)
	success, err2 := json.Marshal(c.Case("valid-credentials").Body)
	return err == nil && err2 == nil && strings.Contains(string(success), "${"+name+"}") && !strings.Contains(string(body), "${"+name+"}")
}

// Every condition of every operation gets the outcome that the contract gives
// for it, and a bare answer where it gives none.
func TestEveryConditionGetsItsOutcome(t *testing.T) {
	contracts := embedded(t)
	met := map[loginwatch.Condition]int{}
	for _, c := range contracts {
		for _, op := range c.Operations {
			now := start
			s := newSim(t, Options{Now: func() time.Time { return now }}, c)
			for _, p := range provoke(t, s, c, op) {
				now = now.Add(24 * time.Hour) // out of every limit's window
				var res *http.Response
				for range p.times {
					res = do(s, p.call)
				}
				want := op.OutcomeFor(p.when)
				other := map[loginwatch.Condition]loginwatch.Condition{
					loginwatch.WhenWrongPassword: loginwatch.WhenUnknownUser, loginwatch.WhenUnknownUser: loginwatch.WhenWrongPassword,
				}
				other[loginwatch.WhenNoPassword] = loginwatch.WhenInvalid
				if o, ok := other[p.when]; ok && want == nil {
					want = op.OutcomeFor(o)
				}
				place := fmt.Sprintf("%s %s, %s (%s)", c.Vendor, op.ID, p.when, p.what)
				if want == nil {
					if res.Header.Get(MarkHeader) == "" || len(bodyOf(t, res)) > 0 {
						t.Errorf("%s: the document is silent, status %d says otherwise", place, res.StatusCode)
					}
					continue
				}
				met[p.when]++
				if x := outcomeOf(t, op, res); x != want {
					t.Errorf("%s: status %d instead of outcome %s", place, res.StatusCode, want.ID)
				}
				if p.when == loginwatch.WhenRateLimited && res.Header.Get("Retry-After") == "" {
					t.Errorf("%s: no Retry-After", place)
				}
			}
		}
	}
	for _, when := range loginwatch.Conditions {
		if met[when] == 0 {
			t.Errorf("nothing documented was met for %s", when)
		}
	}
	t.Logf("documented conditions met: %v", met)
}
