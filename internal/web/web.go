// Package web serves the daemon's own HTTP: the status page, its JSON, health,
// readiness, reload and, when asked for, profiles.
//
// It shows what the board was told and nothing else: neither secrets nor the
// vendor's bytes come near it, and foreign text is bounded, made printable and
// escaped. The page needs no JavaScript and loads nothing.
package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// Options are what the handler shows and calls. Board is needed; a nil function
// or handler leaves its part out.
type Options struct {
	Board    *Board
	Ledger   loginwatch.Ledger        // asked for credentials at every view
	Upcoming func() []loginwatch.Slot // the next slot of every probe
	Ready    func() bool              // configured, and the planner started
	// Reload, which may be called concurrently, reads the configuration again,
	// tells the log what came of it and names the keys whose change needs a restart.
	// A [loginwatch.Problems] is answered without the lines of the file, which might
	// hold a secret by mistake.
	Reload  func(context.Context) (restart []string, err error)
	Metrics http.Handler
	// Pprof tells whether who asks may see profiles; nil leaves them out.
	Pprof   func(*http.Request) bool
	Hosts   []string // names of ours, in lower case, beside IP addresses and localhost
	Version string
	Logger  *slog.Logger // nil logs nothing
}

const (
	healthyPath = "/-/healthy"
	readyPath   = "/-/ready"
)

// IsHealth tells whether a request asks for health or readiness alone, which
// tells nothing worth a password: a supervisor's probe mostly has none.
func IsHealth(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && (r.URL.Path == healthyPath || r.URL.Path == readyPath)
}

type server struct {
	Options
	page    *page
	reloads chan struct{} // one that is under way, and one that waits
}

// Handler serves all paths of the daemon.
func Handler(opts Options) http.Handler {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s := &server{Options: opts, page: newPage(), reloads: make(chan struct{}, 2)}
	large := newPlaces(mostAnswers, patience)
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", large.held(s.status))
	mux.Handle("GET /api/v1/probes", large.held(s.probes))
	mux.HandleFunc("GET "+healthyPath, func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "healthy") })
	mux.HandleFunc("GET "+readyPath, s.ready)
	if opts.Reload != nil {
		// A page on another site must not make its reader's browser reload us.
		mux.Handle("POST /-/reload", http.NewCrossOriginProtection().Handler(http.HandlerFunc(s.reload)))
	}
	if opts.Metrics != nil {
		mux.Handle("GET /metrics", large.held(opts.Metrics.ServeHTTP))
	}
	if opts.Pprof != nil {
		// Not cmdline: a command line is the operator's. Importing pprof also
		// registers on the default mux, which this process never serves.
		for path, profile := range map[string]http.HandlerFunc{
			"": pprof.Index, "profile": pprof.Profile, "symbol": pprof.Symbol, "trace": pprof.Trace,
		} {
			mux.Handle("GET /debug/pprof/"+path, large.held(s.profiled(profile)))
		}
	}
	return s.secured(s.meant(alone(mux)))
}

// alone has a connection end after a request with a body: nothing here reads one, and what
// a proxy in front takes for the end of it may be another place than we do.
func alone(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// profiled refuses profiles to whom they are not for.
func (s *server) profiled(profile http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.Pprof(r) {
			text(w, http.StatusForbidden, "profiles are for who asks from this machine, or has shown who they are: see web_config")
			return
		}
		profile(w, r)
	}
}

// secured sets the headers of every answer.
func (s *server) secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", s.page.policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (s *server) overview(ctx context.Context, q query) Overview {
	o, err := s.Board.overview(ctx, liveState{s.Ledger, s.Upcoming}, q)
	if err != nil {
		// The page still tells everything else and marks credentials as unknown.
		s.Logger.Error("credentials can't be shown", "error", err)
	}
	return o
}

// asked reads what is asked for, or answers that it can't be.
func asked(w http.ResponseWriter, r *http.Request) (q query, ok bool) {
	q, err := queryOf(r.URL.Query())
	if err != nil {
		text(w, http.StatusBadRequest, err.Error())
	}
	return q, err == nil
}

func (s *server) status(w http.ResponseWriter, r *http.Request) {
	q, ok := asked(w, r)
	if !ok {
		return
	}
	var body bytes.Buffer
	if err := s.page.render(&body, s.overview(r.Context(), q), s.Version, q); err != nil {
		s.Logger.Error("the status page can't be shown", "error", err)
		text(w, http.StatusInternalServerError, "the status page can't be shown: see the log")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	s.write(w, body.Bytes())
}

func (s *server) probes(w http.ResponseWriter, r *http.Request) {
	q, ok := asked(w, r)
	if !ok {
		return
	}
	o := s.overview(r.Context(), q)
	body, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		s.Logger.Error("the overview can't be shown", "error", err)
		text(w, http.StatusInternalServerError, "the overview can't be shown: see the log")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	q.links(w.Header(), r.URL.Path, o.Pages)
	s.write(w, append(body, '\n'))
}

func (s *server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.Ready == nil || !s.Ready() {
		text(w, http.StatusServiceUnavailable, "not ready")
		return
	}
	text(w, http.StatusOK, "ready")
}

func (s *server) reload(w http.ResponseWriter, r *http.Request) {
	select {
	case s.reloads <- struct{}{}:
		defer func() { <-s.reloads }()
	default:
		w.Header().Set("Retry-After", "1")
		text(w, http.StatusServiceUnavailable, "a reload is under way, and another one that waits for it will read what there is by then")
		return
	}
	// Half a reload because the client went away helps nobody.
	restart, err := s.Reload(context.WithoutCancel(r.Context()))
	if err != nil {
		text(w, http.StatusInternalServerError, "not reloaded, the old configuration stays in force:\n"+loginwatch.Brief(err))
		return
	}
	if len(restart) > 0 {
		text(w, http.StatusOK, "reloaded; what changed in these keys needs a restart: "+strings.Join(restart, ", "))
		return
	}
	text(w, http.StatusOK, "reloaded")
}

func text(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, message) // a reader that went away
}

func (s *server) write(w io.Writer, body []byte) {
	if _, err := w.Write(body); err != nil {
		s.Logger.Debug("an answer was not read to its end", "error", err)
	}
}
