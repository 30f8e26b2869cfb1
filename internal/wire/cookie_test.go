package wire

import (
	"net/http"
	"testing"
	"time"
)

func TestCookies(t *testing.T) {
	for _, tt := range []struct {
		lines []string
		value string // "" for none
	}{
		{[]string{"sid=abc; Path=/; HttpOnly"}, "abc"},
		{[]string{"other=1", "sid=abc"}, "abc"},
		{[]string{"sid=first", "sid=last"}, "last"},
		{[]string{"sid=abc", "sid=; Max-Age=0"}, ""},
		{[]string{"sid=abc; Max-Age=-1"}, ""},
		{[]string{"sid=abc; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}, "abc"},
		{[]string{"sid=deleted; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/"}, ""},
		{[]string{"sid=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT"}, ""},
		{[]string{"sid=abc; expires=Sat, 21-Nov-2026 13:00:00 GMT"}, "abc"},
		{[]string{"sid=abc; Expires=tomorrow; Max-Age=x"}, "abc"},
		{[]string{`sid=a\b`}, `a\b`},
		{[]string{"sid=caf\u00e9"}, "caf\u00e9"},
		{[]string{`sid="a b"`}, `"a b"`},
		{[]string{" sid\t= abc ;secure"}, "abc"},
		{[]string{"SID=abc"}, ""},
		{[]string{"sid"}, ""},
		{[]string{"=abc"}, ""},
		{[]string{""}, ""},
		{nil, ""},
	} {
		a := &Answer{Header: http.Header{"Set-Cookie": tt.lines}, came: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
		got := ""
		if c := a.Cookie("sid"); c != nil {
			got = c.Value
		}
		if got != tt.value {
			t.Errorf("%q: %q, want %q", tt.lines, got, tt.value)
		}
	}
}

func FuzzCookie(f *testing.F) {
	for _, seed := range []string{"sid=abc; Max-Age=5; Expires=Sat, 21 Nov 2026 13:00:00 GMT; SameSite=None; Secure", "sid=;;;=", "sid=\"a b\"", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		a := &Answer{Header: http.Header{"Set-Cookie": {line}}}
		if c := a.Cookie("sid"); c != nil && (c.Value == "" || c.MaxAge < 0) {
			t.Fatalf("%q: %+v", line, c)
		}
	})
}

func TestCookieAttributes(t *testing.T) {
	c := readCookie("sid=a; SECURE; HttpOnly=yes; SameSite=NONE; Max-Age=60; Expires=Saturday, 21-Nov-26 13:00:00 GMT")
	if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteNoneMode || c.MaxAge != 60 || c.Expires.Hour() != 13 {
		t.Errorf("%+v", c)
	}
	if c := readCookie("sid=a; SameSite=Sometimes"); c.Secure || c.HttpOnly || c.SameSite != 0 || c.MaxAge != 0 || !c.Expires.IsZero() {
		t.Errorf("%+v", c)
	}
}
