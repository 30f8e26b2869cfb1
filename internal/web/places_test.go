package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// reader is a response whose write ends when its time is over.
type reader struct {
	*httptest.ResponseRecorder
	over chan struct{}
}

// SetWriteDeadline is what [http.ResponseController] calls.
func (r reader) SetWriteDeadline(at time.Time) error {
	if at.Before(time.Now()) {
		close(r.over)
	}
	return nil
}

// An answer that nobody waits for has all its time; for the next one the oldest ends, once
// it has had some; who waits too long, or goes away, is not answered.
func TestPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 3
		p := newPlaces(n, 3*time.Second)
		stubborn := make(chan struct{}) // what does not end when it is told to
		served := make(chan time.Duration, 100)
		ask := func(ctx context.Context, serve func(reader)) reader {
			r := reader{httptest.NewRecorder(), make(chan struct{})}
			begun := time.Now()
			go func() {
				p.held(func(http.ResponseWriter, *http.Request) {
					served <- time.Since(begun)
					serve(r)
				}).ServeHTTP(r, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
			}()
			synctest.Wait()
			return r
		}
		slow := func(r reader) { <-r.over }
		waited := func(want time.Duration) {
			t.Helper()
			synctest.Wait()
			select {
			case got := <-served:
				if got != want {
					t.Errorf("it waited %s, want %s", got, want)
				}
			default:
				t.Error("it is not served")
			}
		}
		for range n {
			ask(t.Context(), slow)
			waited(0)
		}
		time.Sleep(time.Minute)
		if len(p.taken) != n {
			t.Fatalf("%d answers stay, though nobody else asks", len(p.taken))
		}
		for range n { // the old ones go
			ask(t.Context(), func(reader) { <-stubborn })
			waited(0)
		}
		// What is told to end and does not keeps its place.
		refused := ask(t.Context(), slow)
		gone, leave := context.WithCancel(t.Context())
		left := ask(gone, slow)
		leave()
		time.Sleep(6 * time.Second)
		synctest.Wait()
		for _, r := range []reader{refused, left} {
			if r.Code != http.StatusServiceUnavailable || r.Header().Get("Retry-After") == "" {
				t.Errorf("status %d", r.Code)
			}
		}
		close(stubborn)
		synctest.Wait()
		if len(p.taken) != 0 || len(p.free) != 0 {
			t.Errorf("%d answers, %d places are taken at the end", len(p.taken), len(p.free))
		}
	})
}
