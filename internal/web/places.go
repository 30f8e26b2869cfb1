package web

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Bounds of answers that take memory until they were read.
const (
	mostAnswers = 8               // at once
	patience    = 3 * time.Second // that one is left alone: with a wait as long, another scrape is within its ten seconds
)

// places bounds how many answers are made and read at once. A reader that takes long ends
// for the next one in line, but only where there is one: alone it has all the time that the
// port gives.
type places struct {
	free     chan struct{} // holds one for each place that is taken
	patience time.Duration

	mu    sync.Mutex
	taken []*answer // the oldest first
}

type answer struct {
	to    *http.ResponseController
	since time.Time
	ended bool
}

func newPlaces(n int, patience time.Duration) *places {
	return &places{free: make(chan struct{}, n), patience: patience}
}

// held serves a request once there is a place for it.
func (p *places) held(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.wait(r.Context()) {
			w.Header().Set("Retry-After", "10")
			text(w, http.StatusServiceUnavailable, "too much is asked for at once")
			return
		}
		a := p.sit(w)
		defer p.leave(a)
		next(w, r)
	})
}

func (p *places) wait(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*p.patience)
	defer cancel()
	for {
		select {
		case p.free <- struct{}{}:
			return true
		default:
		}
		hurry := time.NewTimer(p.endOldest())
		select {
		case p.free <- struct{}{}:
			hurry.Stop()
			return true
		case <-hurry.C:
		case <-ctx.Done():
			hurry.Stop()
			return false
		}
	}
}

// endOldest ends the answer that has had its place the longest, if that was long, and
// tells when to look again.
func (p *places) endOldest() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.taken {
		if a.ended {
			continue
		}
		if left := time.Until(a.since.Add(p.patience)); left > 0 {
			return left
		}
		a.ended = true
		_ = a.to.SetWriteDeadline(time.Unix(1, 0)) // what is no connection has none, and ends by itself
		break
	}
	return p.patience / 10
}

func (p *places) sit(w http.ResponseWriter) *answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := &answer{to: http.NewResponseController(w), since: time.Now()}
	p.taken = append(p.taken, a)
	return a
}

func (p *places) leave(a *answer) {
	p.mu.Lock()
	// Under the lock: nobody ends the next answer of the same connection by mistake.
	p.taken = slices.DeleteFunc(p.taken, func(other *answer) bool { return other == a })
	p.mu.Unlock()
	<-p.free
}
