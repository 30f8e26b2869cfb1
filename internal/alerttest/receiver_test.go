//go:build oncall

package alerttest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// receiver is where Alertmanager sends to: every receiver of the example is a
// path of it.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	heard   map[string]*story // by "ALERT TARGET"
	strange []string
	changed chan struct{} // closed and renewed with every message
}

// story is what was heard of one alert.
type story struct {
	receiver string
	fired    time.Time // when it was last heard of as new
	resolved time.Time // zero while it fires
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{heard: map[string]*story{}, changed: make(chan struct{})}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(_ http.ResponseWriter, req *http.Request) {
	var message struct {
		Alerts []struct {
			Status      string            `json:"status"`
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
		} `json:"alerts"`
	}
	body, err := io.ReadAll(req.Body)
	if err == nil {
		err = json.Unmarshal(body, &message)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() { close(r.changed); r.changed = make(chan struct{}) }()
	if err != nil {
		r.strange = append(r.strange, err.Error())
		return
	}
	now := time.Now()
	for _, a := range message.Alerts {
		for name, value := range a.Annotations {
			if strings.Contains(value, "error expanding") || strings.Contains(value, "<no value>") || strings.Contains(value, "  ") {
				r.strange = append(r.strange, fmt.Sprintf("%s: %s is %q", a.Labels["alertname"], name, value))
			}
		}
		name := strings.TrimSpace(a.Labels["alertname"] + " " + a.Labels["target"])
		s := r.heard[name]
		if s == nil && a.Status == "resolved" {
			// What was muted from its beginning to its end can come as resolved in a
			// message about another alert of its group: nobody is called by that.
			continue
		}
		if s == nil {
			s = &story{receiver: strings.TrimPrefix(req.URL.Path, "/"), fired: now}
			r.heard[name] = s
		}
		switch {
		case a.Status == "resolved":
			s.resolved = now
		case !s.resolved.IsZero(): // again
			s.fired, s.resolved = now, time.Time{}
		}
	}
}

// await waits until yes, and tells whether it came to that.
func (r *receiver) await(patience time.Duration, yes func(map[string]*story) bool) bool {
	deadline := time.After(patience)
	for {
		r.mu.Lock()
		done, changed := yes(r.heard), r.changed
		r.mu.Unlock()
		if done {
			return true
		}
		select {
		case <-changed:
		case <-deadline:
			return false
		}
	}
}

// firing lists what fires now, in the receiver's own words.
func (r *receiver) firing() (all []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, s := range r.heard {
		if s.resolved.IsZero() {
			all = append(all, name)
		}
	}
	return all
}

// snapshot copies what was heard so far.
func (r *receiver) snapshot() map[string]*story {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]*story{}
	for name, s := range r.heard {
		told := *s
		all[name] = &told
	}
	return all
}
