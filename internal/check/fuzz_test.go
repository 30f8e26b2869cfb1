package check_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
)

// FuzzJudge sends any answer through every case of every vendor: there is
// always one verdict of the list, it agrees with its findings, and no value
// that the vendor sent comes out again.
func FuzzJudge(f *testing.F) {
	catalog := embedded(f)
	for _, a := range answers(f) {
		f.Add(a.status, a.header.Get("Content-Type"), a.body)
	}
	f.Add(200, "application/"+marker, []byte(`{}`))
	f.Add(200, "application/json; charset=\xff", []byte(`{"id":"`+marker+`","`+marker+`":1}`))
	f.Add(200, "application/json", []byte(`{"`+marker+`":1,"`+marker+`":2}`))
	f.Add(401, "application/json", []byte(`{"error":{"statusCode":401,"name":"Error","message":"m","code":"`+marker+`"}}`))
	f.Add(200, "application/json", []byte(`{"error":{"statusCode":429,"name":"Error","message":"`+marker+`"}}`))
	f.Add(403, "text/html, application/json", []byte(`<html>`+marker+` maintenance`))
	f.Add(401, "text/html", []byte(`<`))
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		for _, c := range catalog.Contracts {
			for _, k := range c.Cases {
				x := &loginwatch.Exchange{
					Status: status, Header: http.Header{"Content-Type": {contentType}}, Body: body, Finished: instant, Secrets: []string{marker},
				}
				in := check.Input{Contract: c, Case: k, Exchange: x, Key: []byte("key")}
				if k.Operation.Control == k {
					in.Refused = c.Case("valid-credentials")
				}
				r := check.Judge(in)
				consistent(t, r.Judgement)
				if (r.Whose == loginwatch.ReasonCredential) != (in.Refused != nil && r.Verdict == loginwatch.OK) ||
					!slices.Contains([]loginwatch.Reason{"", loginwatch.ReasonCredential, loginwatch.ReasonVendor, loginwatch.ReasonBlocked}, r.Whose) {
					t.Fatalf("a control that is %s says %q", r.Verdict, r.Whose)
				}
			}
		}
	})
}

const marker = "m4rk3r-value"

// fronts are the signs of somebody else than the login.
var fronts = []loginwatch.Sign{loginwatch.SignPage, loginwatch.SignWall, loginwatch.SignBlocked, loginwatch.SignPortal, loginwatch.SignMaintenance}

func consistent(t *testing.T, j loginwatch.Judgement) {
	t.Helper()
	if !slices.Contains(loginwatch.Verdicts, j.Verdict) || j.Reason != "" && !slices.Contains(loginwatch.Reasons, j.Reason) {
		t.Fatalf("verdict %q, reason %q", j.Verdict, j.Reason)
	}
	breaking := false
	for _, f := range j.Findings {
		breaking = breaking || f.Class == loginwatch.Breaking
		if !slices.Contains(loginwatch.Classes, f.Class) || !slices.Contains(loginwatch.Kinds, f.Kind) {
			t.Fatalf("finding %s %s", f.Class, f.Kind)
		}
		if strings.Contains(f.Pointer+f.Documented+f.Got+f.Quote, marker) {
			t.Fatalf("a value comes out again: %+v", f)
		}
	}
	if j.Sign != loginwatch.SignNone && !slices.Contains(loginwatch.Signs, j.Sign) {
		t.Fatalf("sign %q", j.Sign)
	}
	// A refusal on somebody's page may be that somebody's, and none of the credential.
	certain := j.Refusal == loginwatch.RefusalCertain || j.Refusal == loginwatch.RefusalPossible && slices.Contains(fronts, j.Sign)
	if j.Verdict == loginwatch.Rejected && !certain || j.Verdict == loginwatch.Throttled && j.Refusal != loginwatch.RefusalNone {
		t.Fatalf("%s with the refusal %q", j.Verdict, j.Refusal)
	}
	if (j.Verdict == loginwatch.OK) != (j.Reason == "") {
		t.Fatalf("%s for %q", j.Verdict, j.Reason)
	}
	if (j.Verdict == loginwatch.Drift) != breaking {
		t.Fatalf("%s with findings %+v", j.Verdict, j.Findings)
	}
}
