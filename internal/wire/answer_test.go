package wire_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"slices"
	"strings"
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
		{"nothing called gzip", "application/json", "gzip", "", wire.Empty, guard.Empty},
		{"white space", "application/json", "", " \r\n", wire.Empty, guard.Empty},
		{"JSON called a page", "text/html", "", `{"a":1}`, wire.Structured, ""},
		{"XML", "application/xml", "", `<?xml version="1.0"?><Error/>`, wire.XML, guard.Syntax},
		{"XML without a declaration", "application/soap+xml", "", `<Envelope/>`, wire.XML, guard.Syntax},
		{"XHTML", "application/xhtml+xml", "", `<?xml version="1.0"?><!DOCTYPE html><html/>`, wire.HTML, guard.Syntax},
		{"a page in capitals", "", "", `<HTML><HEAD>`, wire.HTML, guard.Syntax},
		{"brotli", "application/json", "br", "\x8b\x03\x80{}\x03", wire.Encoded, guard.Encoding},
		{"a page", "application/json", "", "<!doctype html>", wire.HTML, guard.Syntax},
		{"called a page", "text/html", "", "Bad Gateway", wire.HTML, guard.Syntax},
		{"nothing", "text/html", "", "", wire.Empty, guard.Empty},
		{"words", "text/plain", "", "Bad Gateway", wire.Other, guard.Syntax},
		{"an element without a type", "", "", `<Error><Code>no</Code></Error>`, wire.XML, guard.Syntax},
		{"an element called JSON", "application/json", "", `<s:Envelope a="b"></s:Envelope>`, wire.XML, guard.Syntax},
		{"a piece of a page", "", "", `<h1>no</h1>`, wire.HTML, guard.Syntax},
		{"an element of a page", "", "", `<app-root></app-root>`, wire.HTML, guard.Syntax},
		{"a page behind blanks", "application/json", "", strings.Repeat(" ", 1024) + `<html></html>`, wire.HTML, guard.Syntax},
		{"blanks without an end", "application/json", "", strings.Repeat(" ", guard.Defaults().Bytes+1), wire.Other, guard.TooLarge},
		{"a bomb of blanks", "application/json", "gzip", zipped(t, strings.Repeat(" ", 1<<20)+`{}`), wire.Other, guard.TooLarge},
		{"JSON behind a warning", "text/html", "", "<br />\n<b>Warning</b>: {x} in a.php\n" + `{"a":1}`, wire.Prefixed, guard.Syntax},
		{"JSON behind a word", "application/json", "", `ok {"a":1}`, wire.Prefixed, guard.Syntax},
		{"a page that ends in a brace", "text/html", "", `<style>a{}`, wire.HTML, guard.Syntax},
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

// What can't be undone is named by what it is, and one fault is not another.
func TestCodings(t *testing.T) {
	packed := zipped(t, `{"a":1}`)
	for _, tt := range []struct {
		lines []string
		body  string
		want  wire.Coding
	}{
		{nil, `{}`, wire.CodingNone},
		{[]string{""}, `{}`, wire.CodingNone},
		{[]string{"identity"}, `{}`, wire.CodingNone},
		{[]string{"identity, gzip"}, packed, wire.CodingNone},
		{[]string{"br"}, "x", wire.CodingBrotli},
		{[]string{" BR "}, "x", wire.CodingBrotli},
		{[]string{"zstd"}, "x", wire.CodingZstd},
		{[]string{"deflate"}, "x", wire.CodingDeflate},
		{[]string{"x-compress"}, "x", wire.CodingCompress},
		{[]string{"dcb"}, "x", wire.CodingUnknown},
		{[]string{"gzip, gzip"}, packed, wire.CodingSeveral},
		{[]string{"br", "gzip"}, packed, wire.CodingSeveral},
		{[]string{"gzip"}, `{}`, wire.CodingNoGzip},
		{[]string{"gzip"}, packed[:20], wire.CodingGzipCut},
		{[]string{"gzip"}, packed[:len(packed)-1] + "\xff", wire.CodingGzipCut},
		{nil, packed, wire.CodingUnnamed},
		{[]string{"gzip"}, zipped(t, packed), wire.CodingTwice},
		{nil, "\x28\xb5\x2f\xfd\x00", wire.CodingUnnamed},
	} {
		a := wire.Read(&loginwatch.Exchange{Header: http.Header{"Content-Encoding": tt.lines}, Body: []byte(tt.body)})
		if a.Coding != tt.want || (a.Shape == wire.Encoded) != (tt.want != wire.CodingNone) {
			t.Errorf("%q: %q, shape %s", tt.lines, a.Coding, a.Shape)
		}
	}
}

func TestCharsets(t *testing.T) {
	for body, want := range map[string]wire.Charset{
		`{"a":"é"}`:                     wire.CharsetUTF8,
		`{"a":`:                         wire.CharsetUTF8,
		"\ufeff{}":                      wire.CharsetMarked,
		"\xff\xfe{\x00}\x00":            wire.CharsetUTF16,
		"\xfe\xff\x00{\x00}":            wire.CharsetUTF16,
		"{\x00}\x00":                    wire.CharsetUTF16,
		" \x00{\x00}\x00":               wire.CharsetUTF16,
		"\x00\n\x00{\x00}":              wire.CharsetUTF16,
		" \x00\x00\x00{\x00\x00\x00":    wire.CharsetUTF32,
		"\x00{\x00}":                    wire.CharsetUTF16,
		"\xff\xfe\x00\x00{\x00\x00\x00": wire.CharsetUTF32,
		"{\x00\x00\x00}\x00\x00\x00":    wire.CharsetUTF32,
		"{\"a\":\"\xe9\"}":              wire.CharsetOneByte,
		`{"a":"\ud800"}`:                wire.CharsetSurrogate,
		"{\"a\":\"\xe9\",}":             wire.CharsetNone,
	} {
		if a := wire.Read(&loginwatch.Exchange{Body: []byte(body)}); a.Charset != want {
			t.Errorf("%q: %q, want %q", body, a.Charset, want)
		}
	}
}

func TestMediaTypes(t *testing.T) {
	for _, tt := range []struct {
		lines []string
		want  []string
		used  string
	}{
		{nil, nil, ""},
		{[]string{"application/json; charset=utf-8"}, []string{"application/json"}, "application/json"},
		{[]string{`text/plain; x="a,b"`}, []string{"text/plain"}, "text/plain"},
		{[]string{"text/html", "application/json"}, []string{"text/html", "application/json"}, "application/json"},
		{[]string{"application/json, text/html"}, []string{"application/json", "text/html"}, "application/json"},
		{[]string{"text/html,"}, []string{"text/html"}, "text/html"},
	} {
		a := wire.Read(&loginwatch.Exchange{Header: http.Header{"Content-Type": tt.lines}})
		if !slices.Equal(a.MediaTypes, tt.want) || a.MediaType != tt.used {
			t.Errorf("%q: %q, used %q", tt.lines, a.MediaTypes, a.MediaType)
		}
	}
}

func TestHeaderValue(t *testing.T) {
	for text, want := range map[string]bool{"a b\tc": true, "é": true, "": true, "a\nb": false, "a\r": false, "\x00": false, "\x7f": false} {
		if wire.HeaderValue(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
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
