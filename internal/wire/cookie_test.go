package wire

import (
	"net/http"
	"testing"
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
		{[]string{"SID=abc"}, ""},
		{[]string{"sid"}, ""},
		{[]string{"=abc"}, ""},
		{[]string{""}, ""},
		{nil, ""},
	} {
		a := &Answer{Header: http.Header{"Set-Cookie": tt.lines}}
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
