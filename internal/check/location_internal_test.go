package check

import "testing"

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
