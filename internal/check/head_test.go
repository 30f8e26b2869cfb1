package check_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
)

// What the head of an answer said stands, even when its body was lost.
func TestJudgeHeadWithoutBody(t *testing.T) {
	c := small(t).Contract("framework")
	for _, tt := range []struct {
		status  int
		verdict loginwatch.Verdict
		wait    time.Duration
		refused bool
	}{
		{401, loginwatch.Unavailable, time.Hour, true},
		{429, loginwatch.Throttled, time.Hour, false},
		{503, loginwatch.Unavailable, time.Hour, false},
		{0, loginwatch.Unavailable, 0, false},
	} {
		x := &loginwatch.Exchange{Failure: loginwatch.ReasonReset, Status: tt.status, Finished: instant, Header: http.Header{"Retry-After": {"3600"}}}
		j := check.Judge(check.Input{Contract: c, Case: c.Case("valid-credentials"), Exchange: x})
		if j.Verdict != tt.verdict || j.RetryAfter != tt.wait || j.RefusedCredential != tt.refused {
			t.Errorf("%d: %s, wait %s, refused %v", tt.status, j.Verdict, j.RetryAfter, j.RefusedCredential)
		}
	}
}

func TestJudgeRetryAfter(t *testing.T) {
	c := small(t).Contract("framework")
	for value, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "99999999999": 24 * time.Hour, "-5": 0, "soon": 0, "": 0,
		instant.Add(time.Minute).Format(http.TimeFormat): time.Minute,
	} {
		x := &loginwatch.Exchange{Status: 503, Finished: instant, Header: http.Header{"Retry-After": {value}}}
		if j := check.Judge(check.Input{Contract: c, Case: c.Case("valid-credentials"), Exchange: x}); j.RetryAfter != want {
			t.Errorf("Retry-After %q: %s, want %s", value, j.RetryAfter, want)
		}
		x.Status = 200
		if j := check.Judge(check.Input{Contract: c, Case: c.Case("valid-credentials"), Exchange: x}); j.RetryAfter != 0 {
			t.Errorf("Retry-After on a 200 asks for %s", j.RetryAfter)
		}
	}
}

func TestJudgeContentEncoding(t *testing.T) {
	const body = `{"id":"abcdef","ttl":1209600,"created":"2026-11-21T11:59:59.000Z","userId":"5e"}`
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(body))
	_ = w.Close()
	var bomb bytes.Buffer
	w = gzip.NewWriter(&bomb)
	_, _ = w.Write(bytes.Repeat([]byte(" "), 50<<20))
	_ = w.Close()
	c := small(t).Contract("framework")
	for _, tt := range []struct{ coding, body, want string }{
		{"", body, "ok"},
		{"identity", body, "ok"},
		{"gzip", packed.String(), "ok"},
		{"gzip", body, "drift encoding"},
		{"gzip", packed.String()[:40], "drift encoding"},
		{"br", body, "drift encoding"},
		{"gzip", bomb.String(), "drift truncated"},
	} {
		x := &loginwatch.Exchange{Status: 200, Finished: instant, Body: []byte(tt.body), Header: http.Header{"Content-Type": {"application/json"}}}
		if tt.coding != "" {
			x.Header.Set("Content-Encoding", tt.coding)
		}
		j := check.Judge(check.Input{Contract: c, Case: c.Case("valid-credentials"), Exchange: x})
		got := string(j.Verdict)
		if len(j.Findings) > 0 {
			got += fmt.Sprintf(" %s", j.Findings[0].Kind)
		}
		if got != tt.want {
			t.Errorf("%q with %.20q: %s, want %s", tt.coding, tt.body, got, tt.want)
		}
	}
}

// Keys of a body that can't be parsed could be anything, the new token too.
func TestJudgeShowsNoKeyOfARefusedBody(t *testing.T) {
	c := small(t).Contract("framework")
	for _, body := range []string{`{"id":"t0k3n-new","t0k3n-new":1,"t0k3n-new":2}`, `{"id":"t0k3n-new","t0k3n-new":1e999}`} {
		x := &loginwatch.Exchange{Status: 200, Finished: instant, Body: []byte(body), Header: http.Header{"Content-Type": {"application/json"}}}
		j := check.Judge(check.Input{Contract: c, Case: c.Case("valid-credentials"), Exchange: x})
		if text := fmt.Sprintf("%+v", j); strings.Contains(text, "t0k3n") || j.Verdict != loginwatch.Drift {
			t.Errorf("%s: %s", body, text)
		}
	}
}
