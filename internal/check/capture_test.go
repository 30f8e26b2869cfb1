package check_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
)

// A capture reads the answer that was judged; what brings nothing to go on with
// is never a pass.
func TestJudgeCaptures(t *testing.T) {
	anything := &loginwatch.Outcome{ID: "success", Statuses: []int{200}, Unspecified: true, Means: loginwatch.OK}
	op := &loginwatch.Operation{ID: "any", Outcomes: []*loginwatch.Outcome{anything}}
	k := &loginwatch.Case{ID: "key", Operation: op, Expect: []*loginwatch.Outcome{anything}}
	c := &loginwatch.Contract{Vendor: "example"}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(`{"key":"k"}`))
	_ = w.Close()
	for _, tt := range []struct{ coding, body, want string }{
		{"", `{"key":"k"}`, "ok [{key k}] true"},
		{"gzip", packed.String(), "ok [{key k}] true"},
		{"", `{"key":""}`, "drift missing [] false"},
		{"", `{"other":"x"}`, "drift missing [] false"},
		{"", `{"key":7}`, "drift missing [] false"},
		{"", `{"key":"a\nb"}`, "drift format [] false"},
		{"", `{"key":" k"}`, "drift format [] false"},
		{"", `no JSON`, "drift not-json [] false"},
		{"br", `{"key":"k"}`, "drift not-json [] false"},
	} {
		x := &loginwatch.Exchange{Status: 200, Finished: instant, Body: []byte(tt.body), Header: http.Header{"Content-Encoding": {tt.coding}}}
		r := check.Judge(check.Input{Contract: c, Case: k, Exchange: x, Capture: []loginwatch.Capture{{Name: "key", At: "/key"}}})
		got := string(r.Verdict)
		for _, f := range r.Findings {
			got += " " + string(f.Kind)
		}
		if got = fmt.Sprint(got, " ", r.Captured, " ", r.Complete); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.body, got, tt.want)
		}
	}
}
