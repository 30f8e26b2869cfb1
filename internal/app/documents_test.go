package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/document"
	"github.com/loginwatch/loginwatch/internal/fetch"
	"github.com/loginwatch/loginwatch/internal/pack"
)

const (
	bearerPage = `<h1>The bearer token</h1><p>It comes as JSON. Its field is the access_token string, which is good for an hour and is sent as a header.
		Whoever has it may call everything, so that nobody else should have it.</p><script src="a.js"></script>`
	otherNote = `This page was moved by those who keep it and is no longer here, and nobody has said where it went or whether it will be back again some day.`
)

// citedPage gives the pack of a script, whose second document is a page, as if that were at
// an address.
func citedPage(t *testing.T, address string) []pack.Cited {
	t.Helper()
	script, err := txtar.ParseFile(filepath.Join("..", "..", "cmd", "loginwatch", "testdata", "script", "documents.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range script.Files {
		name := filepath.Join(dir, f.Name)
		data := strings.ReplaceAll(string(f.Data), "https://docs.example.com/bearer", address)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	catalog, problems := pack.Load(pack.Options{}, pack.Source{Dir: "mypack", FS: os.DirFS(filepath.Join(dir, "mypack"))})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return catalog.Cited("page")
}

func pages() *fetch.Fetcher {
	return fetch.New(fetch.Options{UserAgent: "loginwatch test", Timeout: time.Minute, MaxBytes: document.MaxBytes})
}

// TestDocumentsFetched: a page is asked for once, whoever cites it; one that is no page of
// words is not one of which all is gone.
func TestDocumentsFetched(t *testing.T) {
	body, asked := atomic.Pointer[string]{}, atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch {
		case r.URL.Path == "/bearer":
			http.Redirect(w, r, "/v2/bearer", http.StatusMovedPermanently)
		case *body.Load() == "":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = fmt.Fprint(w, *body.Load())
		}
	}))
	defer server.Close()
	cited := citedPage(t, server.URL+"/bearer")
	cited = append(cited, cited[1])
	cited[2].Vendor = "another"
	for _, tt := range []struct{ name, body, want string }{
		{"unchanged", bearerPage, "unchanged: page The bearer token: 2 of 2 statements stand, by the cited words alone (" + server.URL + "/v2/bearer)"},
		{"changed", strings.Replace(bearerPage, "access_token string", "access_token object", 1), "mypack/schemas/page/login.success.schema.json:7  login.success /access_token  “access_token string”"},
		{"scripts", "<p>Loading</p><script src='a.js'></script>", "can't be read: page The bearer token: it has 1 word and scripts: only a browser makes a page of it; save what that shows"},
		{"refused", "", "can't be read: page The bearer token: it answered HTTP 503 (" + server.URL + "/bearer)"},
		{"another page", "<p>" + otherNote + "</p>", "gone\n"},
	} {
		body.Store(&tt.body)
		asked.Store(0)
		check := app.DocumentsCheck{Cited: cited, Fetch: pages()}
		report, err := check.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var text, doc bytes.Buffer
		if err := report.Write(&text, "text"); err != nil || !strings.Contains(text.String(), tt.want) {
			t.Errorf("%s: %v, want %q in\n%s", tt.name, err, tt.want, &text)
		}
		if report[0].Status != document.NotCompared || report[1].Status != report[2].Status || asked.Load() != 2 {
			t.Errorf("%s: asked %d times; %+v", tt.name, asked.Load(), report)
		}
		if err := report.Write(&doc, "json"); err != nil {
			t.Fatal(err)
		}
		followsDocuments(t, doc.Bytes())
	}
}

// TestDocumentsKept: a page that is kept is what the next one is held against, with all
// that stands around what is cited; it is kept once.
func TestDocumentsKept(t *testing.T) {
	body := atomic.Pointer[string]{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=windows-1252")
		_, _ = fmt.Fprint(w, *body.Load())
	}))
	defer server.Close()
	cited := citedPage(t, server.URL+"/bearer?v=1")[1:]
	texts := t.TempDir()
	run := func(page string) document.Result {
		t.Helper()
		body.Store(&page)
		check := app.DocumentsCheck{Cited: cited, Fetch: pages(), Texts: texts, Keep: true}
		report, err := check.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return report[0]
	}
	changed := strings.Replace(bearerPage, "is good for an hour", "is not good for an hour", 1) + "<p>\x93Quoted\x94</p>"
	if r := run(strings.ReplaceAll(changed, "access_token", "id_token")); r.Status != document.Differs || len(listed(t, texts)) > 0 {
		t.Errorf("kept what does not hold what is cited: %+v, %v", r, listed(t, texts))
	}
	if r := run(bearerPage + "<p>\x93Quoted\x94</p>"); r.Against != document.CitationsAlone || r.Note == "" || len(listed(t, texts)) != 1 {
		t.Errorf("not kept: %+v, %v", r, listed(t, texts))
	}
	if r := run(bearerPage + "<p>\x93Quoted\x94</p>"); r.Against != document.TextThatWasRead || r.Status != document.Unchanged || r.Elsewhere != 0 {
		t.Errorf("the same page: %+v", r)
	}
	if r := run(changed); r.Status != document.Differs || !strings.Contains(r.Changes[0].Shown(), "{+not+}") {
		t.Errorf("a negation beside what is cited: %+v", r)
	}
	if names := listed(t, texts); len(names) != 1 || !strings.HasSuffix(names[0], ".html") {
		t.Errorf("kept again: %v", names)
	}
}

func listed(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// followsDocuments holds a report against the published schema, closed.
func followsDocuments(t *testing.T, doc []byte) {
	t.Helper()
	text, err := loginwatch.Embedded.ReadFile("schemas/meta/documents.schema.json")
	var schema map[string]any
	if err == nil {
		err = json.Unmarshal(bytes.ReplaceAll(text, []byte(`"type": "object"`), []byte(`"type": "object", "additionalProperties": false`)), &schema)
	}
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("urn:documents", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("urn:documents")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err == nil {
		err = compiled.Validate(parsed)
	}
	if err != nil {
		t.Errorf("%v in\n%s", err, doc)
	}
}
