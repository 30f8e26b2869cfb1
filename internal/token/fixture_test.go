package token

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
)

var update = flag.Bool("update", false, "write the findings into the fixtures")

// now is our clock in every fixture.
var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

var key = []byte("a key of this test")

// fixture is one answer and the contract it is held against. The sections of
// its file are contract, input, header, claims, body and want; all but want may
// be left out. In them {{now+N}} is seconds since the epoch, {{date+N}} an
// RFC 3339 date-time, {{jwt}} the token made of header and claims, and
// {{header}}, {{claims}} and {{signature}} its parts.
type fixture struct {
	contract struct {
		At         string
		Form       loginwatch.TokenForm
		Algorithms []string
		Issued     string
		Lifetime   *struct {
			At, Unit   string
			Documented int64
			Fixed      bool
		}
		Matches []struct{ At, Claim, Join string }
	}
	input struct {
		Server   *int   // the Date header, in seconds after our clock
		Previous string // "same" for the digest of this very token
		Keyless  bool
	}
	body any
}

func section(a *txtar.Archive, name, otherwise string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return strings.TrimSpace(string(f.Data))
		}
	}
	return otherwise
}

var instant = regexp.MustCompile(`\{\{(now|date)([+-][0-9]+)\}\}`)

func expand(text string) string {
	return instant.ReplaceAllStringFunc(text, func(s string) string {
		m := instant.FindStringSubmatch(s)
		n, err := strconv.Atoi(m[2])
		if err != nil {
			panic(err)
		}
		t := now.Add(time.Duration(n) * time.Second)
		if m[1] == "date" {
			return t.Format(time.RFC3339)
		}
		return strconv.FormatInt(t.Unix(), 10)
	})
}

// jwtParts makes a token that looks signed; nobody checks its signature.
func jwtParts(header, claims string) [3]string {
	enc := base64.RawURLEncoding.EncodeToString
	return [3]string{enc([]byte(header)), enc([]byte(claims)), enc([]byte("\x00\x01\x02 nobody verifies it \xff"))}
}

func parseFixture(t *testing.T, a *txtar.Archive) fixture {
	t.Helper()
	var f fixture
	strict := func(name, otherwise string, into any) {
		d := json.NewDecoder(strings.NewReader(section(a, name, otherwise)))
		d.DisallowUnknownFields()
		if err := d.Decode(into); err != nil {
			t.Fatalf("section %s: %v", name, err)
		}
	}
	strict("contract", `{"at":"/token","form":"jwt"}`, &f.contract)
	strict("input", `{}`, &f.input)
	p := jwtParts(
		expand(section(a, "header", `{"alg":"HS256","typ":"JWT"}`)),
		expand(section(a, "claims", `{"sub":"demo","exp":{{now+3600}}}`)),
	)
	body := strings.NewReplacer(
		"{{jwt}}", strings.Join(p[:], "."), "{{header}}", p[0], "{{claims}}", p[1], "{{signature}}", p[2],
	).Replace(expand(section(a, "body", `{"token":"{{jwt}}"}`)))
	doc, refusal := guard.Decode([]byte(body), guard.Defaults())
	if refusal != nil {
		t.Fatalf("section body: %v", refusal)
	}
	f.body = doc
	return f
}

func place(line int, words string) (loginwatch.Pos, loginwatch.Cite) {
	return loginwatch.Pos{File: "contract.yaml", Line: line, Column: 5}, loginwatch.Cite{Words: words}
}

// in gives the fixture as the engine would. The statements stand in lines 1
// (token), 2 (lifetime) and from 3 on (claim matches).
func (f fixture) in() Input {
	c := f.contract
	t := &loginwatch.Token{At: loginwatch.Place(c.At), Form: c.Form, Algorithms: c.Algorithms, Issued: loginwatch.Place(c.Issued)}
	t.Pos, t.Cite = place(1, "the token")
	if l := c.Lifetime; l != nil {
		t.Lifetime = &loginwatch.Lifetime{
			At: loginwatch.Place(l.At), Unit: map[string]time.Duration{"": 0, "s": time.Second, "ms": time.Millisecond, "m": time.Minute, "h": time.Hour}[l.Unit],
			Documented: time.Duration(l.Documented) * time.Second, Fixed: l.Fixed,
		}
		t.Lifetime.Pos, t.Lifetime.Cite = place(2, "the lifetime")
	}
	for i, m := range c.Matches {
		match := loginwatch.ClaimMatch{At: loginwatch.Place(m.At), Claim: m.Claim, Join: m.Join}
		match.Pos, match.Cite = place(3+i, "the match")
		t.Matches = append(t.Matches, match)
	}
	in := Input{
		Token: t, Now: now, Previous: f.input.Previous, Key: key,
		Lookup: func(at loginwatch.Place) (any, bool) { return tree.Lookup(f.body, at.String()) },
	}
	if f.input.Server != nil {
		in.Server = now.Add(time.Duration(*f.input.Server) * time.Second)
	}
	if f.input.Keyless {
		in.Key = nil
	}
	if in.Previous == "same" {
		_, facts := Check(in)
		in.Previous = facts.Digest
	}
	return in
}

