package evidence_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/evidence"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// forms are the ways in which the hunt writes a secret, whole and in pieces.
func forms(secret string) map[string]string {
	half := len(secret) / 2
	return map[string]string{
		"plain": secret, "first half": secret[:half], "second half": secret[half:], "turned": reversed(secret), "upper case": strings.ToUpper(secret),
		"hex": hex.EncodeToString([]byte(secret)), "base64": base64.StdEncoding.EncodeToString([]byte(secret)), "base64 behind": base64.RawURLEncoding.EncodeToString([]byte("x:" + secret)),
		"percent": percent(secret), "escaped": url.QueryEscape(secret), "with marks": strings.Join(strings.Split(secret, ""), "-"),
	}
}

func reversed(text string) string {
	all := []rune(text)
	slices.Reverse(all)
	return string(all)
}

func percent(text string) (out string) {
	for i := range len(text) {
		out += fmt.Sprintf("%%%02x", text[i])
	}
	return out
}

// No name of an answer lets a secret through, however the vendor writes it: neither one
// of ours nor one that the same answer gives.
func TestNoNameHoldsASecret(t *testing.T) {
	for _, secret := range []string{password, account, minted} {
		for how, text := range forms(secret) {
			name := headerName(text)
			quoted, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			body := fmt.Sprintf(`{"session": %q, %s: {"a": 1}, "list": [{%[2]s: 1}], "deep": {"prefix-%s": 2}, "echo": %[2]s}`, minted, quoted, name)
			e := answered(t, http.Header{
				"X-" + name: {"1"}, "Content-Type": {"application/" + strings.ToLower(name)}, "Location": {"https://login.example/?code=" + url.QueryEscape(text)},
				"Set-Cookie": {name + "=" + name + "; Path=/" + name + "; Domain=" + name + ".example"},
			}, body)
			hunt(t, how, secret, e)
			for format, body := range map[loginwatch.BodyFormat]string{
				loginwatch.BodyXML:  "<answer><" + element(text) + " " + element(text) + `="1">` + url.QueryEscape(text) + "</" + element(text) + "></answer>",
				loginwatch.BodyForm: "session=1&" + url.QueryEscape(text) + "=" + url.QueryEscape(text) + "&x-" + name + "=1",
				loginwatch.BodyText: text,
			} {
				hunt(t, how+" in "+string(format), secret, read(t, http.Header{"Content-Type": {format.MediaType()}}, body, format))
			}
			hunt(t, how+" in an error page", secret, answered(t, http.Header{"Content-Type": {"text/html"}}, "<html><body><pre>POST /login\n\n{password: "+text+"}"))
			if len(e.Answer) < 8 {
				t.Errorf("%s: %d places: %+v", how, len(e.Answer), e.Answer)
			}
		}
	}
}

// hunt looks for a secret in evidence, whole and in pieces.
func hunt(t *testing.T, how, secret string, e *loginwatch.Evidence) {
	t.Helper()
	for _, held := range forms(secret) {
		if said := fmt.Sprintf("%+v", e); strings.Contains(strings.ToLower(said), strings.ToLower(held)) {
			t.Errorf("%s of %s as %s: %s", how, secret, held, said)
		}
	}
}

// element writes a text as the name of an element of XML.
func element(text string) string { return "n" + strings.ReplaceAll(headerName(text), "!", "-") }

func headerName(text string) string {
	return strings.Map(func(r rune) rune {
		if r > '~' || strings.ContainsRune(`@%+/= "\:,;`, r) {
			return '-'
		}
		return r
	}, text)
}

// A value that is one of our secrets is told by its name, without length and
// fingerprint; so is one that holds it.
func TestEchoedSecrets(t *testing.T) {
	for how, text := range map[string]string{
		"itself": password, "in a sentence": "wrong: " + password, "hex": hex.EncodeToString([]byte(password)), "percent": percent("a " + password),
		"base64": base64.StdEncoding.EncodeToString([]byte(account + ":" + password)), "base64url": base64.RawURLEncoding.EncodeToString([]byte("~~~" + password)),
	} {
		e := answered(t, http.Header{"X-Backend": {text}, "Set-Cookie": {"sid=" + text}}, `{"session": "`+text+`"}`)
		for _, got := range e.Answer {
			if got.Type == "string" && (!strings.HasSuffix(got.Format, "${password}") && !strings.HasSuffix(got.Format, "${account}") || got.Length != 0 || got.Digest != "") {
				t.Errorf("%s: %+v", how, got)
			}
		}
	}
}

