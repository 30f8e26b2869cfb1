package drift

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// name gives names of letters alone, each another one.
func name(i int) string {
	x := uint64(i)*6364136223846793005 + 1442695040888963407
	var b strings.Builder
	for range 9 {
		x ^= x >> 29
		x *= 0x9E3779B97F4A7C15
		b.WriteByte(byte('a' + (x>>33)%26))
	}
	return b.String()
}

// hostile is what a vendor says in its nth answer: an outcome, "" for none that is
// documented, and what stands in it beside the token.
type hostile func(n int) (outcome string, fields []string)

func (h hostile) run(n int, at time.Time, token string, more ...loginwatch.Trait) *loginwatch.Run {
	outcome, names := h(n)
	traits := []loginwatch.Trait{{Type: "object", Length: 60}, {Place: "/token", Type: token}, {Place: "/all", Type: "object", Length: 50}}
	for _, f := range names {
		traits = append(traits, loginwatch.Trait{Place: f, Type: "string"})
	}
	step := loginwatch.StepResult{Case: "valid", Operation: "login", HTTPStatus: 200, Evidence: &loginwatch.Evidence{Status: 200, Answer: append(traits, more...)}}
	if step.Verdict, step.Outcome = loginwatch.OK, outcome; outcome == "" {
		step.Verdict = loginwatch.Drift
	}
	return &loginwatch.Run{Key: loginwatch.Key{Vendor: "hostile", Target: "production"}, ID: fmt.Sprint(n), Started: at, Steps: []loginwatch.StepResult{step}}
}

// A vendor that sends other names in each answer neither fills what is kept, nor hides a
// change in it, nor has every run's evidence kept.
func TestNamesWithoutEnd(t *testing.T) {
	many := func(n, of int, below string) (names []string) {
		for i := range of {
			names = append(names, below+"/x-"+name(n*of+i))
		}
		return names
	}
	for what, says := range map[string]hostile{
		"none":                  func(int) (string, []string) { return "success", nil },
		"one new name":          func(n int) (string, []string) { return "success", many(n, 1, "") },
		"one below another":     func(n int) (string, []string) { return "success", many(n, 1, "/all") },
		"as many as are told":   func(n int) (string, []string) { return "success", many(n, 50, "") },
		"undocumented answers":  func(n int) (string, []string) { return []string{"success", ""}[n%2], many(n, 3*(n%2), "") },
		"large undocumented":    func(n int) (string, []string) { return []string{"success", ""}[n%2], many(n, 50*(n%2), "") },
		"undocumented and more": func(n int) (string, []string) { return []string{"success", "", ""}[n%3], many(n, 3, "") },
	} {
		t.Run(what, func(t *testing.T) {
			w := &world{vendor: "hostile", now: time.Unix(1_780_000_000, 0).UTC()}
			s := &shelf{texts: map[string]string{}}
			r := newReplica(s, w)
			notable := 0
			for n := range 30 * 48 {
				w.now = w.now.Add(30 * time.Minute)
				var more []loginwatch.Trait
				if token := "string"; n > 20*48 {
					token, more = "number", []loginwatch.Trait{{Place: "/added", Type: "string"}}
					run := says.run(n, w.now, token, more...)
					_ = r.RecordRun(context.Background(), run)
				} else {
					run := says.run(n, w.now, token)
					if _ = r.RecordRun(context.Background(), run); run.Notable {
						notable++
					}
				}
				if n%48 == 0 {
					r.Keep(context.Background(), true)
				}
			}
			state := r.known[Target{"hostile", "production"}].state
			var told []string
			for _, c := range state.Changes {
				told = append(told, c.Says())
			}
			if all := strings.Join(told, "; "); !strings.Contains(all, "/token is of another type: number") || !strings.Contains(all, "/added is new") || strings.Contains(all, "x-") {
				t.Errorf("told: %s", all)
			}
			if notable > 2*mostPlaces {
				t.Errorf("%d runs are notable", notable)
			}
			other := says.run(1, w.now, "string")
			other.Steps[0].Operation, other.Steps[0].Outcome, other.Steps[0].Verdict = "logout", "success", loginwatch.OK
			if _ = r.RecordRun(context.Background(), other); state.Shapes["logout/valid/success"] == nil {
				t.Error("nothing else of the vendor's is learned any more")
			}
			if r.Keep(context.Background(), true); strings.Contains(r.log.String(), "can't be kept") || len(s.texts) != 1 {
				t.Errorf("%s", r.log)
			}
		})
	}
}

// One answer of a moment at which the clock was wrong changes nothing of what is told.
func TestWrongClock(t *testing.T) {
	says := hostile(func(int) (string, []string) { return "success", nil })
	start := time.Unix(1_780_000_000, 0).UTC()
	for what, wrong := range map[string]time.Time{
		"none": start, "far ahead": start.AddDate(70, 0, 0), "a month ahead": start.AddDate(0, 1, 0), "the epoch": time.Unix(3, 0), "a month behind": start.AddDate(0, -1, 0),
	} {
		for _, when := range []struct {
			n     int
			token string
		}{{1, "string"}, {15 * 48, "string"}, {15 * 48, "number"}, {24 * 48, "number"}, {24 * 48, "string"}} {
			t.Run(fmt.Sprint(what, " at ", when.n, " ", when.token), func(t *testing.T) {
				s := NewState()
				now := start
				learn := func(run *loginwatch.Run) {
					for _, o := range Of(run) {
						s.Learn(&o)
					}
				}
				for n := range 30 * 48 {
					now = now.Add(30 * time.Minute)
					token := "string"
					if n > 20*48 {
						token = "number"
					}
					if n == when.n && what != "none" {
						learn(says.run(n, wrong, when.token))
					}
					learn(says.run(n, now, token))
				}
				i := slices.IndexFunc(s.Changes, func(c *Change) bool { return strings.Contains(c.Says(), "number") })
				if len(s.Changes) != 1 || i < 0 || s.Changes[i].Standing(now) != Open || s.Changes[i].Last.After(now) {
					t.Errorf("%d changes, %+v", len(s.Changes), s.Changes)
				}
				for n := range 8 * 48 {
					now = now.Add(30 * time.Minute)
					learn(says.run(n, now, "string"))
				}
				if i >= 0 && s.Changes[i].Standing(now) != Gone {
					t.Errorf("not gone: %+v", s.Changes[i])
				}
			})
		}
	}
}
