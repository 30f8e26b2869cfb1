package sim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"pgregory.net/rapid"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/compute"
)

func TestFreshTextKeepsItsForm(t *testing.T) {
	tests := []struct{ like, pattern string }{
		{"jgzqxxxxxxt2i8s", `^[a-z]{11}[0-9][a-z][0-9][a-z]$`},
		{"a822e018-80a4-4a86-bd9d-9855710109ff", `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`},
		{"A822E018-80A4", `^[0-9A-F]{8}-[0-9A-F]{4}$`},
		{"917038", `^[1-9][0-9]{5}$`},
		{"admin@NetXD.com", `^[a-z]{5}@NetXD\.com$`},
		{"some text", `^[a-z]{9}$`}, // white space would break a token
		{"Ab/c+D9Zw==", `^[A-Z][a-z]/[a-z]\+[A-Z][0-9][A-Z]w==$`},
		{"face", `^[a-z]{4}$`},
		{"", `^$`},
		{"==", `^==$`},
		{"eyJpdiI6%3D%2f%zz", `^[a-z]{2}[A-Z][a-z]{2}[a-z][A-Z][0-9]%3D%2f%[a-z]{2}$`},
	}
	r := &randomness{source: rand.Reader}
	for _, tt := range tests {
		for range 50 {
			got, err := r.text(tt.like)
			if err != nil || !regexp.MustCompile(tt.pattern).MatchString(got) {
				t.Errorf("%q became %q (%v), want %s", tt.like, got, err, tt.pattern)
			}
		}
	}
}