// Nor does what a certificate says of itself; what it says else stays.
func TestNoCertificateHoldsASecret(t *testing.T) {
	for what, looked := range map[string]*evidence.Looked{"each look is the first": nil, "looks are remembered": {}} {
		t.Run(what, func(t *testing.T) {
			noCertificateHolds(t, looked)
			noCertificateHolds(t, looked)
		})
	}
}

func noCertificateHolds(t *testing.T, looked *evidence.Looked) {
	t.Helper()
	told := func(name string) string {
		in := login(t)
		in.Looked = looked
		in.Secrets = func() []string {
			return []string{account, password, "4711", "robot@login.example", "robot@tenants.test"}
		}
		in.Exchange = &loginwatch.Exchange{Method: "POST", Failure: loginwatch.ReasonTimeout, Certificates: []loginwatch.Certificate{{Subject: "CN=" + name, Issuer: "O=" + name}}}
		c := evidence.Of(in).Certificates[0]
		return c.Subject + c.Issuer
	}
	for how, text := range forms(password) {
		if got := told(text); got != "(withheld)(withheld)" {
			t.Errorf("%s: %s", how, got)
		}
	}
	if got := told("login-4711.people.example"); got != "CN=login-4711.people.exampleO=login-4711.people.example" {
		t.Errorf("got %s", got)
	}
	// What the address tells of an account everybody knows, and nothing else of it.
	if got := told("*.login.example"); got != "CN=*.login.exampleO=*.login.example" {
		t.Errorf("got %s", got)
	}
	if got := told("*.tenants.test"); got != "(withheld)(withheld)" {
		t.Errorf("got %s", got)
	}
}

// No answer makes evidence without bound, or takes long.
func TestBounds(t *testing.T) {
	var names, long []string
	for i := range 3000 {
		names = append(names, fmt.Sprintf(`"%s": {"x": "%d"}`, strings.Repeat(string(rune('a'+i%26)), 1+i/26), i))
		long = append(long, fmt.Sprintf(`"n%s": 1`, strings.Repeat("y", i%60)+string(rune('a'+i%26))+string(rune('a'+i/26%26))+string(rune('a'+i/676))))
	}
	for what, body := range map[string]string{
		"names":  "{" + strings.Join(names, ",") + "}",
		"fields": "{" + strings.Join(long[:450], ",") + "}",
		"items":  "[" + strings.Repeat(`{"a": [[[1]]], "b": "x"},`, 2000) + "1]",
		"depth":  strings.Repeat(`{"a":`, 31) + "1" + strings.Repeat("}", 31),
	} {
		began := time.Now()
		e := answered(t, nil, body)
		if n := len(e.Answer); n > 400 || n == 0 {
			t.Errorf("%s: %d places", what, n)
		}
		t.Logf("%s: %d places after %s", what, len(e.Answer), time.Since(began))
	}
}

// What comes anew in each run keeps its form, or the first run of many would be a
// change of the vendor's.
func TestFormsAreNoChance(t *testing.T) {
	alphabets := map[string]string{"hex": "0123456789abcdef", "base64": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", "base62": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"}
	seed := uint64(1)
	for name, alphabet := range alphabets {
		for _, length := range []int{32, 43, 64} {
			seen := map[string]bool{}
			for range 3000 {
				text := make([]byte, length)
				for i := range text {
					seed = seed*6364136223846793005 + 1442695040888963407
					text[i] = alphabet[seed>>33%uint64(len(alphabet))]
				}
				for _, trait := range answered(t, nil, `{"session": "`+string(text)+`"}`).Answer[1:] {
					seen[trait.Format] = true
				}
			}
			if len(seen) != 1 {
				t.Errorf("%d characters of %s: %v", length, name, slices.Sorted(maps.Keys(seen)))
			}
		}
	}
}

func BenchmarkOf(b *testing.B) {
	for name, field := range map[string]string{"documented names": "line1234567", "a foreign name": "expiresIn"} {
		b.Run(name, func(b *testing.B) {
			in := login(&testing.T{})
			in.Exchange = &loginwatch.Exchange{
				Method: "POST", Status: 200, Proto: "HTTP/1.1",
				Header: http.Header{"Content-Type": {"application/json"}, "Date": {"Thu, 26 Nov 2026 10:00:00 GMT"}, "Content-Length": {"98"}},
				Body:   []byte(`{"session": "` + minted + `", "user": {"first name": "Ann"}, "` + field + `": 1209600}`),
			}
			in.Answer = wire.Read(in.Exchange, loginwatch.BodyJSON)
			b.ReportAllocs()
			for b.Loop() {
				evidence.Of(in)
			}
		})
	}
}
