package compute

import (
	"net/http"
	"strings"
	"testing"
	"unicode"
)

// FuzzDigest holds that no challenge of a vendor does more than fail: what is
// made of one is one header, which reads back as what was asked.
func FuzzDigest(f *testing.F) {
	for _, file := range []string{"vectors.json", "accepted.json", "errors.json"} {
		for _, v := range vectors(f, file) {
			if v.Function == "digest" {
				f.Add(v.Options["challenge"])
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		const user, password = `Al"ice`, `p\ss:word`
		call := Call{Function: "digest", Of: []string{user, password}, Options: map[string]string{"challenge": text}}
		env := Env{Rand: zeros{}, Method: http.MethodGet, Target: "/a?b=c"}
		value, err := Do(call, env)
		if err != nil {
			if text != "" && len(text) > 40 && strings.Contains(err.Error(), text) {
				t.Errorf("the error repeats the challenge: %v", err)
			}
			return
		}
		if strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r < 0x80 && r != '\t' }) {
			t.Errorf("%q can't stand in a header", value)
		}
		if strings.Contains(value, password) {
			t.Errorf("%q holds the password", value)
		}
		sent, problem := parseChallenges(value)
		if problem != "" || len(sent) != 1 || sent[0].scheme != "digest" {
			t.Fatalf("%q reads back as %q, %s", value, sent, problem)
		}
		if !Accepts(call, value, env) {
			t.Errorf("%q is refused", value)
		}
	})
}

// FuzzKey holds that no key does more than fail, whoever sent it, and that no
// error repeats one.
func FuzzKey(f *testing.F) {
	for _, v := range append(vectors(f, "accepted.json"), vectors(f, "errors.json")...) {
		if call := v.call(f); call.Options["key"] != "" && len(call.Options["key"]) < 1<<10 {
			f.Add(call.Options["key"])
		}
	}
	calls := []Call{
		{Function: "rsa-encrypt", Of: []string{"x"}, Options: map[string]string{"padding": "pkcs1"}},
		{Function: "jwt", Options: map[string]string{"algorithm": "RS256"}},
		{Function: "jwt", Options: map[string]string{"algorithm": "ES256"}},
		{Function: "jwt", Options: map[string]string{"algorithm": "HS256"}},
	}
	f.Fuzz(func(t *testing.T, key string) {
		for _, call := range calls {
			call.Options["key"] = key
			value, err := Do(call, Env{Now: at})
			if err != nil {
				if len(key) > 20 && strings.Contains(err.Error(), key) {
					t.Errorf("the error repeats the key: %v", err)
				}
				continue
			}
			if !Accepts(call, value, Env{Now: at}) {
				t.Errorf("%s by %s refuses its own value %q", call.Function, call.Options["algorithm"], value)
			}
		}
	})
}

// FuzzAccepts holds that no value that a client sends does more than be refused,
// and that none but the right one is taken for a proof.
func FuzzAccepts(f *testing.F) {
	var all []vector
	for _, v := range append(vectors(f, "vectors.json"), vectors(f, "accepted.json")...) {
		f.Add(len(all), v.Value)
		all = append(all, v)
	}
	f.Fuzz(func(t *testing.T, i int, value string) {
		v := all[int(uint(i)%uint(len(all)))]
		call := v.call(t)
		accepted := Accepts(call, value, v.env())
		switch v.Function {
		case "now", "random", "totp", "digest", "basic", "rsa-encrypt", "jwt":
			// Several values are right: times, draws, steps, quotations and blanks.
		default:
			if want, err := Do(call, v.env()); err == nil && accepted && value != want && !strings.Contains(v.Document, "in front") {
				t.Errorf("%s takes %q for %q", v.Function, value, want)
			}
		}
		if inputs, ok := Inputs(call, value); ok && v.Function != "join" && len(inputs) != len(call.Of) {
			t.Errorf("%s: %q has the inputs %q", v.Function, value, inputs)
		}
		ReadToken(value)
	})
}
