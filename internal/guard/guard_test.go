package guard

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func nested(n int) string { return strings.Repeat(`[`, n) + strings.Repeat(`]`, n) }

// clean are bodies that pass, each at an edge of what does.
var clean = []string{
	`{}`, `[]`, `""`, `0`, `-0`, `true`, `false`, `null`, " \t\r\n{ \n} \t",
	`{"id":"jgzq","ttl":1209600,"created":"2023-03-02T15:21:31.457Z"}`,
	`[1,-2,3.5,1e5,1E+5,1e-5,-0.0]`,
	`9223372036854775807`, `-9223372036854775808`, `9223372036854775808`, `18446744073709551615`,
	`1e308`, `1.7976931348623157e308`, `1e-308`, `0.0000001e-300`, `1e0000000308`,
	`1234567890.12345678901234567890123456789`, // 40 characters
	`{"a":{"a":{"a":[{"a":1},{"a":2}]}},"A":1,"á":2,"a ":3}`,
	`["\"\\\/\b\f\n\r\t\u0000\uFFFF\uD83D\uDE00"]`,
	"\"žluťoučký \U0001F600 \u007f\ufeff\"",
	nested(32), "[" + strings.Repeat("[],{},", 40) + "0]",
	`{"a":{"b":1},"b":[{"b":1},{"b":1}]}`,
	string(repeated("{", `"m%d":1`, "}", 4_999)),
}

func TestCheckPasses(t *testing.T) {
	for _, body := range clean {
		if r := Check([]byte(body), Defaults()); r != nil {
			t.Errorf("%.60s: %v", body, r)
		}
		if problem := disagreement([]byte(body)); problem != "" {
			t.Errorf("%.60s: %s", body, problem)
		}
	}
}

