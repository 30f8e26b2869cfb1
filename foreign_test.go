package loginwatch_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
)

func TestForeignWithholdsEveryFormOfASecret(t *testing.T) {
	const secret = `pä55 "word"/+&=`
	forms := map[string]string{
		"plain":       secret,
		"upper case":  strings.ToUpper("prefix" + secret),
		"query":       url.QueryEscape(secret),
		"path":        url.PathEscape(secret),
		"hex":         hex.EncodeToString([]byte(secret)),
		"json":        `pä55 \"word\"/+\u0026=`,
		"every byte":  percent(secret),
		"twice":       url.QueryEscape(percent(secret)),
		"code points": codePoints(secret),
		"base64":      base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 in 1": base64.StdEncoding.EncodeToString([]byte("x" + secret)),
		"base64 in 2": base64.URLEncoding.EncodeToString([]byte("xy" + secret + "z")),
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
	got := loginwatch.NewRedactor([]string{""}).Foreign("a\x1b[31m\n\u202e" + strings.Repeat("é", 200))
	if strings.ContainsAny(got, "\x1b\n\u202e") {
		t.Errorf("control characters survive: %q", got)
	}
	if n := len([]rune(got)); n != 81 {
		t.Errorf("%d characters, want 80 and an ellipsis", n)
	}
	if got := loginwatch.NewRedactor([]string{"secret"}).Foreign("refresh_token"); got != "refresh_token" {
		t.Errorf("a harmless name became %q", got)
	}
}
