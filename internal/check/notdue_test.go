package check_test

import (
	"net/http"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
	"github.com/loginwatch/loginwatch/internal/schema"
)

// Where every answer has one status, what came in the place of what was due is an
// error of the application only if it is an error, and none was due.
func TestJudgeAnotherOutcomeOfTheSameStatus(t *testing.T) {
	compiled, err := schema.Compile("any.schema.json", []byte(`{"$schema": "http://json-schema.org/draft-07/schema#", "$id": "urn:loginwatch:example:any", "type": "object"}`))
	if err != nil {
		t.Fatal(err)
	}
	lax := &loginwatch.SchemaRef{Name: "any", JSON: []byte("{}"), Schema: compiled}
	outcome := func(id string, means loginwatch.Verdict) *loginwatch.Outcome {
		return &loginwatch.Outcome{
			ID: id, Statuses: []int{200}, Body: loginwatch.BodyJSON, ContentTypes: []string{"application/json"}, Means: means,
			Where: []loginwatch.Field{{At: "/result", Test: loginwatch.TestEquals, Value: id}}, Schema: lax,
		}
	}
	success, ticket := outcome("success", loginwatch.OK), outcome("ticket", loginwatch.OK)
	refused, mistake := outcome("refused", loginwatch.Rejected), outcome("mistake", loginwatch.Drift)
	op := &loginwatch.Operation{ID: "login", Outcomes: []*loginwatch.Outcome{success, ticket, refused, mistake}}
	for name, tt := range map[string]struct {
		due, came *loginwatch.Outcome
		reason    loginwatch.Reason
	}{
		"a wrong password is taken":       {refused, success, loginwatch.ReasonContract},
		"a wrong password is a mistake":   {refused, mistake, loginwatch.ReasonContract},
		"a mistake is a wrong password":   {mistake, refused, loginwatch.ReasonContract},
		"a second step where none is due": {success, ticket, loginwatch.ReasonContract},
		"a mistake where none is due":     {success, mistake, loginwatch.ReasonApplication},
	} {
		x := &loginwatch.Exchange{
			Status: 200, Finished: instant, Body: []byte(`{"result": "` + tt.came.ID + `"}`), Header: http.Header{"Content-Type": {"application/json"}},
		}
		k := &loginwatch.Case{ID: "case", Operation: op, Expect: []*loginwatch.Outcome{tt.due}}
		r := check.Judge(check.Input{Contract: &loginwatch.Contract{Vendor: "example"}, Case: k, Exchange: x})
		if r.Verdict != loginwatch.Drift || r.Reason != tt.reason || r.Outcome != tt.came.ID {
			t.Errorf("%s: %s %s, outcome %s", name, r.Verdict, r.Reason, r.Outcome)
		}
	}
}