// refused are bodies that don't, with the cause and, where it says something,
// the place.
var refused = []struct {
	body string
	want Refusal
}{
	{"", Refusal{Cause: Empty}},
	{" \r\n\t", Refusal{Cause: Empty, Offset: 4}},

	{"\ufeff{}", Refusal{Cause: Encoding}},
	{"\xff\xfe{\x00}\x00", Refusal{Cause: Encoding}},
	{"{\"a\":\"\xe9\"}", Refusal{Cause: Encoding, Offset: 6}},
	{"{\"a\xc0\xaf\":1}", Refusal{Cause: Encoding, Offset: 3}},
	{"[\"\xed\xa0\x80\"]", Refusal{Cause: Encoding, Offset: 2}},
	{`["12345678\ud800"]`, Refusal{Cause: Encoding, Offset: 10}},
	{`["\udc00\ud800"]`, Refusal{Cause: Encoding, Offset: 2}},
	{`["\ud800\ud800"]`, Refusal{Cause: Encoding, Offset: 2}},
	{`["\ud800\n"]`, Refusal{Cause: Encoding, Offset: 2}},
	{`["\ud800x"]`, Refusal{Cause: Encoding, Offset: 2}},
	{"[\xff]", Refusal{Cause: Encoding, Offset: 1}},

	{`{"username": `, Refusal{Cause: Truncated, Offset: 13}},
	{`{`, Refusal{Cause: Truncated, Offset: 1}},
	{`{"a`, Refusal{Cause: Truncated, Offset: 3}},
	{`{"a"`, Refusal{Cause: Truncated, Offset: 4}},
	{`{"a":1`, Refusal{Cause: Truncated, Offset: 6}},
	{`{"a":1,`, Refusal{Cause: Truncated, Offset: 7}},
	{`[tru`, Refusal{Cause: Truncated, Offset: 4}},
	{`-`, Refusal{Cause: Truncated, Offset: 1}},
	{`[1.`, Refusal{Cause: Truncated, Offset: 3}},
	{`[1e+`, Refusal{Cause: Truncated, Offset: 4}},
	{`"\`, Refusal{Cause: Truncated, Offset: 2}},
	{`"\u12`, Refusal{Cause: Truncated, Offset: 5}},
	{`"\ud83d`, Refusal{Cause: Truncated, Offset: 7}},
	{`"\ud83d\`, Refusal{Cause: Truncated, Offset: 8}},
	{`"\ud83d\ude0`, Refusal{Cause: Truncated, Offset: 12}},
	{"\"\xe2\x82", Refusal{Cause: Truncated, Offset: 1}},
	{"[\xe2\x82", Refusal{Cause: Truncated, Offset: 1}},

	{`<html>`, Refusal{Cause: Syntax}},
	{`{"a":1,}`, Refusal{Cause: Syntax, Offset: 7}},
	{`[1,]`, Refusal{Cause: Syntax, Offset: 3}},
	{`[,1]`, Refusal{Cause: Syntax, Offset: 1}},
	{`{a:1}`, Refusal{Cause: Syntax, Offset: 1}},
	{`{'a':1}`, Refusal{Cause: Syntax, Offset: 1}},
	{`{"a" 1}`, Refusal{Cause: Syntax, Offset: 5}},
	{`{"a":1 "b":2}`, Refusal{Cause: Syntax, Offset: 7}},
	{`[1}`, Refusal{Cause: Syntax, Offset: 2}},
	{`[01]`, Refusal{Cause: Syntax, Offset: 2}},
	{`01`, Refusal{Cause: Syntax, Offset: 1}},
	{`truex`, Refusal{Cause: Syntax, Offset: 4}},
	{`True`, Refusal{Cause: Syntax}},
	{`+1`, Refusal{Cause: Syntax}},
	{`.5`, Refusal{Cause: Syntax}},
	{`1.x`, Refusal{Cause: Syntax, Offset: 2}},
	{`1.5.2`, Refusal{Cause: Syntax, Offset: 3}},
	{`1-2`, Refusal{Cause: Syntax, Offset: 1}},
	{`NaN`, Refusal{Cause: Syntax}},
	{`-Infinity`, Refusal{Cause: Syntax, Offset: 1}},
	{"[\"a\nb\"]", Refusal{Cause: Syntax, Offset: 3}},
	{`["\x"]`, Refusal{Cause: Syntax, Offset: 2}},
	{`["\u00g0"]`, Refusal{Cause: Syntax, Offset: 2}},
	{"\u00a0{}", Refusal{Cause: Syntax}},
	{"{\"a\":1 // no\n}", Refusal{Cause: Syntax, Offset: 7}},

	{`{"a":1}<html>`, Refusal{Cause: Trailing, Offset: 7}},
	{`{} {}`, Refusal{Cause: Trailing, Offset: 3}},
	{"{}\x00", Refusal{Cause: Trailing, Offset: 2}},
	{`1 2`, Refusal{Cause: Trailing, Offset: 2}},

	{`{"a":1,"a":2}`, Refusal{DuplicateKey, 7, "/a"}},
	{`{"a":1,"b":2,"\u0061":3}`, Refusal{DuplicateKey, 13, "/a"}},
	{`{"\ud83d\ude00":1,"😀":2}`, Refusal{DuplicateKey, 18, "/😀"}},
	{`{"\u0022":1,"\"":2}`, Refusal{DuplicateKey, 12, `/"`}},
	{`{"":1,"":2}`, Refusal{DuplicateKey, 6, "/"}},
	{`[0,{"a/b":{"c~d":{"x":1,"x":1}}}]`, Refusal{DuplicateKey, 24, "/1/a~1b/c~0d/x"}},
	{string(repeated("{", `"m%d":1`, `,"m3":1}`, 4_000)), Refusal{DuplicateKey, 38891, "/m3"}},
	{string(repeated("{", `"m%d":1`, `,"m15":1}`, 16)), Refusal{DuplicateKey, 119, "/m15"}},
	{string(repeated("{", `"m%d":1`, `,"\u006d16":1}`, 17)), Refusal{DuplicateKey, 127, "/m16"}},

	{nested(33), Refusal{Cause: TooDeep, Offset: 32}},
	{strings.Repeat(`{"a":`, 200_000/5), Refusal{Cause: TooDeep, Offset: 160}},

	{`{"a":[0,12345678901234567890123456789012345678901]}`, Refusal{NumberTooLong, 8, "/a/1"}},
	{`{"a":1e309}`, Refusal{NumberOutOfRange, 5, "/a"}},
	{`1e-309`, Refusal{Cause: NumberOutOfRange}},
	{`1e999999999`, Refusal{Cause: NumberOutOfRange}},
	{`1e99999999999999999999999999`, Refusal{Cause: NumberOutOfRange}},
	{`1e18446744073709551616`, Refusal{Cause: NumberOutOfRange}},
	{`1.8e308`, Refusal{Cause: NumberOutOfRange}},
	{`100e307`, Refusal{Cause: NumberOutOfRange}},
	{`-9223372036854775809`, Refusal{Cause: NumberOutOfRange}},
	{`18446744073709551616`, Refusal{Cause: NumberOutOfRange}},
	{`123456789012345678901`, Refusal{Cause: NumberOutOfRange}},

	{string(repeated("[", "1", "]", 10_000)), Refusal{Cause: TooManyTokens, Offset: 2*9_999 + 1}},
	{string(repeated("{", `"m%d":1`, "}", 5_000)), Refusal{Cause: TooManyTokens, Offset: 48_889}},
	{strings.Repeat(" ", 256<<10+1), Refusal{Cause: TooLarge, Offset: 256 << 10}},
}

func TestCheckRefuses(t *testing.T) {
	seen := map[Cause]bool{}
	for _, c := range refused {
		r := Check([]byte(c.body), Defaults())
		seen[c.want.Cause] = true
		if r == nil || *r != c.want {
			t.Errorf("%.60q: got %v, want %v", c.body, r, &c.want)
			continue
		}
		if v, again := Decode([]byte(c.body), Defaults()); v != nil || *again != *r {
			t.Errorf("%.60q: Decode gives %v, %v", c.body, v, again)
		}
	}
	for _, c := range []Cause{
		Empty, TooLarge, Encoding, Truncated, Syntax, Trailing, DuplicateKey, TooDeep,
		NumberTooLong, NumberOutOfRange, TooManyTokens,
	} {
		if !seen[c] {
			t.Errorf("no body is refused for %s", c)
		}
	}
}

// TestLimits holds each limit against the value before it and the one behind.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		limit func(*Limits, int)
		body  string
		at    int // the least limit that admits body
		cause Cause
	}{
		{func(l *Limits, n int) { l.Bytes = n }, `{"a":1}`, 7, TooLarge},
		{func(l *Limits, n int) { l.Depth = n }, `{"a":[[1]]}`, 3, TooDeep},
		{func(l *Limits, n int) { l.NumberLength = n }, `[-1.5e3]`, 6, NumberTooLong},
		{func(l *Limits, n int) { l.Exponent = n }, `[1E-7]`, 7, NumberOutOfRange},
		{func(l *Limits, n int) { l.Exponent = n }, `[1e07]`, 7, NumberOutOfRange},
		{func(l *Limits, n int) { l.Tokens = n }, `{"a":[1,"b",null]}`, 6, TooManyTokens},
	} {
		l := Defaults()
		c.limit(&l, c.at)
		if r := Check([]byte(c.body), l); r != nil {
			t.Errorf("%s: %v under the limit of %d", c.body, r, c.at)
		}
		c.limit(&l, c.at-1)
		if r := Check([]byte(c.body), l); r == nil || r.Cause != c.cause {
			t.Errorf("%s: got %v, want %s over the limit of %d", c.body, r, c.cause, c.at-1)
		}
	}
	if r := Check([]byte(`1`), Limits{}); r == nil {
		t.Error("limits that nobody set admit something")
	}
}

