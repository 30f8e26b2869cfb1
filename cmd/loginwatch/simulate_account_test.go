package main

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/plan"
	"github.com/loginwatch/loginwatch/internal/sim"
)

// Whose account it is says every answer alike, with the name that the simulator was
// told; a token is another one each time.
func TestAccountStaysTheSame(t *testing.T) {
	script, err := txtar.ParseFile(sixthVendor)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, f := range script.Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	own, err := fs.Sub(files, "mypack")
	if err != nil {
		t.Fatal(err)
	}
	catalog, problems := pack.Load(pack.Options{CheckSchedule: func(expr string) error { _, err := plan.Parse(expr); return err }}, pack.Source{FS: own})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for name, set := range map[string]map[string]string{"demo-user": nil, "somebody else": {"username": "somebody else", "password": "hidden"}} {
		s, err := sim.New(catalog.Contracts, sim.Options{Credentials: map[string]map[string]string{"example-login": set}})
		if err != nil {
			t.Fatal(err)
		}
		get := func(path string) string {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			r.Header.Set("Authorization", "Bearer demo-token")
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			return strings.TrimSpace(w.Body.String())
		}
		for range 2 {
			if got := get("/me"); got != `{"username": "`+name+`"}` {
				t.Errorf("%s: %s", name, got)
			}
		}
		if first, second := get("/nonce"), get("/nonce"); first == second {
			t.Errorf("%s: one nonce twice", name)
		}
	}
}
