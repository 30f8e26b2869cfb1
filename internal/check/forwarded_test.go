package check_test

import (
	"net/http"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
)

// Whatever came in the place of JSON may be our own proxy's, under any status;
// what no proxy says by itself is the vendor's.
func TestForwarded(t *testing.T) {
	c := small(t).Contract("framework")
	for name, tt := range map[string]struct {
		status          int
		mediaType, body string
		maybe           bool
		sign            loginwatch.Sign
	}{
		"a page":                {200, "text/html", "<html>sign in</html>", true, loginwatch.SignForwarded},
		"nothing":               {200, "", "", true, loginwatch.SignForwarded},
		"words":                 {200, "text/plain", "blocked", true, loginwatch.SignForwarded},
		"no content":            {204, "", "", true, loginwatch.SignForwarded},
		"elsewhere":             {302, "text/html", "", true, loginwatch.SignNone}, // its words name no party, and the detail names the proxy
		"not modified":          {304, "", "", true, loginwatch.SignForwarded},
		"a page with 404":       {404, "text/html", "<html>no</html>", true, loginwatch.SignForwarded},
		"JSON":                  {200, "application/json", `{"message":"no"}`, false, loginwatch.SignNoToken},
		"JSON behind a warning": {200, "text/html", `<b>Warning</b> {"message":"no"}`, false, loginwatch.SignNone},
	} {
		x := &loginwatch.Exchange{Status: tt.status, Header: http.Header{"Content-Type": {tt.mediaType}}, Body: []byte(tt.body), Finished: instant, Forwarded: true}
		r := check.Judge(check.Input{Contract: c, Case: c.Case("valid-credentials"), Exchange: x, Key: []byte("key")})
		if r.MayBeProxys != tt.maybe || r.Sign != tt.sign {
			t.Errorf("%s: may be the proxy's: %v, sign %q", name, r.MayBeProxys, r.Sign)
		}
	}
}
