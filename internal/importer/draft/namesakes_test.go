package draft_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/draft"
)

// A description has no values by which a step could be told from the one before it: names
// do that, in whatever order it lists them, where nobody could know the value.
func TestStepsOfADescription(t *testing.T) {
	object := func(names ...string) string {
		var parts []string
		for _, n := range names {
			parts = append(parts, fmt.Sprintf(`%q:{"type":"string"}`, n))
		}
		return `{"type":"object","required":["` + strings.Join(names, `","`) + `"],"properties":{` + strings.Join(parts, ",") + `}}`
	}
	sends := func(names ...string) func(*importer.Exchange) {
		return func(e *importer.Exchange) {
			e.Request.Body = &importer.Body{ContentType: "application/json", Schema: []byte(object(names...))}
		}
	}
	for field, linked := range map[string]bool{"sessionId": true, "Nonce": true, "csrf-token": true, "transactionRef": true, "challengeId": true, "email": false, "deviceId": false, "tenant": false} {
		first, login := at("POST", host+"/start", sends("userName"), described(200, "Begun", object(field, "step"))), at("POST", host+"/finish", sends(field, "password"), described(200, "Signed in", object("token")))
		for i, calls := range [][]importer.Exchange{{first, login}, {login, first}} {
			d, err := draft.Make(&importer.Recording{Exchanges: calls}, draft.Options{
				Vendor: "acme", Text: []byte("Signed in"),
				Check: func(files []draft.File) error { return app.TryDraft(t.Context(), "acme", "mypack", files) },
			})
			if err != nil {
				t.Fatal(err)
			}
			shown := told(d)
			if got := strings.Contains(shown, "role: setup, capture: {"+importer.Name(field)+": "); got != linked {
				t.Errorf("%s in order %d: linked %v, not %v\n%s", field, i, got, linked, shown)
			}
		}
	}
}
