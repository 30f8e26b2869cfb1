package route

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What is told apart before anything is sent is told apart in every request.
func TestApartIsKept(t *testing.T) {
	names := map[Part][]string{Header: {"Content-Type", "X-Step"}, Query: {"q"}, Body: {"/a", "/b"}}
	texts := []string{"one", "One", "one; x=1", "${name}"}
	way := rapid.Custom(func(t *rapid.T) (marks []Mark) {
		for _, part := range []Part{Header, Query, Body} {
			for _, name := range names[part] {
				if rapid.Bool().Draw(t, "has "+name) {
					text := rapid.SampledFrom(texts).Draw(t, name)
					marks = append(marks, Mark{part, name, text, strings.Contains(text, "$")})
				}
			}
		}
		return marks
	})
	ways := rapid.SliceOfN(way, 0, 2)
	rapid.Check(t, func(t *rapid.T) {
		one, other := ways.Draw(t, "one"), ways.Draw(t, "other")
		if !Apart(one, other) {
			return
		}
		for _, own := range one {
			var sent []Mark
			for _, m := range own {
				if m.any {
					m.Text = rapid.SampledFrom(texts).Draw(t, "value")
				}
				sent = append(sent, m)
			}
			shows := func(m Mark) bool {
				return slices.ContainsFunc(sent, func(s Mark) bool { return s.Part == m.Part && s.Name == m.Name && m.Takes(s.Text) })
			}
			if Likeness(one, shows) <= Likeness(other, shows) {
				t.Fatalf("%v is not told from %v", sent, other)
			}
		}
	})
}

func TestApart(t *testing.T) {
	mark := func(part Part, name, text string) Mark { return Mark{part, name, text, strings.Contains(text, "$")} }
	password, refresh := mark(Body, "/grant", "password"), mark(Body, "/grant", "refresh")
	user, code := mark(Body, "/user", "${user}"), mark(Body, "/code", "${code}")
	for _, tt := range []struct {
		name       string
		one, other []Mark
		apart      bool
	}{
		{"a constant", []Mark{password, user}, []Mark{refresh, user}, true},
		{"a further part", []Mark{password, user}, []Mark{password, user, code}, true},
		{"other parts", []Mark{user}, []Mark{code}, true},
		{"the same", []Mark{password, user}, []Mark{password, user}, false},
		{"a constant that a value may be", []Mark{password}, []Mark{mark(Body, "/grant", "${grant}")}, false},
		{"nothing and something", nil, []Mark{user}, true},
		{"nothing", nil, nil, false},
		{"letter case in a header", []Mark{mark(Header, "X-Step", "One")}, []Mark{mark(Header, "X-Step", "one")}, false},
		{"letter case in a query", []Mark{mark(Query, "step", "One")}, []Mark{mark(Query, "step", "one")}, true},
		{"a parameter of the body's type", []Mark{mark(Header, "Content-Type", "a/b; charset=utf-8")}, []Mark{mark(Header, "Content-Type", "A/b")}, false},
		{"another type of body", []Mark{mark(Header, "Content-Type", "a/b")}, []Mark{mark(Header, "Content-Type", "a/c")}, true},
	} {
		one, other := [][]Mark{tt.one}, [][]Mark{tt.other}
		if Apart(one, other) != tt.apart || Apart(other, one) != tt.apart {
			t.Errorf("%s: apart %t, the other way round %t", tt.name, Apart(one, other), Apart(other, one))
		}
	}
	if Apart(nil, [][]Mark{{user}}) {
		t.Error("an operation that no case succeeds with is told apart")
	}
}
