package app

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"

	toolkit "github.com/prometheus/exporter-toolkit/web"

	"github.com/loginwatch/loginwatch/internal/web"
)

// WebServer serves our own pages behind exporter-toolkit's TLS, passwords and
// limits. Health and readiness stay open: what asks for them has no password.
type WebServer struct {
	*http.Server
	encrypted bool
	limits    PortLimits
	logger    *slog.Logger
}

// NewWebServer reads the web configuration, which may be none; nothing listens yet.
func NewWebServer(handler http.Handler, webConfig string, limits PortLimits, logger *slog.Logger) (*WebServer, error) {
	s := &WebServer{limits: limits, logger: logger, Server: &http.Server{
		Handler: handler, ReadHeaderTimeout: limits.Headers, ReadTimeout: limits.Request, WriteTimeout: limits.Answer, IdleTimeout: limits.Idle,
		MaxHeaderBytes: limits.HeaderBytes, HTTP2: &http.HTTP2Config{MaxConcurrentStreams: limits.Streams},
		ErrorLog: slog.NewLogLogger(webLog{logger.Handler(), new(atomic.Int64)}, slog.LevelWarn),
	}}
	if webConfig == "" {
		return s, nil
	}
	// The toolkit sets up a server only on its way to a listener: this one takes
	// no connection, so that ours comes after we have put health in front.
	err := toolkit.Serve(shut{}, s.Server, &toolkit.FlagConfig{WebConfigFile: &webConfig}, slog.New(slog.DiscardHandler))
	if !errors.Is(err, errShut) {
		return nil, errors.New(webError(err))
	}
	state := &webConfigState{path: webConfig, logger: logger}
	protected := s.Handler
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		state.look(nil)
		if web.IsHealth(r) {
			handler.ServeHTTP(w, r)
			return
		}
		protected.ServeHTTP(w, r)
	})
	// net/http makes a TLSConfig of its own; the toolkit's has this hook, which
	// reads the file at every connection.
	if s.TLSConfig != nil && s.TLSConfig.GetConfigForClient != nil {
		s.encrypted = true
		read := s.TLSConfig.GetConfigForClient
		s.TLSConfig.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			config, err := read(hello)
			state.look(err)
			if err != nil {
				return nil, errWebConfig // the log has why
			}
			return config, nil
		}
	}
	return s, nil
}

// Run answers until the server is shut down.
func (s *WebServer) Run(l net.Listener) error {
	l = newGuests(l, s.limits, s.logger)
	if s.encrypted {
		return s.ServeTLS(l, "", "")
	}
	return s.Serve(l)
}

// Scheme is what our pages are asked for with: a password alone encrypts nothing.
func (s *WebServer) Scheme() string {
	if s.encrypted {
		return "https"
	}
	return "http"
}

var errShut = errors.New("takes no connection")

// shut is a listener that takes no connection.
type shut struct{}

func (shut) Accept() (net.Conn, error) { return nil, errShut }
func (shut) Close() error              { return nil }
func (shut) Addr() net.Addr            { return &net.TCPAddr{} }

// webConfigState tells the log once when the web configuration breaks, and once
// when it is mended: the toolkit reads it at every request.
type webConfigState struct {
	path   string
	logger *slog.Logger
	mu     sync.Mutex
	broken string
}

// look reads all of the configuration, unless it is known to have failed. Of a
// mistake in it, what the toolkit does depends on the part: it answers nobody, or
// only does not know one user.
func (s *webConfigState) look(failed error) {
	now := ""
	if err := checkWebConfig(s.path); err != nil {
		now = err.Error()
	} else if failed != nil {
		now = webError(failed)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch now {
	case s.broken:
	case "":
		s.logger.Info("the web configuration is right again", "web_config", s.path)
	default:
		s.logger.Error("the web configuration is broken: our pages may refuse everybody until it is mended", "web_config", s.path, "error", now)
	}
	s.broken = now
}

var errWebConfig = errors.New("the web configuration is broken")

// webLog is told by net/http. It leaves out what that says at every connection of what
// webConfigState has said; and that none can be taken, as where no file descriptor is left,
// it says once a minute, where net/http says it after each pause of a second at most.
type webLog struct {
	slog.Handler
	told *atomic.Int64 // when it last said that none can be taken, Unix time
}

// Handle implements [slog.Handler].
func (h webLog) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasSuffix(r.Message, errWebConfig.Error()) {
		return nil
	}
	if why, ok := strings.CutPrefix(r.Message, "http: Accept error: "); ok {
		if last := h.told.Load(); r.Time.Unix()-last < 60 && last != 0 || !h.told.CompareAndSwap(last, r.Time.Unix()) {
			return nil
		}
		why, _, _ = strings.Cut(why, "; retrying")
		r = slog.NewRecord(r.Time, slog.LevelError, "our pages can't be reached for now: no connection can be taken", r.PC)
		r.AddAttrs(slog.String("error", why))
	}
	return h.Handler.Handle(ctx, r)
}

// checkWebConfig reads exporter-toolkit's file, which would else be read at the
// first connection. Its errors quote nothing that stands in the file.
func checkWebConfig(path string) error {
	if path == "" {
		return nil
	}
	err := toolkit.Validate(path)
	if pathErr := (*os.PathError)(nil); err == nil || errors.As(err, &pathErr) {
		return err
	}
	return errors.New(webError(err))
}

// webValue is how exporter-toolkit's YAML reader quotes what stands in the file.
var webValue = regexp.MustCompile("(?s)`.*`")

// webError is an error of exporter-toolkit in one line and without what it quotes
// of its file, where passwords' hashes and keys stand. That of bcrypt repeats the
// beginning of what is no hash, and may be the password itself.
func webError(err error) string {
	if strings.HasPrefix(err.Error(), "crypto/bcrypt: ") {
		return "a password of basic_auth_users is no bcrypt hash"
	}
	return strings.Join(strings.Fields(webValue.ReplaceAllString(err.Error(), "a value")), " ")
}
