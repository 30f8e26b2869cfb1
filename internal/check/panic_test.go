package check_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// Whatever comes for a case, be it nothing: it is judged. Each login has its token
// somewhere else and its answers in another format.
func TestJudgeWhateverComes(t *testing.T) {
	var exchanges []*loginwatch.Exchange
	for _, failure := range []loginwatch.Reason{loginwatch.ReasonReset, loginwatch.ReasonProtocol, loginwatch.ReasonTimeout, loginwatch.ReasonDNS} {
		exchanges = append(exchanges,
			&loginwatch.Exchange{Failure: failure}, &loginwatch.Exchange{Failure: failure, HeadLost: true},
			&loginwatch.Exchange{Failure: failure, Status: 200, Proto: "HTTP/1.1", Header: http.Header{}},
		)
	}
	for _, status := range []int{200, 201, 204, 302, 400, 401, 403, 429, 500} {
		for _, mediaType := range []string{"", "application/json", "text/xml", "text/html", "application/x-www-form-urlencoded"} {
			for _, body := range []string{"", `{"a":{"b":1},"error":"x"}`, `[]`, "null", "<a><b/></a>", "a=b&error=x", "word"} {
				h := http.Header{"Set-Cookie": {"sid=0a1b2c3d"}, "Location": {"/"}}
				if mediaType != "" {
					h.Set("Content-Type", mediaType)
				}
				exchanges = append(exchanges, &loginwatch.Exchange{Status: status, Proto: "HTTP/1.1", Header: h, Body: []byte(body)})
			}
		}
	}
	for _, catalog := range []*pack.Catalog{embedded(t), small(t)} {
		for _, c := range catalog.Contracts {
			for _, k := range c.Cases {
				for _, x := range exchanges {
					told := fmt.Sprintf("%s %s: failure %q, status %d as %q: %q", c.Vendor, k.ID, x.Failure, x.Status, x.Header.Get("Content-Type"), x.Body)
					judgeAll(t, told, check.Input{Contract: c, Case: k, Exchange: x, Key: []byte("key")})
				}
			}
		}
	}
}

func judgeAll(t *testing.T, told string, in check.Input) {
	t.Helper()
	defer func() {
		if v := recover(); v != nil {
			t.Errorf("%s: panics: %v", told, v)
		}
	}()
	in.Exchange.Finished = instant
	if in.Exchange.Failure != "" {
		in.Capture = []loginwatch.Capture{{Name: "token", At: "cookie:sid"}}
	}
	if j := check.Judge(in); j.Verdict == "" || in.Exchange.Failure != "" && !slices.Contains([]loginwatch.Verdict{loginwatch.Unavailable, loginwatch.Throttled}, j.Verdict) {
		t.Errorf("%s: verdict %q", told, j.Verdict)
	}
}
