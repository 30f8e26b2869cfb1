package probe_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// slowStore takes longer to keep anything than a whole run may take.
type slowStore struct{ secrets }

func (slowStore) Keep(string, string)        { time.Sleep(time.Minute) }
func (slowStore) Spend(string, string) error { time.Sleep(time.Minute); return nil }
func (slowStore) Unspend(string)             {}

// timing answers each request after a second, and notes how long it could have taken.
type timing struct{ had []time.Duration }

func (c *timing) Carry(req *http.Request, _ *loginwatch.Case, _ map[string]string, _ http.RoundTripper) (*http.Response, error) {
	until, _ := req.Context().Deadline()
	c.had = append(c.had, time.Until(until))
	time.Sleep(time.Second)
	body := map[string]string{"/nonce": `{"nonce":"n1"}`, "/login": `{"session":"s1"}`}[req.URL.Path]
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: req,
	}, nil
}

// What a store takes between and before exchanges is not the vendor's time.
func TestSlowStoreTakesNothingOfTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := sessioned()
		p.Steps[1].Case.Operation.Spends = []string{"password"}
		c := &timing{}
		plan := planOf(p, target(t, "https://127.0.0.1:1", slowStore{secrets{"password": password}}))
		plan.Opened = func(string) { time.Sleep(time.Minute) }
		run := probe.New(probe.Options{Carrier: c}).Run(t.Context(), plan)
		if run.Verdict != loginwatch.OK || run.Latency() != time.Second {
			t.Errorf("%s %s after %s: %s", run.Verdict, run.Reason, run.Latency(), run.Detail)
		}
		if want := []time.Duration{5 * time.Second, 4 * time.Second, 3 * time.Second, 5 * time.Second}; !slices.Equal(c.had, want) {
			t.Errorf("its exchanges had %v, want %v", c.had, want)
		}
		if run.Duration < 3*time.Minute {
			t.Errorf("the store was not slow: %s", run.Duration)
		}
	})
}
