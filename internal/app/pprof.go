package app

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"

	toolkit "github.com/prometheus/exporter-toolkit/web"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
)

// CheckPprof tells why profiles must not be served at an address: whoever reads them learns
// what a process does and has it work for them. Errors complete a sentence that begins with
// what asks for profiles. A name but localhost may be another address at the next start.
func CheckPprof(address, webConfig string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if at, err := netip.ParseAddr(host); err == nil && at.IsLoopback() || strings.EqualFold(host, "localhost") {
		return nil
	}
	const instead = "listen on 127.0.0.1, or have web_config ask for a password (basic_auth_users) or verify client certificates (RequireAndVerifyClientCert with client_ca_file)"
	switch {
	case webConfig == "":
		return fmt.Errorf("would show profiles to whoever reaches %s: %s", address, instead)
	case !authenticates(webConfig):
		return fmt.Errorf("would show profiles to whoever reaches %s, since web_config lets everybody in: %s", address, instead)
	}
	return nil
}

// authenticates tells whether a web configuration lets nobody in who has not shown who
// they are. It is asked as a caller asks, so that nobody reads the file in another way than
// the toolkit does. A certificate of anybody's authority shows nothing.
func authenticates(webConfig string) bool {
	s := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})} //nolint:gosec // it takes no connection
	err := toolkit.Serve(shut{}, s, &toolkit.FlagConfig{WebConfigFile: &webConfig}, slog.New(slog.DiscardHandler))
	if !errors.Is(err, errShut) {
		return false
	}
	if c := s.TLSConfig; c != nil && c.ClientAuth == tls.RequireAndVerifyClientCert && c.ClientCAs != nil {
		return true
	}
	var answer statusOnly
	s.Handler.ServeHTTP(&answer, &http.Request{Header: http.Header{}})
	return answer == http.StatusUnauthorized
}

// statusOnly is a response of which nothing but the status is kept.
type statusOnly int

// Header implements [http.ResponseWriter].
func (s *statusOnly) Header() http.Header { return http.Header{} }

// Write implements [http.ResponseWriter].
func (s *statusOnly) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements [http.ResponseWriter].
func (s *statusOnly) WriteHeader(status int) { *s = statusOnly(status) }

// mayProfile tells of each request whether it may see profiles: the file that asks for
// passwords may be changed while we run.
func mayProfile(webConfig string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		return ok && CheckPprof(local.String(), webConfig) == nil
	}
}

// pprofProblem says where profiles would be open to everybody, if they would.
func (f Files) pprofProblem(c *config.Config) loginwatch.Problems {
	if !f.Pprof && !c.Pprof {
		return nil
	}
	address := c.Listen
	if f.Listen != "" {
		address = f.Listen
	}
	switch err := CheckPprof(address, c.WebConfig); {
	case err == nil:
		return nil
	case c.Pprof:
		return loginwatch.Problems{c.PprofProblem(err)}
	default:
		return loginwatch.Problems{{Pos: loginwatch.Pos{File: f.Config}, Message: "--pprof " + err.Error()}}
	}
}
