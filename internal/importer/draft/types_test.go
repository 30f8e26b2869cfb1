package draft_test

import (
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/draft"
)

// What is no media type, or what no header can carry, says nothing of a body.
func TestTypesThatAreNone(t *testing.T) {
	for _, kind := range []string{"", "json", "application", "ap\x01plication/json", "application/json\r\nX: y", "application/jsön", "{{type}}", "a b/c"} {
		rec := &importer.Recording{Exchanges: []importer.Exchange{{
			Request: importer.Request{Method: "POST", URL: importer.Plain("https://api.example.com/login"), Body: &importer.Body{ContentType: kind, Text: importer.Plain(`{"password":"` + hidden + `"}`)}},
			Answers: []importer.Answer{{Status: 200, ContentType: kind, Body: []byte(`{"token":"` + hidden + `x"}`)}},
		}}}
		if _, err := draft.Make(rec, draft.Options{Vendor: "acme", Read: time.Unix(0, 0), Check: tried}); err != nil {
			t.Errorf("%q: %v", kind, err)
		}
	}
}
