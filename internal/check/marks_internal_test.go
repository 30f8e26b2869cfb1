package check

import (
	"net/http"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// Every mark is found by what it names, says who says so, and comes before no
// mark that tells more.
func TestMarks(t *testing.T) {
	schema := &loginwatch.SchemaRef{}
	success := &loginwatch.Outcome{ID: "success", Statuses: []int{200}, Body: loginwatch.BodyJSON, ContentTypes: []string{"application/json"}, Schema: schema, Means: loginwatch.OK}
	op := &loginwatch.Operation{ID: "login", Outcomes: []*loginwatch.Outcome{success}}
	k := &loginwatch.Case{ID: "login", Operation: op, Expect: []*loginwatch.Outcome{success}, Needs: []string{"password"}}
	merely := false
	for _, m := range marks {
		if m.source == "" || m.says == "" || m.header == "" && m.body == "" && m.status == 0 {
			t.Errorf("%+v says nothing", m)
		}
		if m.value != strings.ToLower(m.value) || m.body != strings.ToLower(m.body) {
			t.Errorf("%+v is not in lower case", m)
		}
		if merely && m.sign != loginwatch.SignNone {
			t.Errorf("%s stands behind what tells less", m.says)
		}
		merely = m.sign == loginwatch.SignNone
		status := m.status
		if status == 0 {
			status = 403
		}
		if m.works {
			status = 503
		}
		code := ""
		if len(m.codes) > 0 {
			code = "</b> <b>" + m.codes[0] + "</b>"
		}
		x := &loginwatch.Exchange{Status: status, Header: http.Header{}, Body: []byte("<html>" + strings.ToUpper(m.body) + code + strings.ToUpper(m.and) + "</html>")}
		if m.header != "" {
			x.Header.Set(m.header, "a "+strings.ToUpper(m.value)+"/1.0")
		}
		r := Judge(Input{Contract: &loginwatch.Contract{Vendor: "example"}, Case: k, Exchange: x})
		want := m.sign
		if want == loginwatch.SignNone {
			want = loginwatch.SignPage
		}
		if r.Sign != want {
			t.Errorf("%s: sign %q, want %q", m.says, r.Sign, want)
		}
		if status < 500 && !strings.Contains(r.Findings[0].Got, m.says) {
			t.Errorf("%s: got %q", m.says, r.Findings[0].Got)
		}
		// What the login itself answers stays the login's, whatever stands before it.
		x.Status, x.Body = 200, []byte(`{}`)
		j := &judge{Input: Input{Case: k, Exchange: x}, op: op, x: x}
		j.answer = wire.Read(x)
		if m.status == 0 && j.inFront() != nil {
			t.Errorf("%s: found on a document under 200", m.says)
		}
	}
}
