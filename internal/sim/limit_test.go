package sim

import (
	"net/http"
	"net/url"
	"strconv"
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

// keyFor asks for a key with what gives access to it.
func keyFor(t *testing.T, s *Simulator, access string) (key string, status int) {
	t.Helper()
	res := do(s, call{method: "GET", path: "/v1/key?realm=x&access=" + url.QueryEscape(access)})
	if res.StatusCode != http.StatusOK {
		return "", res.StatusCode
	}
	value, _ := tree.Lookup(docOf(t, res), "/Key")
	return value.(string), res.StatusCode
}

// many is more than anybody logs in by hand.
const many = 1500

// What was taken is dead however much was taken since, and what was handed out is
// good however much was handed out since.
func TestManyLogins(t *testing.T) {
	c := sample(t)
	c.Operations[0].Spends = []string{"access"}
	s := newSim(t, Options{}, c)
	given := []string{"demo-access"}
	for range many {
		key, status := keyFor(t, s, given[len(given)-1])
		if status != http.StatusOK {
			t.Fatalf("after %d keys: %d", len(given), status)
		}
		given = append(given, key)
	}
	for _, i := range []int{0, 1, 2, many / 2, many - 1} {
		if _, status := keyFor(t, s, given[i]); status == http.StatusOK {
			t.Errorf("the access %d of %d is taken a second time", i, many)
		}
	}

	s = newSim(t, Options{}, sample(t))
	first, _ := keyFor(t, s, "demo-access")
	for range many {
		keyFor(t, s, "demo-access")
	}
	if res := do(s, loginCall(validBody).with("X-Key", "Key "+first)); res.StatusCode != http.StatusOK {
		t.Errorf("the first key is refused after %d others: %d", many, res.StatusCode)
	}
}

// A token is good for as long as it says: that of the sample for two hours.
func TestTokensAreGoodForTheirLifetime(t *testing.T) {
	now := start
	s := newSim(t, Options{Now: func() time.Time { return now }}, sample(t))
	token, _ := tree.Lookup(docOf(t, do(s, loginCall(validBody))), "/token")
	for _, step := range []struct {
		after time.Duration
		good  bool
	}{{119 * time.Minute, true}, {time.Minute, false}} {
		now = now.Add(step.after)
		if _, status := keyFor(t, s, token.(string)); (status == http.StatusOK) != step.good {
			t.Errorf("after %s: %d", now.Sub(start), status)
		}
	}
}

func TestHandedOutIsBounded(t *testing.T) {
	h := handedOut{values: map[digest]given{}}
	end := start.Add(time.Hour)
	for i := range handedOutMax + 100 {
		h.add(strconv.Itoa(i), "a", end)
	}
	if len(h.values) != handedOutMax || len(h.order) != handedOutMax || len(h.recent) != handedOutTried {
		t.Errorf("%d, %d and %d values are kept", len(h.values), len(h.order), len(h.recent))
	}
	newest := strconv.Itoa(handedOutMax + 99)
	if !h.has(newest, "b", start) || !h.has("100", "b", start) || h.has("99", "b", start) {
		t.Error("not the newest values are kept")
	}
	if h.has(newest, "a", start) || h.has(newest, "b", end) {
		t.Error("a value is good for its own operation, or when it has ended")
	}
	h.end(newest)
	if latest := h.latest(start); h.has(newest, "b", start) || len(latest) != handedOutTried-1 || latest[0] != strconv.Itoa(handedOutMax+98) {
		t.Errorf("an ended value is good; the latest are %v", latest)
	}
	if latest := h.latest(end); len(latest) > 0 {
		t.Errorf("%d values are good for ever", len(latest))
	}
}
