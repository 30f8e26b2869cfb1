package draft_test

import (
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/draft"
)

// drafted makes a pack that holds, as loginwatch new does.
func drafted(t *testing.T, calls ...importer.Exchange) string {
	t.Helper()
	d, err := draft.Make(&importer.Recording{Exchanges: calls}, draft.Options{Vendor: "acme", Read: time.Unix(0, 0), Check: func(files []draft.File) error {
		return app.TryDraft(t.Context(), "acme", "mypack", files)
	}})
	if err != nil {
		t.Fatal(err)
	}
	return told(d)
}

// Values that nothing about them tells from other words and numbers, or of whose kind
// there is hardly another one, are replaced as well.
func TestOrdinaryValues(t *testing.T) {
	for _, v := range []string{
		"7", "42", "1234", "123456", "9876543210", "ab", "hunter2", "summer", "correct horse", "2000-01-01", "2000-01-01T00:00:00Z", "127.0.0.1",
		"--------------------", "....................", "********************", "eyJhbGciOiJub25lIn0.e30.", "Demo Person 1", "invented-1", "+15550100",
	} {
		t.Run(v, func(t *testing.T) {
			shown := drafted(t, at("POST", host+"/login", body(`{"username":"x17","password":"`+v+`"}`), answer(200, `{"access_token":"`+opaque+`","birthday":"`+v+`"}`)))
			for _, leaked := range []string{`password: "` + v, "password: " + v + ",", "password: " + v + "}", `"birthday": "` + v + `"`, "demo: " + v + "}", `demo: "` + v + `"`} {
				if strings.Contains(shown, leaked) {
					t.Errorf("%s stands in\n%s", leaked, shown)
				}
			}
		})
	}
}
