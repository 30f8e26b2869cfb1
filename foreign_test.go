package loginwatch_test

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
)

func TestForeignWithholdsEveryFormOfASecret(t *testing.T) {
	const secret = `pä55 "word"/+&=`
	forms := map[string]string{
		"plain":             secret,
		"upper case":        strings.ToUpper("prefix" + secret),
		"query":             url.QueryEscape(secret),
		"path":              url.PathEscape(secret),
		"hex":               hex.EncodeToString([]byte(secret)),
		"json":              `pä55 \"word\"/+\u0026=`,
		"every byte":        percent(secret),
		"twice":             url.QueryEscape(percent(secret)),
		"code points":       codePoints(secret),
		"base64":            base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 in 1":       base64.StdEncoding.EncodeToString([]byte("x" + secret)),
		"base64 in 2":       base64.URLEncoding.EncodeToString([]byte("xy" + secret + "z")),
		"base64 of base64":  base64.RawURLEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(secret)))),
		"base32":            base32.StdEncoding.EncodeToString([]byte(secret)),
		"JSON's own quotes": `pä55 \"word\"/+&=`,
		"HTML":              `pä55 &quot;word&#34;/+&amp;=`,
		"HTML, all of it":   `&#112;&#xe4;&#53;&#53;`,
		"octal":             `\160\344\65\65`,
		"full width":        "ｐ５５ｗｏｒｄ",
	}
	for name, text := range map[string]string{
		"query": url.QueryEscape(secret), "path": url.PathEscape(secret), "JSON": `pä55 \"word\"/+\u0026=`,
		"HTML": html.EscapeString(secret), "XML": `pä55 &#34;word&#34;/+&amp;=`,
	} {
		forms["hex of "+name] = hex.EncodeToString([]byte(text))
		forms["base32 of "+name] = base32.StdEncoding.EncodeToString([]byte(text))
		forms["base64 of "+name] = base64.RawURLEncoding.EncodeToString([]byte(text))
		forms["base64 of a body with "+name] = base64.StdEncoding.EncodeToString([]byte("p=" + text + "&x=1"))
	}
	for name, text := range forms {
		if got := loginwatch.NewRedactor([]string{"other", secret}).Foreign("key-" + text + "-end"); got != "(withheld)" {
			t.Errorf("%s: shown as %q", name, got)
		}
	}
}

func percent(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%%%02x", c)
	}
	return b.String()
}

func codePoints(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04X`, r)
	}
	return b.String()
}

func TestForeignIsPrintableAndBounded(t *testing.T) {
	for _, odd := range []string{"a\x1b[31m", "a\nb", "a\u202eb", "a\u200bb", "a b", "naïve", "\xff", `a"b`, "a&amp;b", "<a>"} {
		if got := loginwatch.NewRedactor([]string{"secret"}).Foreign(odd); got != "(withheld)" {
			t.Errorf("%q is shown as %q", odd, got)
		}
	}
	got := loginwatch.NewRedactor([]string{""}).Foreign(strings.Repeat("e", 200))
	if n := len([]rune(got)); n != 81 {
		t.Errorf("%d characters, want 80 and an ellipsis", n)
	}
	if got := loginwatch.NewRedactor([]string{"secret"}).Foreign("refresh_token"); got != "refresh_token" {
		t.Errorf("a harmless name became %q", got)
	}
}

// A secret is found whatever stands between its parts, and backwards.
func TestForeignFindsSecretsInPieces(t *testing.T) {
	const secret = "S3CRETpassword"
	for _, text := range []string{"S3CRET-pass.word", "s_3_c_r_e_t_password", "53.33.43.52.45.54.70.61.73.73.77.6f.72.64", "drowssapTERC3S", "x-drow-ssap-TERC3S"} {
		if got := loginwatch.NewRedactor([]string{secret}).Foreign(text); got != "(withheld)" {
			t.Errorf("%s: shown as %q", text, got)
		}
	}
}

// Half a secret says too much as well; what has five characters in common says nothing.
func TestForeignWithholdsPieces(t *testing.T) {
	const secret = "s3cret-Horse-battery"
	r := loginwatch.NewRedactor([]string{"other", secret})
	for text, shown := range map[string]bool{
		"x-S3CRET-y": false, "horse_batt": false, "h-o-r-s-e-b": false, hex.EncodeToString([]byte(secret))[:12]: false, base64.StdEncoding.EncodeToString([]byte(secret))[:10]: false,
		"horse": true, "cretin": true, "stable": true, "cre-tb": true, "": true,
	} {
		if got := r.Foreign(text); (got == text) != shown {
			t.Errorf("%s: shown as %q", text, got)
		}
	}
}
