package schema

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/xeipuuv/gojsonschema"
)

// No schema may make us open a connection or a file, whichever way a reference
// leads out: neither when it is inspected nor in the validator behind that.
func TestReferencesStayInside(t *testing.T) {
	var connections, requests atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		_, _ = w.Write([]byte(`{"type": "string", "definitions": {"a": true}}`))
	}))
	server.Config.ConnState = func(net.Conn, http.ConnState) { connections.Add(1) }
	server.Start()
	defer server.Close()
	file := filepath.Join(t.TempDir(), "other.json")
	if err := os.WriteFile(file, []byte(`{"type": "string"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{
		server.URL, server.URL + "/s.json#/definitions/a", strings.TrimPrefix(server.URL, "http:"), "file://" + file, file, "other.json",
		"http://json-schema.org/draft-07/schema#", "#", "#/properties/a", "#a", "urn:x:y", "#/definitions/%61", "",
	} {
		text := fmt.Sprintf(`{"$id": %q, "properties": {"a": {"$ref": %q}}, "definitions": {"a": true}}`, server.URL+"/root.json", ref)
		if _, err := Compile("test.json", []byte(text)); err == nil {
			t.Errorf("a reference to %q compiles", ref)
		}
	}
	for _, ref := range []string{server.URL, server.URL + "#/definitions/a", "file://" + file, "http://json-schema.org/draft-07/schema#"} {
		raw := map[string]any{"properties": map[string]any{"a": map[string]any{"$ref": ref}}}
		if _, err := newJudge(raw, raw); err == nil {
			t.Errorf("the validator follows %q", ref)
		}
	}
	if c, r := connections.Load(), requests.Load(); c != 0 || r != 0 {
		t.Errorf("%d connections and %d requests were made", c, r)
	}
	// The listener does see the library's own loader: the test can fail.
	if _, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(fmt.Sprintf(`{"$ref": %q}`, server.URL))); err != nil {
		t.Fatal(err)
	}
	if requests.Load() != 1 {
		t.Error("the listener sees nothing at all")
	}
}
