package openapi_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/golden"
	"github.com/loginwatch/loginwatch/internal/importer/openapi"
	"github.com/loginwatch/loginwatch/internal/schema"
)

func decoded(t testing.TB, body []byte) any {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return v
}

// FuzzRead asks for schemas that a pack can have on top.
func FuzzRead(f *testing.F) {
	golden.Fuzz(f, []string{"testdata/*.yaml", "testdata/*.json"}, openapi.Read, func(t *testing.T, recording *importer.Recording) {
		for _, e := range recording.Exchanges {
			if e.Request.Body != nil {
				sound(t, e.Request.Body.Schema)
			}
			for _, a := range e.Answers {
				sound(t, a.Schema)
			}
		}
	})
}

func sound(t *testing.T, text []byte) {
	if text == nil {
		return
	}
	if _, err := schema.Compile("", text); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}