// written is how fixtures spell what Check says.
func written(findings []loginwatch.Finding, facts loginwatch.TokenFacts) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s %s at %s\n\tdocumented: %s\n\tgot: %s\n\t%s %q\n",
			f.Class, f.Kind, f.Pointer, f.Documented, f.Got, f.Contract, f.Quote)
	}
	lifetime := "unknown"
	if facts.HasLifetime {
		lifetime = facts.Lifetime.String()
	}
	fmt.Fprintf(&b, "facts: present %t, lifetime %s, documented %s, digest %t\n",
		facts.Present, lifetime, facts.Documented, facts.Digest != "")
	return b.String()
}

func TestFixtures(t *testing.T) {
	files, err := filepath.Glob("testdata/tokens/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 30 {
		t.Fatalf("%d token fixtures, at least 30 are promised", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Comment) == 0 {
				t.Error("the fixture does not say what it is for")
			}
			in := parseFixture(t, a).in()
			findings, facts := Check(in)
			got := written(findings, facts)
			for _, f := range findings {
				if problem := sound(f, in.Token); problem != "" {
					t.Errorf("%+v: %s", f, problem)
				}
			}
			if *update {
				a.Files[len(a.Files)-1] = txtar.File{Name: "want", Data: []byte(got)}
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(section(a, "want", "")+"\n", got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// shapes is every form that a Got can have: nothing in it can come from a
// token, its claims or the body.
var shapes = regexp.MustCompile(strings.NewReplacer(
	"TYPE", `(null|a boolean|a number|a string|an array|an object)`,
	"SPAN", `(\d+h)?(\d+m)?(\d+s)?`, "\n", "", "\t", "",
).Replace(`^(absent|an empty string|a string that stands for nothing|TYPE|zero|a negative number|milliseconds|a date beyond the year 9999|
	(white space|a control character|an invisible character) (inside|around) a string of \d+ characters|
	1 part instead of 3|\d+ parts instead of 3|
	a (header|payload) that is (not base64url without padding|no clean JSON \([a-z-]+\)|TYPE instead of an object)|
	a signature that is not base64url without padding|no signature|
	no (exp|alg)|alg (none|[EHPR]S(256|384|512)|EdDSA|ES256K)|alg is TYPE|an alg that is not registered|
	expired SPAN ago|valid only in SPAN|a lifetime of -?SPAN|SPAN ahead|SPAN apart|
	no such claim|another value|an array without it|the token of the run before|
	one that does not verify|crit|kid is TYPE|no kid|none: no answer of this run announced any|
	a key (of another kind|that is announced for something else)|a kid that no announced key has|
	keys that are announced beside the one that signs: \d+)$`))

// sound gives what is wrong with a finding whatever the token was.
func sound(f loginwatch.Finding, t *loginwatch.Token) string {
	pointers := []string{t.At.String(), t.Issued.String()}
	if t.Lifetime != nil {
		pointers = append(pointers, t.Lifetime.At.String())
	}
	for _, m := range t.Matches {
		pointers = append(pointers, m.At.String())
	}
	switch {
	case !shapes.MatchString(f.Got):
		return fmt.Sprintf("%q is no known shape", f.Got)
	case !slices.Contains(loginwatch.Kinds, f.Kind) || f.Kind != loginwatch.KindClockSkew && !strings.HasPrefix(string(f.Kind), "token-"):
		return fmt.Sprintf("kind %q", f.Kind)
	case f.Class != loginwatch.Breaking && f.Class != loginwatch.Tolerated:
		return fmt.Sprintf("class %q", f.Class)
	case !slices.Contains(pointers, f.Pointer):
		return fmt.Sprintf("pointer %q is not the contract's", f.Pointer)
	case f.Documented == "" || f.Contract == "" || (f.Quote == "") != (f.Kind == loginwatch.KindTokenReused || f.Kind == loginwatch.KindTokenKey && f.Class == loginwatch.Tolerated): // of those no document speaks
		return "it does not say what is documented, or where"
	}
	return ""
}
