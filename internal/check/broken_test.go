package check_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
)

// unusable is a schema that can't be applied.
type unusable struct{ loginwatch.Schema }

func (unusable) Validate(any) ([]loginwatch.Violation, error) { return nil, errors.New("no memory") }

// What we can't judge was sent all the same: it may have been a refusal, and it
// is never a success.
func TestJudgeWhatCantBeJudged(t *testing.T) {
	schema := &loginwatch.SchemaRef{Name: "login.success", JSON: []byte("{}"), Schema: unusable{}}
	success := &loginwatch.Outcome{ID: "success", Statuses: []int{200}, Body: loginwatch.BodyJSON, ContentTypes: []string{"application/json"}, Schema: schema, Means: loginwatch.OK}
	op := &loginwatch.Operation{ID: "login", Outcomes: []*loginwatch.Outcome{success}}
	k := &loginwatch.Case{ID: "valid-credentials", Operation: op, Expect: []*loginwatch.Outcome{success}, Needs: []string{"password"}}
	for status, want := range map[int]loginwatch.Refusal{
		200: loginwatch.RefusalPossible, 400: loginwatch.RefusalPossible, 403: loginwatch.RefusalPossible, 418: loginwatch.RefusalPossible,
		429: loginwatch.RefusalNone, 500: loginwatch.RefusalNone, 503: loginwatch.RefusalNone,
	} {
		x := &loginwatch.Exchange{
			Status: status, Finished: instant, Body: []byte(`{"error": "x"}`), Header: http.Header{"Content-Type": {"application/json"}},
		}
		r := check.Judge(check.Input{Contract: &loginwatch.Contract{Vendor: "example"}, Case: k, Exchange: x})
		if r.Verdict == loginwatch.OK || r.Refusal != want || status == 200 && r.Verdict != loginwatch.Broken {
			t.Errorf("%d: %s %s, refusal %q, want %q", status, r.Verdict, r.Reason, r.Refusal, want)
		}
	}
}
