package sim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestResetOnTheWire(t *testing.T) {
	for _, secure := range []bool{false, true} {
		s := newSim(t, Options{Faults: []string{"reset"}}, sample(t))
		server := httptest.NewUnstartedServer(s)
		if secure {
			server.EnableHTTP2 = true
			server.StartTLS()
		} else {
			server.Start()
		}
		res, err := server.Client().Post(server.URL+"/v1/session/login", "application/json", strings.NewReader(validBody))
		if err == nil {
			_ = res.Body.Close()
			t.Fatalf("TLS %v: status %d", secure, res.StatusCode)
		}
		if !secure && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("error %v", err)
		}
		server.Close()
	}
}

// What is broken on the wire is what a client of Go's says of it.
func TestBrokenOnTheWire(t *testing.T) {
	for fault, says := range map[string]string{"half-answer": "unexpected EOF", "no-http": "malformed HTTP", "silent": "context deadline exceeded"} {
		server := httptest.NewServer(newSim(t, Options{Faults: []string{fault}}, sample(t)))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if fault == "silent" {
			cancel()
			ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/v1/session/login", strings.NewReader(validBody))
		if err != nil {
			t.Fatal(err)
		}
		res, err := server.Client().Do(req)
		if err == nil {
			_, err = io.ReadAll(res.Body)
			_ = res.Body.Close()
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v", fault, err)
		}
		cancel()
		server.Close()
	}
}
