package sim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

func at(t testing.TB, doc any, pointer string) any {
	t.Helper()
	v, ok := tree.Lookup(doc, pointer)
	if !ok {
		t.Fatalf("the answer has no %s", pointer)
	}
	return v
}

func claimsOf(t testing.TB, token any) (header, claims any) {
	t.Helper()
	parts := strings.Split(token.(string), ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts of a token", len(parts))
	}
	docs := make([]any, 2)
	for i := range docs {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if docs[i], err = decode(raw); err != nil {
			t.Fatal(err)
		}
	}
	return docs[0], docs[1]
}

func TestSuccessIsFreshAndAsDocumented(t *testing.T) {
	c := sample(t)
	s := newSim(t, Options{}, c)
	res := do(s, loginCall(validBody))
	if got := res.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
	doc, again := docOf(t, res), docOf(t, do(s, loginCall(validBody)))
	violations, err := c.Operation("login").Outcome("success").Schema.Validate(doc)
	if err != nil || len(violations) > 0 {
		t.Fatalf("violations %v, error %v", violations, err)
	}
	for _, p := range []string{"/token", "/session/id", "/session/key"} {
		if at(t, doc, p) == at(t, again, p) {
			t.Errorf("%s is the same in two answers", p)
		}
	}
	header, claims := claimsOf(t, at(t, doc, "/token"))
	issued := start.Unix()
	want := map[string]any{
		"iss": "sample", "sub": "u", "jti": at(t, claims, "/jti"),
		"iat": number(issued), "nbf": number(issued - 10), "exp": number(issued + 7200),
		"groups": []any{map[string]any{"name": "a", "role": "R1"}, map[string]any{"name": "b", "role": "R2"}},
	}
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Error(diff)
	}
	if at(t, claims, "/jti") == "ab12-CD" {
		t.Error("the token's id is the example's")
	}
	if diff := cmp.Diff(map[string]any{"alg": "HS256", "typ": "JWT"}, header); diff != "" {
		t.Error(diff)
	}
	rest := map[string]any{
		"/status": "fine", "/ends": number(issued + 7200), "/left": "7200", "/roles": "R1;R2",
		"/made": "2026-03-04T05:06:07.89Z", "/session/kind": "web",
	}
	for p, v := range rest {
		if diff := cmp.Diff(v, at(t, doc, p)); diff != "" {
			t.Errorf("%s: %s", p, diff)
		}
	}
}

func number(n int64) json.Number { return json.Number(fmt.Sprint(n)) }

