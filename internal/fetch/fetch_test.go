package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/fetch"
)

const limit = 64 << 10

func fetcher(timeout time.Duration) *fetch.Fetcher {
	return fetch.New(fetch.Options{UserAgent: "loginwatch test", Timeout: timeout, MaxBytes: limit})
}

// vendor is a server with the habits of vendors' servers.
func vendor(t *testing.T) (base string, asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	mux := http.NewServeMux()
	page := func(path string, h http.HandlerFunc) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { asked.Add(1); h(w, r) })
	}
	page("/page", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=iso-8859-1")
		_, _ = fmt.Fprintf(w, "<p>%s", r.UserAgent())
	})
	page("/headers", func(w http.ResponseWriter, r *http.Request) {
		for _, h := range []string{"Cookie", "Authorization", "Referer"} {
			if r.Header.Get(h) != "" {
				w.WriteHeader(http.StatusTeapot)
			}
		}
		_, _ = fmt.Fprint(w, r.Method, r.ContentLength)
	})
	page("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "marked"})
		http.Redirect(w, r, "/headers", http.StatusFound)
	})
	page("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.example/marked?token=marked", http.StatusMovedPermanently)
	})
	page("/wall", func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("seen"); err != nil {
			http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
			http.Redirect(w, r, "/wall", http.StatusFound)
		}
	})
	page("/gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	page("/login", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	page("/huge", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, limit+1)) })
	page("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(make([]byte, 64<<20))
		_ = z.Close()
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(b.Bytes())
	})
	page("/gzip", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write([]byte("words"))
		_ = z.Close()
	})
	page("/slow", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("begun"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	page("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("half"))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, asked
}

func TestGet(t *testing.T) {
	base, asked := vendor(t)
	for _, c := range []struct {
		path, data, kind, at, err string
		asked                     int64
	}{
		{path: "/page#part", data: "<p>loginwatch test", kind: "text/html; charset=iso-8859-1", at: "/page", asked: 1},
		{path: "/headers", data: "GET0", kind: "text/plain; charset=utf-8", at: "/headers", asked: 1},
		{path: "/moved", data: "GET0", kind: "text/plain; charset=utf-8", at: "/headers", asked: 2},
		{path: "/away", err: "it could not be fetched: it redirects to another host, elsewhere.example: see whether the document has moved there", asked: 1},
		{path: "/wall", err: "it could not be fetched: it redirects more than 3 times", asked: 4},
		{path: "/gone", err: "it answered HTTP 404", asked: 1},
		{path: "/login", err: "it answered HTTP 401", asked: 1},
		{path: "/huge", err: "it is larger than 0 MiB", asked: 1},
		{path: "/bomb", err: "it is larger than 0 MiB", asked: 1},
		{path: "/gzip", data: "words", kind: "application/x-gzip", at: "/gzip", asked: 1},
		{path: "/cut", err: "it could not be fetched: the answer was cut", asked: 1},
	} {
		before := asked.Load()
		p, err := fetcher(time.Minute).Get(t.Context(), base+c.path)
		if said := message(err); said != c.err {
			t.Errorf("%s: %q, want %q", c.path, said, c.err)
		}
		if n := asked.Load() - before; n != c.asked {
			t.Errorf("%s was asked for %d times, want %d", c.path, n, c.asked)
		}
		if c.err == "" && (string(p.Data) != c.data || p.Type != c.kind && c.kind != "application/x-gzip" || p.Address != base+c.at) {
			t.Errorf("%s: %q of %q at %s", c.path, p.Data, p.Type, p.Address)
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestSlow: what never ends is given up, and so is what nobody waits for any more.
func TestSlow(t *testing.T) {
	base, _ := vendor(t)
	if _, err := fetcher(50*time.Millisecond).Get(t.Context(), base+"/slow"); message(err) != "it took longer than 50ms" {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fetcher(time.Minute).Get(ctx, base+"/page"); err == nil {
		t.Error("fetched for nobody")
	}
}

// TestPause: a host has its pause between two pages, which ends with whoever waits.
func TestPause(t *testing.T) {
	base, asked := vendor(t)
	f := fetch.New(fetch.Options{Timeout: time.Minute, MaxBytes: limit, Pause: time.Hour})
	if _, err := f.Get(t.Context(), base+"/page"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := f.Get(ctx, base+"/page"); err == nil || asked.Load() != 1 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
}

// TestCheck: no address is asked for without TLS, but for one of this machine, and none
// that has a password in it.
func TestCheck(t *testing.T) {
	for address, want := range map[string]string{
		"https://docs.example.com/login?a=b#c": "",
		"http://127.0.0.1:8080/x":              "",
		"http://[::1]/x":                       "",
		"http://localhost/x":                   "",
		"http://docs.example.com/":             "its address is not https",
		"http://127.0.0.1.example.com/":        "its address is not https",
		"ftp://docs.example.com/":              "its address is not https",
		"file:///etc/passwd":                   "its address names no host",
		"urn:ietf:rfc:6749":                    "its address names no host",
		"https://user:marked@docs.example.com": "its address has credentials in it",
		"https://%zz":                          "its address is no URL",
	} {
		err := fetch.Check(address)
		if message(err) != want {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
		if want == "" {
			continue
		}
		if _, err := fetcher(time.Minute).Get(t.Context(), address); message(err) != want || strings.Contains(message(err), "marked") {
			t.Errorf("%s: fetched, or %v", address, err)
		}
	}
}
