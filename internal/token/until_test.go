package token

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// TestUntil reads the end of a token in each form of an instant, and each wrong one.
func TestUntil(t *testing.T) {
	unix := func(d time.Duration) json.Number { return json.Number(fmt.Sprint(now.Add(d).Unix())) }
	for _, tt := range []struct {
		written loginwatch.Instant
		value   any
		want    string // the lifetime, then kinds of findings
	}{
		{loginwatch.InstantDateTime, "2026-11-21T13:00:00Z", "1h0m0s"},
		{loginwatch.InstantDateTime, "2026-11-21T18:30:00.000+05:30", "1h0m0s"},
		{loginwatch.InstantDateTime, "2026-11-21t13:00:00.0z", "1h0m0s"},
		{loginwatch.InstantDateTime, "2026-11-21 13:00:00", "- token-form"},
		{loginwatch.InstantDateTime, "2026-11-21T13:00:00,5Z", "- token-form"},
		{loginwatch.InstantDateTime, unix(time.Hour), "- token-form"},
		{loginwatch.InstantHTTPDate, "Sat, 21 Nov 2026 13:00:00 GMT", "1h0m0s"},
		{loginwatch.InstantHTTPDate, "2026-11-21T13:00:00Z", "- token-form"},
		{loginwatch.InstantSeconds, unix(time.Hour), "1h0m0s"},
		{loginwatch.InstantSeconds, string(unix(time.Hour)), "1h0m0s"},
		{loginwatch.InstantSeconds, unix(time.Hour) + "000", "- token-form"},
		{loginwatch.InstantSeconds, json.Number("0"), "- token-form"},
		{loginwatch.InstantSeconds, json.Number("-1"), "- token-form"},
		{loginwatch.InstantSeconds, json.Number("1.5"), "- token-form"},
		{loginwatch.InstantSeconds, true, "- token-form"},
		{loginwatch.InstantMillis, unix(time.Hour) + "000", "1h0m0s"},
		{loginwatch.InstantMillis, unix(time.Hour), "- token-form"},
		{loginwatch.InstantMillis, json.Number("9999999999999999"), "- token-form"},
		{loginwatch.InstantDateTime, "2026-11-21T12:10:00Z", "10m0s token-lifetime"},
		{loginwatch.InstantDateTime, "2026-11-21T11:00:00Z", "-1h0m0s token-expired"},
		{loginwatch.InstantDateTime, nil, "-"},
	} {
		findings, facts := Check(Input{
			Token: &loginwatch.Token{At: "/token", Form: loginwatch.TokenOpaque, Lifetime: &loginwatch.Lifetime{
				Until: "/ends", Written: tt.written, Documented: time.Hour, Fixed: true,
			}},
			Lookup: func(at loginwatch.Place) (any, bool) {
				if at == "/ends" {
					return tt.value, true
				}
				return "abcdef", true
			},
			Now: now,
		})
		if got := told(findings, facts); got != tt.want {
			t.Errorf("%s %v: %s, want %s", tt.written, tt.value, got, tt.want)
		}
	}
}

// A token of unstated form may be no JWT: what reads like one is not held against
// the instant that the answer tells, and tells the end where the answer does not.
func TestUntilBesideAnUnstatedForm(t *testing.T) {
	parts := jwtParts(`{"alg":"HS256"}`, fmt.Sprintf(`{"iat":%d,"exp":%d}`, now.Unix(), now.Add(2*time.Hour).Unix()))
	jwt := strings.Join(parts[:], ".")
	for _, tt := range []struct {
		ends any
		want string
	}{{"2026-11-21T13:00:00Z", "1h0m0s"}, {nil, "2h0m0s token-lifetime"}} {
		findings, facts := Check(Input{
			Token: &loginwatch.Token{At: "/token", Form: loginwatch.TokenUnstated, Lifetime: &loginwatch.Lifetime{
				Until: "/ends", Written: loginwatch.InstantDateTime, Documented: time.Hour,
			}},
			Lookup: func(at loginwatch.Place) (any, bool) {
				if at == "/ends" {
					return tt.ends, true
				}
				return jwt, true
			},
			Now: now,
		})
		if got := told(findings, facts); got != tt.want {
			t.Errorf("until %v: %s, want %s", tt.ends, got, tt.want)
		}
	}
}

// TestCookieLifetime takes a cookie's own word for how long it lives.
func TestCookieLifetime(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"sid=a; Max-Age=3600", "1h0m0s"},
		{"sid=a; Expires=Sat, 21 Nov 2026 13:00:00 GMT", "1h0m0s"},
		{"sid=a; Max-Age=3600; Expires=Sat, 21 Nov 2026 12:00:10 GMT", "1h0m0s"},
		{"sid=a; Max-Age=60", "1m0s token-lifetime"},
		{"sid=a; Expires=Sat, 21 Nov 2026 11:00:00 GMT", "-1h0m0s token-expired"},
		{"sid=a", "- token-lifetime"},
	} {
		cookie, err := http.ParseSetCookie(tt.line)
		if err != nil {
			t.Fatal(err)
		}
		findings, facts := Check(Input{
			Token: &loginwatch.Token{At: "cookie:sid", Form: loginwatch.TokenOpaque, Lifetime: &loginwatch.Lifetime{
				At: "cookie:sid", Unit: time.Second, Documented: time.Hour, Fixed: true,
			}},
			Lookup: func(loginwatch.Place) (any, bool) { return cookie.Value + "bcdef", true },
			Cookie: func(string) *http.Cookie { return cookie },
			Now:    now,
		})
		if got := told(findings, facts); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.line, got, tt.want)
		}
	}
}

func told(findings []loginwatch.Finding, facts loginwatch.TokenFacts) string {
	got := "-"
	if facts.HasLifetime {
		got = facts.Lifetime.String()
	}
	for _, f := range findings {
		got += " " + string(f.Kind)
	}
	return strings.TrimSpace(got)
}
