package guard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
)

// What is read of an answer is what passes: neither limit is ever the other's
// excuse.
func TestBodyLimit(t *testing.T) {
	if got := Defaults().Bytes; got != loginwatch.BodyLimit {
		t.Errorf("%d bytes pass and %d are read", got, loginwatch.BodyLimit)
	}
}

// disagreement compares Check with independent readers of the same bytes:
// encoding/json for the grammar, a walk over its tokens for equal names, and
// utf8.Valid. "" means that they agree.
func disagreement(body []byte) string {
	l := Defaults()
	r := Check(body, l)
	_, decoded := Decode(body, l)
	if (r == nil) != (decoded == nil) || r != nil && *r != *decoded {
		return fmt.Sprintf("Check says %v, Decode says %v", r, decoded)
	}
	isJSON := json.Valid(body)
	if r == nil {
		switch {
		case !isJSON:
			return "accepted, but encoding/json refuses it"
		case !utf8.Valid(body):
			return "accepted, but it is no UTF-8"
		case repeats(body):
			return "accepted, but a name repeats"
		}
		return ""
	}
	if r.Offset < 0 || r.Offset > len(body) {
		return fmt.Sprintf("%v is outside the body", r)
	}
	switch r.Cause {
	case Empty, Truncated, Syntax, Trailing:
		if isJSON {
			return fmt.Sprintf("%v, but encoding/json takes it", r)
		}
	case DuplicateKey:
		if isJSON && !repeats(body) {
			return fmt.Sprintf("%v, but no name repeats", r)
		}
	case Encoding:
		// encoding/json puts U+FFFD in the place of half a pair.
		var v any
		if json.Unmarshal(body, &v) == nil && utf8.Valid(body) && !strings.Contains(fmt.Sprint(v), "\ufffd") {
			return fmt.Sprintf("%v, but it is UTF-8 with whole pairs", r)
		}
	}
	return ""
}

// repeats tells whether an object of a JSON text has two members of one name.
func repeats(body []byte) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	type frame struct {
		names map[string]bool // nil in an array
		value bool            // the next token is a member's value
	}
	stack := []frame{{}}
	for {
		t, err := d.Token()
		if err != nil {
			return false
		}
		top := &stack[len(stack)-1]
		if t == json.Delim('}') || t == json.Delim(']') {
			stack = stack[:len(stack)-1]
			continue
		}
		if top.names != nil && !top.value {
			name := t.(string)
			if top.names[name] {
				return true
			}
			top.names[name], top.value = true, true
			continue
		}
		top.value = false
		switch t {
		case json.Delim('{'):
			stack = append(stack, frame{names: map[string]bool{}})
		case json.Delim('['):
			stack = append(stack, frame{})
		}
	}
}

// TestAgreement mutates every body of the tables, byte by byte and by splicing,
// and holds Check against the other readers. The seed is fixed.
func TestAgreement(t *testing.T) {
	bodies := slices.Clone(clean)
	for _, c := range refused {
		bodies = append(bodies, c.body)
	}
	bodies = slices.DeleteFunc(bodies, func(s string) bool { return len(s) > 200 })
	random := rand.New(rand.NewPCG(1, 2))
	const alphabet = "{}[]:,\"\\ud8e3c0/-+.01eE9truefalsn \n\x00\x80\xed\xbb\xff<"
	tried, accepted := 0, 0
	for range 400 {
		for _, body := range bodies {
			b := []byte(body)
			other := bodies[random.IntN(len(bodies))]
			for range 1 + random.IntN(3) {
				at := random.IntN(len(b) + 1)
				switch random.IntN(4) {
				case 0:
					b = slices.Insert(b, at, alphabet[random.IntN(len(alphabet))])
				case 1:
					b = b[:at]
				case 2:
					b = slices.Insert(b, at, []byte(other)...)
				default:
					if at < len(b) {
						b[at] = alphabet[random.IntN(len(alphabet))]
					}
				}
			}
			tried++
			if problem := disagreement(b); problem != "" {
				t.Errorf("%q: %s", b, problem)
			}
			if Check(b, Defaults()) == nil {
				accepted++
			}
		}
	}
	t.Logf("%d bodies tried, %d accepted", tried, accepted)
	if accepted < tried/50 {
		t.Error("too few mutated bodies are accepted to say anything")
	}
}

func FuzzCheck(f *testing.F) {
	for _, body := range clean {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if problem := disagreement(body); problem != "" {
			t.Error(problem)
		}
	})
}
