package openapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/loginwatch/loginwatch/internal/importer"
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

// FuzzRead asks of any bytes for an error of ours or for a recording whose templates are
// whole and whose schemas a pack can have.
func FuzzRead(f *testing.F) {
	for _, file := range corpus(f) {
		f.Add(read(f, file))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		recording, err := openapi.Read(data)
		if err != nil {
			var placed *importer.Error
			if !errors.As(err, &placed) || recording != nil {
				t.Fatalf("%T", err)
			}
			return
		}
		for _, e := range recording.Exchanges {
			if len(e.Request.URL.Texts) != len(e.Request.URL.Names)+1 {
				t.Fatal("the address is no template")
			}
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
