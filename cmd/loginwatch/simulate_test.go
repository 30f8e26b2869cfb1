package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/sim"
)

// A developer whose request is refused learns why, and the log repeats nothing
// that was sent.
func TestSimulateVerbose(t *testing.T) {
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: loginwatch.Embedded})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	path := "/" + catalog.Contracts[0].Vendor + "/marker"
	for _, verbose := range []bool{false, true} {
		var log bytes.Buffer
		s, err := sim.New(catalog.Contracts, sim.Options{Logger: simulateCmd{Verbose: verbose}.logger(&log)})
		if err != nil {
			t.Fatal(err)
		}
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, nil))
		if strings.Contains(log.String(), "condition=wrong-path") != verbose || strings.Contains(log.String(), "marker") {
			t.Errorf("verbose %v: %q", verbose, log.String())
		}
	}
}
