//go:build !race

package drift

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// varied is a vendor of whose answers all that is kept has something: lifetimes that fall
// and that rise, issuers, undocumented answers and, after twenty days, changes.
type varied struct{ now time.Time }

func (v *varied) learn(s *State, from, to int) {
	says := hostile(func(n int) (string, []string) { return []string{"success", "success", ""}[n%3], []string{"/more"} })
	for n := from; n < to; n++ {
		v.now = v.now.Add(30 * time.Minute)
		token, more := "string", loginwatch.Trait{Place: "header:X-Login", Type: "string"}
		if n > 20*48 {
			token, more = "number", loginwatch.Trait{Place: "header:X-Signin", Type: "string"}
		}
		for _, o := range Of(says.run(n, v.now, token, more)) {
			o.HasLifetime, o.Lifetime, o.Issuer = true, time.Duration(1+n%7)*time.Hour, fmt.Sprint("issuer ", n/1000)
			if n%2 == 0 {
				o.Case, o.Lifetime = "other", time.Duration(1+n/1000)*time.Hour
			}
			s.Learn(&o)
		}
	}
}

// Whatever somebody wrote into what is kept, it is refused, or learned from and kept again.
func TestTamperedState(t *testing.T) {
	v := &varied{time.Unix(1_780_000_000, 0).UTC()}
	s := NewState()
	if v.learn(s, 0, 23*48); len(s.Changes) < 2 {
		t.Fatalf("%d changes", len(s.Changes))
	}
	sound, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var whole any
	if err := json.Unmarshal(sound, &whole); err != nil {
		t.Fatal(err)
	}
	then, refused, read := v.now, 0, 0
	eachPlace(whole, func(set func(any), was any) {
		for _, is := range []any{nil, -1, 0, 1, 9e18, "", "nothing", "token", []any{}, map[string]any{}, map[string]any{"": map[string]any{}}} {
			set(is)
			text, err := json.Marshal(whole)
			if err != nil {
				t.Fatal(err)
			}
			s, err := Decode(text)
			if err != nil {
				refused++
				continue
			}
			read++
			v.now = then
			if err := v.use(s, sound); err != nil {
				t.Errorf("%v in the place of %v: %v", is, was, err)
			}
		}
		set(was)
	})
	if read == 0 || refused == 0 {
		t.Errorf("%d were read, %d refused", read, refused)
	}
}

// use does with a state all that is done with one, also beside that of another replica.
func (v *varied) use(s *State, sound []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	v.learn(s, 23*48, 23*48+6)
	for _, c := range s.Changes {
		c.Says()
		c.Standing(v.now)
		s.Accept(c, v.now, "")
	}
	for _, begin := range []string{`{"format":1}`, string(sound)} {
		ours, err := Decode([]byte(begin))
		if err != nil {
			return err
		}
		theirs, err := Decode([]byte(begin))
		if err != nil {
			return err
		}
		ours.merge(s)
		v.learn(ours, 23*48+6, 23*48+8)
		s.merge(theirs)
	}
	other := NewState()
	other.merge(s)
	for step := range 4 {
		other.shed(step)
	}
	text, err := s.Encode()
	if err == nil {
		_, err = Decode(text)
	}
	return err
}

// eachPlace gives each value of a document with what puts another one in its place.
func eachPlace(v any, yield func(set func(any), was any)) {
	switch v := v.(type) {
	case map[string]any:
		for k, was := range v {
			eachPlace(was, yield)
			yield(func(to any) { v[k] = to }, was)
		}
	case []any:
		for i, was := range v {
			eachPlace(was, yield)
			yield(func(to any) { v[i] = to }, was)
		}
	}
}
