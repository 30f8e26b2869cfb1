package probe_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// small is the pack that the tests of check have: no real vendor.
func small(t testing.TB) *pack.Catalog {
	t.Helper()
	c, problems := pack.Load(pack.Options{}, pack.Source{FS: os.DirFS("../check/testdata/pack")})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

// What was read for the verdict is what a later step gets: a gateway that
// compresses unasked changes nothing.
func TestRunCapturesFromGzip(t *testing.T) {
	cat := small(t)
	c := cat.Contract("bare")
	var sent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		zip := gzip.NewWriter(w)
		defer func() { _ = zip.Close() }()
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(zip, `{"key":"fetched-key"}`)
			return
		}
		sent = r.Header.Get("Authorization")
		_, _ = io.WriteString(zip, `{"auth":"a","user":"u"}`)
	}))
	defer server.Close()
	p := caseProbe(t, cat, c.Vendor, "valid-credentials")
	run := probe.New(probe.Options{}).Run(t.Context(), p, target(t, server.URL, demo(c, "public_key")))
	if run.Verdict != loginwatch.OK || len(run.Findings()) > 0 || sent != "fetched-key" {
		t.Errorf("%s %s %+v, sent %q", run.Verdict, run.Reason, run.Findings(), sent)
	}
}
