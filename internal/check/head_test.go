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
		refusal loginwatch.Refusal
	}{
		{401, loginwatch.Unavailable, time.Hour, loginwatch.RefusalPossible},
		{429, loginwatch.Throttled, time.Hour, loginwatch.RefusalNone},
		{503, loginwatch.Unavailable, time.Hour, loginwatch.RefusalNone},
		{200, loginwatch.Unavailable, time.Hour, loginwatch.RefusalPossible},
		{302, loginwatch.Unavailable, time.Hour, loginwatch.RefusalPossible},
		{0, loginwatch.Unavailable, 0, loginwatch.RefusalNone},
	} {
		x := &loginwatch.Exchange{Failure: loginwatch.ReasonReset, Status: tt.status, Finished: instant, Header: http.Header{"Retry-After": {"3600"}}}
		j := check.Judge(check.Input{Contract: c, Case: c.Case("valid-credentials"), Exchange: x})
		if j.Verdict != tt.verdict || j.RetryAfter != tt.wait || j.Refusal != tt.refusal {
			t.Errorf("%d: %s, wait %s, refusal %q", tt.status, j.Verdict, j.RetryAfter, j.Refusal)
		}
	}
}

// Whether an answer came its head says, not the number in it; and one whose head
// nobody could read may have been a refusal.
func TestJudgeHeadWithoutANumber(t *testing.T) {
	c := small(t).Contract("framework")
	for _, x := range []loginwatch.Exchange{{Proto: "HTTP/1.1"}, {HeadLost: true}} {
		x.Failure, x.Finished = loginwatch.ReasonProtocol, instant
		if j := check.Judge(check.Input{Contract: c, Case: c.Case("valid-credentials"), Exchange: &x}); j.Refusal != loginwatch.RefusalPossible {
			t.Errorf("%+v: refusal %q", x, j.Refusal)
		}
	}
}

// A wait is kept wherever it comes.
func TestJudgeRetryAfter(t *testing.T) {
	c := small(t).Contract("framework")
	soon := instant.Add(time.Minute)
	for _, tt := range []struct {
		lines []string
		want  time.Duration
	}{
		{[]string{"120"}, 2 * time.Minute},
		{[]string{" 120 "}, 2 * time.Minute},
		{[]string{"0.2"}, time.Second},
		{[]string{"119.001"}, 2 * time.Minute},
		{[]string{"30."}, 30 * time.Second},
		{[]string{"99999999999"}, 24 * time.Hour},
		{[]string{strings.Repeat("9", 400)}, 24 * time.Hour},
		{[]string{"-5"}, 0},
		{[]string{"1e3"}, 0},
		{[]string{"soon"}, 0},
		{[]string{""}, 0},
		{nil, 0},
		{[]string{"5", "60", "30"}, time.Minute},
		{[]string{"5, 60"}, time.Minute},
		{[]string{"5", soon.Format(http.TimeFormat)}, time.Minute},
		{[]string{"5, " + soon.Format(http.TimeFormat)}, time.Minute},
		{[]string{soon.Format(http.TimeFormat)}, time.Minute},
		{[]string{soon.Format("Monday, 02-Jan-06 15:04:05 GMT")}, time.Minute},
		{[]string{soon.Format(time.ANSIC)}, time.Minute},
		{[]string{soon.Format("Mon, 02 Jan 2006 15:04:05 UTC")}, time.Minute},
		{[]string{soon.In(time.FixedZone("", 3600)).Format(time.RFC1123Z)}, time.Minute},
		{[]string{instant.Add(-time.Hour).Format(http.TimeFormat)}, 0},
		{[]string{instant.AddDate(1, 0, 0).Format(http.TimeFormat)}, 24 * time.Hour},
	} {
		for _, status := range []int{200, 301, 400, 401, 403, 404, 429, 500, 503} {
			x := &loginwatch.Exchange{Status: status, Finished: instant, Header: http.Header{"Retry-After": tt.lines}}
			if j := check.Judge(check.Input{Contract: c, Case: c.Case("valid-credentials"), Exchange: x}); j.RetryAfter != tt.want {
				t.Errorf("%d, Retry-After %.50q: %s, want %s", status, tt.lines, j.RetryAfter, tt.want)
			}
		}
	}
}

// A date counts from the vendor's own clock, which a cache says how long ago it
// was read.
func TestJudgeRetryAfterByTheVendorsClock(t *testing.T) {
	c := small(t).Contract("framework")
	theirs := instant.Add(-10 * time.Minute)
	x := &loginwatch.Exchange{Status: 503, Finished: instant, Header: http.Header{
		"Date": {theirs.Format(http.TimeFormat)}, "Retry-After": {theirs.Add(time.Minute).Format(http.TimeFormat)},
	}}
	if j := check.Judge(check.Input{Contract: c, Case: c.Case("valid-credentials"), Exchange: x}); j.RetryAfter != time.Minute || j.Skew != -10*time.Minute {
		t.Errorf("%s, skew %s", j.RetryAfter, j.Skew)
	}
	x.Header.Set("Age", "600")
	if j := check.Judge(check.Input{Contract: c, Case: c.Case("valid-credentials"), Exchange: x}); j.RetryAfter != 0 || j.Skew != 0 {
		t.Errorf("from a cache: %s, skew %s", j.RetryAfter, j.Skew)
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