// TestPointerIsFitToShow: a name is the vendor's text, and might be a secret.
func TestPointerIsFitToShow(t *testing.T) {
	long := strings.Repeat("s3cret", 20)
	for _, c := range []struct{ body, want string }{
		{fmt.Sprintf(`{"%[1]s":1,"%[1]s":2}`, long), "/(name of 120 characters)"},
		{`{"a\nb":1e999}`, "/(name of 3 characters)"},
		{"{\"a\u202eb\":1e999}", "/(name of 3 characters)"},
		{fmt.Sprintf(`{"%s":1e999}`, long[:64]), "/" + long[:64]},
		{strings.Repeat(`{"`+long[:60]+`":`, 20) + `1e999`, strings.Repeat("/"+long[:60], 8)},
	} {
		r := Check([]byte(c.body), Defaults())
		if r == nil || r.Pointer != c.want {
			t.Errorf("%.40q: got %v, want %q", c.body, r, c.want)
			continue
		}
		if text := r.Error(); strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%.40q: the error is %q", c.body, text)
		}
	}
}

func TestDecode(t *testing.T) {
	got, r := Decode([]byte(`{"a":[1.50,"\u0061",null,true,{}]}`), Defaults())
	if r != nil {
		t.Fatal(r)
	}
	items := got.(map[string]any)["a"].([]any)
	if s := fmt.Sprintf("%T %v", items[0], items); s != "json.Number [1.50 a <nil> true map[]]" {
		t.Error(s)
	}
	// Deeper than encoding/json goes, where somebody lifts the limit.
	l := Limits{Bytes: 1 << 20, Depth: 1 << 20, Tokens: 1 << 20}
	if v, r := Decode([]byte(nested(20_000)), l); v != nil || r == nil || r.Cause != Syntax {
		t.Errorf("got %v, %v", v, r)
	}
}

func TestRefusalIsAnError(t *testing.T) {
	var r *Refusal
	err := error(Check([]byte(`[1,{"a":1e999}]`), Defaults()))
	if !errors.As(fmt.Errorf("body: %w", err), &r) || err.Error() != "number-out-of-range at byte 8 (/1/a)" {
		t.Error(err)
	}
	if got := Check([]byte(`[`), Defaults()).Error(); got != "truncated at byte 1" {
		t.Error(got)
	}
}

// TestCheckIsCheap: one small allocation for any ordinary body.
func TestCheckIsCheap(t *testing.T) {
	for _, body := range [][]byte{answer(1024), indented(answer(4096)), []byte(`{"id":"x","ttl":1}`)} {
		if n := testing.AllocsPerRun(100, func() { _ = Check(body, Defaults()) }); n > 1 {
			t.Errorf("%v allocations for %d bytes", n, len(body))
		}
	}
}

// TestCheckLeavesTheBodyAlone: the body is shared with whoever keeps evidence.
func TestCheckLeavesTheBodyAlone(t *testing.T) {
	body := []byte(`{"\u0061":"\n","b":[1e5]}`)
	before := slices.Clone(body)
	_ = Check(body, Defaults())
	if !reflect.DeepEqual(body, before) {
		t.Error("Check changed the body")
	}
}
