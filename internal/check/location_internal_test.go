package check

import (
	"net/http"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// A Location is the same path in whatever way a server writes it; one that leads to
// another host stays as it is.
func TestPathOfLocation(t *testing.T) {
	const request = "https://login.example.com/app/login"
	for location, want := range map[string]string{
		"/login?error":                              "/login?error",
		"https://login.example.com/login?error":     "/login?error",
		"http://login.example.com:8080/login?error": "/login?error",
		"//LOGIN.example.com/":                      "/",
		"https://login.example.com":                 "/",
		"home?a=%2F#top":                            "/app/home?a=%2F",
		"https://login.example.com.evil.test/login": "https://login.example.com.evil.test/login",
		"https://evil.test/login":                   "https://evil.test/login",
		"mailto:a@login.example.com":                "mailto:a@login.example.com",
		"http://[::1":                               "http://[::1",
		"":                                          "/app/login",
	} {
		if got := pathOf(location, request); got != want {
			t.Errorf("%q is %q, want %q", location, got, want)
		}
	}
	if got := pathOf("/login", "://"); got != "/login" {
		t.Errorf("without an address it is %q", got)
	}
}

// A prefix of a Location is met in every way of writing it, and by nothing else.
func TestLocationPrefix(t *testing.T) {
	w := loginwatch.Field{At: "header:Location", Test: loginwatch.TestPrefix, Value: "/login?error"}
	for _, test := range []struct {
		request, path, location string
		want                    bool
	}{
		{"https://example.com/login", "/login", "/login?error", true},
		{"https://example.com/login", "/login", "http://example.com/login?error=1", true},
		{"https://example.com/app/login", "/login", "/app/login?error", true},
		{"https://example.com/app/login", "/login", "https://example.com/app/login?error", true},
		{"https://example.com/app/login", "/login", "/login?error", true}, // as the simulator, whose vendors share a host
		{"https://example.com/app/login", "/login", "/application/login?error", false},
		{"https://example.com/app/login", "/login", "/other/login?error", false},
		{"https://example.com/app/login", "/elsewhere", "/app/login?error", false},
		{"https://example.com/login", "/login", "https://evil.test/login?error", false},
		{"https://example.com/login", "/login", "/home", false},
	} {
		j := &judge{op: &loginwatch.Operation{Request: loginwatch.Request{Path: test.path}}, x: &loginwatch.Exchange{URL: test.request}}
		j.answer = &wire.Answer{Header: http.Header{"Location": {test.location}}}
		if got := j.passes(nil, w, nil); got != test.want {
			t.Errorf("%s after %s: %v", test.location, test.request, got)
		}
	}
}
