package wire_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/wire"
)

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name, mediaType, coding, body string
		shape                         wire.Shape
		cause                         guard.Cause // "" for a document
	}{
		{"an object", "application/json", "", `{"a":1}`, wire.Structured, ""},
		{"an array with a charset", "application/json; charset=utf-8", "", ` [1]`, wire.Structured, ""},
		{"gzip", "application/json", "gzip", zipped(t, `{"a":1}`), wire.Structured, ""},
		{"gzip by its old name", "application/json", "X-GZIP", zipped(t, `{"a":1}`), wire.Structured, ""},
		{"called gzip", "application/json", "gzip", `{"a":1}`, wire.Encoded, guard.Encoding},
		{"brotli", "application/json", "br", "\x8b\x03\x80{}\x03", wire.Encoded, guard.Encoding},
		{"a page", "application/json", "", "<!doctype html>", wire.HTML, guard.Syntax},
		{"called a page", "text/html", "", "Bad Gateway", wire.HTML, guard.Syntax},
		{"nothing", "text/html", "", "", wire.Empty, guard.Empty},
		{"words", "text/plain", "", "Bad Gateway", wire.Other, guard.Syntax},
		{"a bomb", "application/json", "gzip", zipped(t, string(make([]byte, 50<<20))), wire.Other, guard.TooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := &loginwatch.Exchange{Status: 200, Header: http.Header{"Content-Type": {tt.mediaType}, "Content-Encoding": {tt.coding}}, Body: []byte(tt.body)}
			a := wire.Read(x)
			var cause guard.Cause
			if a.Refusal != nil {
				cause = a.Refusal.Cause
			}
			if a.Shape != tt.shape || cause != tt.cause || (a.Doc == nil) != (cause != "") {
				t.Errorf("shape %s, cause %q, document %v", a.Shape, cause, a.Doc)
			}
			if _, found := a.Lookup("/a"); found != (cause == "" && tt.shape == wire.Structured && tt.name != "an array with a charset") {
				t.Errorf("/a found: %v", found)
			}
		})
	}
}

func TestPromisesJSON(t *testing.T) {
	for value, want := range map[string]bool{
		"application/json": true, "Application/JSON;charset=utf-8": true, "application/json; charset=\xff": true,
		"application/problem+json": true, "text/json": false, "text/x+json": false, "": false, ";": false,
	} {
		a := wire.Read(&loginwatch.Exchange{Header: http.Header{"Content-Type": {value}}})
		if a.PromisesJSON() != want {
			t.Errorf("%q (%q): %v", value, a.MediaType, a.PromisesJSON())
		}
	}
}

// Read takes whatever comes: the bytes are a stranger's.
func FuzzRead(f *testing.F) {
	f.Add("application/json", "gzip", []byte("\x1f\x8b"))
	f.Add("text/html", "", []byte("<"))
	f.Fuzz(func(t *testing.T, mediaType, coding string, body []byte) {
		a := wire.Read(&loginwatch.Exchange{Header: http.Header{"Content-Type": {mediaType}, "Content-Encoding": {coding}}, Body: body})
		if len(a.Body) > max(len(body), guard.Defaults().Bytes+1) {
			t.Errorf("%d bytes became %d", len(body), len(a.Body))
		}
		if a.Refusal != nil && a.Doc != nil {
			t.Error("a refused body was decoded")
		}
	})
}
