package metrics

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// stuck reads nothing further until what is recorded meanwhile is recorded.
type stuck struct {
	*httptest.ResponseRecorder
	meanwhile func()
}

func (s stuck) Write(p []byte) (int, error) {
	s.meanwhile()
	return s.ResponseRecorder.Write(p)
}

// Whoever reads a scrape as slowly as they like keeps no run waiting, and no reload.
func TestSlowReaderKeepsNothingWaiting(t *testing.T) {
	const jobs = 2 * batch // of which most families are written in parts
	m := many(t, jobs)
	var watched []loginwatch.Job
	for _, s := range m.sorted {
		watched = append(watched, s.job)
	}
	writes := 0
	meanwhile := func() {
		if writes++; writes%10 != 0 { // which is enough to meet each family
			return
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for _, j := range watched {
				r := run("login")
				r.Key = j.Key()
				recorded(t, m.RecordRun(t.Context(), r))
			}
			m.SetJobs(watched)
		}()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatal("runs are not recorded before the reader has read on")
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	m.Handler().ServeHTTP(stuck{httptest.NewRecorder(), meanwhile}, r)
	if writes < 100 {
		t.Errorf("%d writes are none in parts", writes)
	}
}
