package sim

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

func TestRateLimitSlides(t *testing.T) {
	c := sample(t)
	c.Operation("login").Limit = &loginwatch.RateLimit{Requests: 3, Per: 5 * time.Second}
	now := start
	s := newSim(t, Options{Now: func() time.Time { return now }}, c)
	steps := []struct {
		after  time.Duration
		status int
		retry  string
	}{
		{0, 200, ""},
		{2 * time.Second, 200, ""},
		{0, 200, ""},
		{0, 429, "3"},
		{2500 * time.Millisecond, 429, "1"},
		{500 * time.Millisecond, 200, ""}, // the first has left, the refused were not counted
		{0, 429, "2"},
		{-time.Hour, 200, ""}, // a clock that is set back does not close the window for an hour
	}
	for i, step := range steps {
		now = now.Add(step.after)
		res := do(s, loginCall(validBody))
		if res.StatusCode != step.status || res.Header.Get("Retry-After") != step.retry {
			t.Errorf("request %d: %d, Retry-After %q; want %d, %q",
				i, res.StatusCode, res.Header.Get("Retry-After"), step.status, step.retry)
		}
		if ct := res.Header.Get("Content-Type"); step.status == 429 && (ct != "" || len(bodyOf(t, res)) > 0) {
			t.Errorf("request %d: an unspecified body came as %q", i, ct)
		}
	}
	if res := do(s, call{method: "GET", path: "/v1/key?access=demo-access&realm=x"}); res.StatusCode != http.StatusOK {
		t.Errorf("the limit of one operation closed another: %d", res.StatusCode)
	}
}

// A key that one operation hands out opens the other, for an hour.
func TestHandedOutValuesAreAccepted(t *testing.T) {
	now := start
	s := newSim(t, Options{Now: func() time.Time { return now }}, sample(t))
	value, _ := tree.Lookup(docOf(t, do(s, call{method: "GET", path: "/v1/key?access=demo-access&realm=x"})), "/Key")
	withKey := loginCall(validBody).with("X-Key", "Key "+value.(string))
	res := do(s, withKey)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the key that was handed out is refused: %d", res.StatusCode)
	}
	token, _ := tree.Lookup(docOf(t, res), "/token")
	if res := do(s, loginCall(validBody).with("X-Key", "Key "+token.(string))); res.StatusCode != http.StatusForbidden {
		t.Errorf("an operation's own token opened it: %d", res.StatusCode)
	}
	now = now.Add(time.Hour)
	if res := do(s, withKey); res.StatusCode != http.StatusForbidden {
		t.Errorf("a key of an hour ago is accepted: %d", res.StatusCode)
	}
}

func TestHandedOutIsBounded(t *testing.T) {
	var h handedOut
	name := func(i int) string {
		return strings.Repeat("x", i%7) + string(rune('a'+i%26)) + time.Duration(i).String()
	}
	for i := range 3*handedOutMax + 1 {
		h.add(name(i), "a", start)
	}
	if len(h.items) != handedOutMax {
		t.Errorf("%d values are kept", len(h.items))
	}
	if !h.has(name(3*handedOutMax), "b", start) || !h.has(name(2*handedOutMax+1), "b", start) || h.has(name(2*handedOutMax), "b", start) {
		t.Error("not the newest values are kept")
	}
}