// What a client has to read before it can use it is still readable.
func TestFreshTextCanBeUsed(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	const challenge = `Digest realm="a b", nonce="abcdefghijklmnop", algorithm=MD5, qop="auth"`
	r := &randomness{source: rand.Reader}
	for name, tt := range map[string]struct {
		like, function string
		of             []string
		options        map[string]string
		option         string
		same           bool
	}{
		"challenge": {challenge, "digest", []string{"user", "password"}, nil, "challenge", false},
		"several":   {`Basic realm="a", ` + challenge, "digest", []string{"user", "password"}, nil, "challenge", false},
		"PEM":       {string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), "rsa-encrypt", []string{"text"}, map[string]string{"padding": "pkcs1"}, "key", true},
		"DER":       {base64.StdEncoding.EncodeToString(der), "rsa-encrypt", []string{"text"}, map[string]string{"padding": "pkcs1"}, "key", true},
	} {
		got, err := freshValue(tt.like, r)
		var text string
		if err != nil || json.Unmarshal([]byte(got), &text) != nil {
			t.Fatal(name, err)
		}
		if (text == tt.like) != tt.same {
			t.Errorf("%s became %q", name, text)
		}
		options := map[string]string{tt.option: text}
		maps.Copy(options, tt.options)
		if _, err := compute.Do(compute.Call{Function: tt.function, Of: tt.of, Options: options}, compute.Env{Rand: rand.Reader, Method: "GET", Target: "/"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFreshAddressesAreForDocumentation(t *testing.T) {
	r := &randomness{source: rand.Reader}
	blocks := []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32"),
	}
	for _, like := range []string{"10.1.2.3", "fe80::1"} {
		got, err := r.text(like)
		if err != nil {
			t.Fatal(err)
		}
		a, err := netip.ParseAddr(got)
		if err != nil || a.Is4() != (like == "10.1.2.3") {
			t.Fatalf("%s became %s", like, got)
		}
		if !slices.ContainsFunc(blocks, func(p netip.Prefix) bool { return p.Contains(a) }) {
			t.Errorf("%s is somebody's address", got)
		}
	}
}

// Whatever a document prints, a fresh value is as long, as printable and as
// decodable.
func TestFreshTextProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		like := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9+/_.@ =-]{0,60}`)).Draw(t, "like")
		if _, err := netip.ParseAddr(like); err == nil {
			return
		}
		got, err := (&randomness{source: rand.Reader}).text(like)
		if err != nil {
			t.Fatal(err)
		}
		if utf8.RuneCountInString(got) != utf8.RuneCountInString(like) || utf8.ValidString(got) != utf8.ValidString(like) {
			t.Fatalf("%q became %q", like, got)
		}
		if strings.Trim(got, "=") != "" && strings.HasSuffix(like, "=") {
			_, before := base64.StdEncoding.Strict().DecodeString(like)
			_, after := base64.StdEncoding.Strict().DecodeString(got)
			if before == nil && after != nil {
				t.Fatalf("%q was base64, %q is not", like, got)
			}
		}
	})
}

func TestInstantKeepsPrecisionAndZone(t *testing.T) {
	now := time.Date(2026, 3, 4, 22, 6, 7, 8_009_000, time.UTC)
	tests := []struct {
		like any
		want string
		ok   bool
	}{
		{"2023-03-02T15:21:31.457Z", `"2026-03-04T22:06:07.008Z"`, true},
		{"2023-03-02T15:21:31Z", `"2026-03-04T22:06:07Z"`, true},
		{"2023-03-02t15:21:31.0z", `"2026-03-04t22:06:07.0z"`, true},
		{"2023-03-02T15:21:31.000000+05:30", `"2026-03-05T03:36:07.008009+05:30"`, true},
		{"2023-03-02 15:21:31Z", `"2026-03-04 22:06:07Z"`, true},
		{json.Number("1600000000"), "1772661967", true},
		{json.Number("1600000000000"), "1772661967008", true},
		{json.Number("1.5"), "", false},
		{"yesterday", "", false},
		{true, "", false},
	}
	for _, tt := range tests {
		if got, ok := instant(tt.like, now); got != tt.want || ok != tt.ok {
			t.Errorf("%v became %s, %v; want %s, %v", tt.like, got, ok, tt.want, tt.ok)
		}
	}
}

func TestFreshValueLeavesWhatIsNoIdentifier(t *testing.T) {
	r := &randomness{source: rand.Reader}
	for _, like := range []any{"", "2023-03-02T15:21:31Z", json.Number("-5"), json.Number("1.5"), true, nil} {
		if got, err := freshValue(like, r); got != "" || err != nil {
			t.Errorf("%v became %s (%v)", like, got, err)
		}
	}
	got, err := freshValue(json.Number("4711471147114711"), r)
	if err != nil || len(got) != 16 || got == "4711471147114711" || got[0] == '0' {
		t.Errorf("a number became %s (%v)", got, err)
	}
}

func TestPatternMatch(t *testing.T) {
	tests := []struct {
		pattern, text string
		want          []binding
		ok            bool
	}{
		{"plain", "plain", nil, true},
		{"plain", "other", nil, false},
		{"${a}", "x", []binding{{"a", "x"}}, true},
		{"${a}", "", []binding{{"a", ""}}, true},
		{"Bearer ${a}", "Bearer x y", []binding{{"a", "x y"}}, true},
		{"Bearer ${a}", "bearer x", nil, false},
		{"<${a}:${b}>", "<x:y:z>", []binding{{"a", "x"}, {"b", "y:z"}}, true},
		{"<${a}:${b}>", "<x>", nil, false},
		{"${a}.", "x", nil, false},
		{"$a ${A} ${}", "$a ${A} ${}", nil, true},
	}
	for _, tt := range tests {
		got, ok := newPattern(tt.pattern).match(tt.text)
		if ok != tt.ok || ok && len(got) != len(tt.want) {
			t.Errorf("%q on %q: %v, %v", tt.pattern, tt.text, got, ok)
			continue
		}
		for i := range tt.want {
			if ok && got[i] != tt.want[i] {
				t.Errorf("%q on %q: %v", tt.pattern, tt.text, got)
			}
		}
	}
}

// Who logs in stands at the places of the secrets alone; all else is left to the
// request schema.
func TestSecretPlaces(t *testing.T) {
	c := &loginwatch.Contract{Secrets: []loginwatch.Secret{{Name: "x"}, {Name: "y"}}}
	tests := []struct {
		name     string
		template any
		body     string
		want     []binding
		ok       bool
	}{
		{"nested", map[string]any{"a": []any{"${x}", map[string]any{"b": "${y}"}}}, `{"a":["1",{"b":"2","c":3}]}`,
			[]binding{{"x", "1"}, {"y", "2"}}, true},
		{"keys with slashes", map[string]any{"a/b~": "${x}"}, `{"a/b~":"1"}`, []binding{{"x", "1"}}, true},
		{"variables and constants", map[string]any{"v": "${v}", "n": 1, "s": "a", "x": "${x}"}, `{"x":"1","n":"1"}`, []binding{{"x", "1"}}, true},
		{"no secret", map[string]any{"v": "${v}", "s": "a"}, `[]`, nil, true},
		{"shorter list", []any{"${x}"}, `[]`, nil, false},
		{"no list", []any{"${x}"}, `{}`, nil, false},
		{"number for text", map[string]any{"s": "${x}"}, `{"s":1}`, nil, false},
		{"other text around", map[string]any{"s": "a ${x}"}, `{"s":"b 1"}`, nil, false},
		{"one missing", map[string]any{"s": "${x}", "t": "${y}"}, `{"s":"1"}`, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := decode([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			found, ok := carried(secretPlaces(c, tt.template), doc)
			if ok != tt.ok {
				t.Fatalf("fits: %v", ok)
			}
			if diff := cmp.Diff(tt.want, found, cmp.AllowUnexported(binding{})); tt.ok && diff != "" {
				t.Error(diff)
			}
		})
	}
}
