package pack_test

import (
	"io/fs"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// severalDocuments changes the good pack into one of a second file and a page.
const severalDocuments = `
-- edit contracts/example-login/contract.yaml --
-document: {title: Login guide, file: guide.txt, address: "https://docs.example.com/login", read: 2026-01-31, sha256: 3faf4320867bb04c8b412cf21a9ec689675fc4cec2fda4894744e638e43fb757}
+document:
+  - {name: guide, title: Login guide, file: guide.txt, read: 2026-01-31, sha256: 3faf4320867bb04c8b412cf21a9ec689675fc4cec2fda4894744e638e43fb757}
+  - {name: limits, title: Limits of use, file: limits.txt, read: 2026-01-31, sha256: 12ac7a34ed021b32fec57f2ff1a267a1416a3f1dc4eca1d5df8b4930369a3d8a}
+  - {name: rfc, title: "RFC\n7617", address: "https://www.rfc-editor.org/rfc/rfc7617", read: 2026-01-31}
-  tenant: {default: main, cite: tenant}
+  tenant: {default: main, cite: tenant, in: guide}
-        Content-Type: {value: application/json, cite: JSON body}
-        X-Nonce: {value: "${nonce}", cite: X-Nonce}
+        Content-Type: {value: application/json, cite: ten requests, in: limits}
+        X-Nonce: {value: "${nonce}", cite: in no file, in: rfc}
-- edit schemas/example-login/error.schema.json --
-    "code": {"type": "integer", "x-cite": "code 17"}
+    "code": {"type": "integer", "x-cite": "in no file either", "x-in": "rfc"}
-- documents/limits.txt --
Ten requests in a minute.
`

// TestSeveralDocuments: each source is of the document that it names, or of the
// first, and is shown and looked up as such.
func TestSeveralDocuments(t *testing.T) {
	files := good(t)
	for _, f := range txtar.Parse([]byte(severalDocuments)).Files {
		change(t, files, f)
	}
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: files})
	if problems != nil {
		t.Fatal(problems)
	}
	c := catalog.Contract("example-login")
	login := c.Operation("login")
	code, _ := login.Outcome("wrong-password").Schema.At("/code")
	user, _ := login.Request.Schema.At("/user")
	headers := login.Request.Headers
	got := map[string]loginwatch.Cite{
		"operation": login.Cite, "variable": c.Variables[0].Cite, "nonce": headers[1].Cite,
		"type": headers[0].Cite, "evidence": headers[2].Cite, "field": code.Cite, "other field": user.Cite,
	}
	want := map[string]string{
		"operation": "guide.txt", "variable": "guide.txt", "nonce": "RFC 7617",
		"type": "limits.txt", "evidence": "guide.txt", "field": "RFC 7617", "other field": "guide.txt",
	}
	for name, cite := range got {
		if cite.Document != want[name] {
			t.Errorf("%s is cited from %q, want %q", name, cite.Document, want[name])
		}
	}
	if c.MainDocument() != "guide.txt" || len(c.Documents) != 3 || c.Documents[2].Name != "rfc" {
		t.Errorf("documents: %+v", c.Documents)
	}
	texts, err := fs.Sub(files, "documents")
	if err != nil {
		t.Fatal(err)
	}
	unread, problems := pack.CheckCitations(catalog, texts)
	if want := []pack.NotLookedUp{{Document: "RFC 7617", Citations: 2}}; !slices.Equal(unread, want) || problems != nil {
		t.Errorf("not looked up: %v, problems:\n%v", unread, problems)
	}
}