// The body stays as the document prints it, but for the values that are fresh.
func TestBodyKeepsTheExamplesLayout(t *testing.T) {
	c := sample(t)
	mask := func(body string, doc any) string {
		for _, p := range []string{"/token", "/ends", "/made", "/session/id", "/session/key"} {
			body = strings.Replace(body, fmt.Sprint(at(t, doc, p)), "FRESH", 1)
		}
		return body
	}
	example := strings.TrimSpace(string(c.Operation("login").Outcome("success").Example.Body))
	want, err := decode([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	body := bodyOf(t, do(newSim(t, Options{}, c), loginCall(validBody)))
	got, err := decode(body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(mask(example, want), mask(string(body), got)); diff != "" {
		t.Error(diff)
	}
}

// How long a token lives is taken from the example where it says so, then from
// the document.
func TestLifetimeOfTokens(t *testing.T) {
	day := 24 * time.Hour
	tests := []struct {
		name   string
		claims string
		left   string // the body's field; "" when the contract has none
		days   bool   // documented lifetime of a day
		asOf   int64
		want   time.Duration
	}{
		{"iat and exp", `{"iat":1000,"exp":4000}`, "7200", true, 0, 3000 * time.Second},
		{"the body's field", `{"exp":4000}`, "7200", true, 0, 2 * time.Hour},
		{"the document", `{"exp":4000}`, "", true, 3000, day},
		{"the example's instant", `{"exp":4000}`, "", false, 3000, 1000 * time.Second},
		{"nothing", `{"exp":4000}`, "", false, 0, time.Hour},
		{"exp before iat", `{"iat":5000,"exp":4000}`, "", false, 0, time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := sample(t)
			op := c.Operation("login")
			x := op.Outcome("success")
			if tt.asOf > 0 {
				x.AsOf = time.Unix(tt.asOf, 0)
			}
			if tt.left == "" {
				op.Token.Lifetime.At = ""
			}
			op.Token.Lifetime.Documented = 0
			if tt.days {
				op.Token.Lifetime.Documented = day
			}
			x.Example = example(`{"status":"fine","token":"` + encodeJWT(`{"alg":"RS256"}`, tt.claims) +
				`","ends":1,"left":"7200","roles":"","session":{"id":"abcde"}}`)
			doc := docOf(t, do(newSim(t, Options{}, c), loginCall(validBody)))
			_, claims := claimsOf(t, at(t, doc, "/token"))
			want := number(start.Unix() + int64(tt.want/time.Second))
			if got := at(t, claims, "/exp"); got != want {
				t.Errorf("exp %v, want %v", got, want)
			}
			if tt.left != "" && at(t, doc, "/left") != fmt.Sprint(int64(tt.want/time.Second)) {
				t.Errorf("the body says %v", at(t, doc, "/left"))
			}
		})
	}
}

// A made-up value that the schema refuses gives way to the example's.
func TestSchemaHasTheLastWord(t *testing.T) {
	c := sample(t)
	x := c.Operation("key").Outcome("success")
	x.Schema = schemaOf(t, "key.success", strings.Replace(keySchema, `"x-secret"`, `"pattern": "^Zm9v", "x-secret"`, 1))
	body := bodyOf(t, do(newSim(t, Options{}, c), call{method: "GET", path: "/v1/key?access=demo-access&realm=x"}))
	if string(body) != `{"Key": "Zm9vYmFyZm9vYmFy"}` {
		t.Errorf("body %q", body)
	}
	x.Schema = schemaOf(t, "key.success", strings.Replace(keySchema, `"x-secret"`, `"maxLength": 16, "x-secret"`, 1))
	x.Placeholders = []loginwatch.Place{"/Key"}
	doc := docOf(t, do(newSim(t, Options{}, c), call{method: "GET", path: "/v1/key?access=demo-access&realm=x"}))
	if key := at(t, doc, "/Key").(string); len(key) != 16 || strings.HasPrefix(key, "Zm9v") {
		t.Errorf("a placeholder of 16 characters at most became one of %d", len(key))
	}
}

func TestSecondTokenIsReissued(t *testing.T) {
	c := sample(t)
	old := encodeJWT(`{"alg":"HS512"}`, `{"iat":1600000000,"exp":1600000060}`)
	c.Operation("key").Outcome("success").Example = example(`{"Key": "` + old + `"}`)
	s := newSim(t, Options{}, c)
	get := call{method: "GET", path: "/v1/key?access=demo-access&realm=x"}
	doc := docOf(t, do(s, get))
	if at(t, doc, "/Key") == at(t, docOf(t, do(s, get)), "/Key") {
		t.Error("two tokens of the same second are the same")
	}
	_, claims := claimsOf(t, at(t, doc, "/Key"))
	if got := at(t, claims, "/iat"); got != number(start.Unix()) {
		t.Errorf("iat %v", got)
	}
}

func TestEverywhere(t *testing.T) {
	doc, err := decode([]byte(`{"a":[{"b":"x"},{"c":1},{"b":"y"}],"n":["p","q"],"s":"z"}`))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string][]any{
		"/a/*/b": {"x", "y"}, "/n/*": {"p", "q"}, "/s": {"z"}, "/none": nil, "/s/*": nil, "/a/1/c": {json.Number("1")},
	}
	for pointer, want := range tests {
		if diff := cmp.Diff(want, everywhere(doc, pointer)); diff != "" {
			t.Errorf("%s: %s", pointer, diff)
		}
	}
}

func TestUnder(t *testing.T) {
	tests := []struct {
		pattern, pointer string
		want             bool
	}{
		{"/a", "/a", true}, {"/a", "/a/b", true}, {"/a", "/ab", false}, {"/a/b", "/a", false},
		{"/a/*/b", "/a/12/b", true}, {"/a/*/b", "/a/x/b", false}, {"/a~1b", "/a~1b", true}, {"", "/a", true},
	}
	for _, tt := range tests {
		if got := under(tt.pattern, tt.pointer); got != tt.want {
			t.Errorf("under(%q, %q) = %v", tt.pattern, tt.pointer, got)
		}
	}
}

func TestLeaves(t *testing.T) {
	text := "{\n \"a/b\" : [ 1.50 ,true, {\"\":null}, [] ],\"c\":\"d,:\\\"\" , \"e\":{\"f\":\"\"} }"
	found, err := jsonLeaves([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range found {
		got = append(got, fmt.Sprintf("%s %s %v", l.pointer, text[l.start:l.end], l.member))
	}
	want := []string{"/a~1b/0 1.50 false", "/a~1b/1 true false", "/a~1b/2/ null true", `/c "d,:\"" true`, `/e/f "" true`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{`{"a":`, `{"a" 1}`, `[1,]`, `nope`} {
		if _, err := jsonLeaves([]byte(bad)); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
	if scalar, err := jsonLeaves([]byte(` 12 `)); err != nil || len(scalar) != 1 || scalar[0].pointer != "" {
		t.Errorf("a scalar alone: %v, %v", scalar, err)
	}
}
