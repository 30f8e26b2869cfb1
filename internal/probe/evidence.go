package probe

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/evidence"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// evidence makes what stays of an exchange. The values are those before its answer
// came: a token that it gives is no secret of ours that it repeats.
func (s *session) evidence(step *loginwatch.Step, request *http.Request, x *loginwatch.Exchange, a *wire.Answer, before map[string]string) *loginwatch.Evidence {
	return evidence.Of(evidence.Input{
		Case: step.Case, Target: s.plan.Target, Exchange: x, Sent: request.Header, Size: int(request.ContentLength),
		Answer: a, Values: before, Secrets: s.plan.Secrets, Key: s.runner.key, Looked: &s.runner.looked,
	})
}

// mostAddresses bounds what a resolver gives and what is kept of a chain.
const mostAddresses = 16

// tour is where an exchange went.
type tour struct {
	resolved, tried []string
	state           *tls.ConnectionState // of the last handshake that ended well
}

func (t *trace) resolved(addresses []net.IPAddr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range addresses {
		if len(t.tour.resolved) < mostAddresses {
			t.tour.resolved = append(t.tour.resolved, a.String())
		}
	}
}

func (t *trace) tries(address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.tour.tried) < mostAddresses {
		t.tour.tried = append(t.tour.tried, address)
	}
}

func (t *trace) shook(state *tls.ConnectionState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tour.state = state
}

// describe tells the exchange where it went: to whom, by whom, and whose certificates
// came, also those that were not accepted. With a proxy of TLS the first handshake
// is its own.
func (t *trace) describe(x *loginwatch.Exchange, w way, err error) {
	x.Remote = t.line.remote() // before our own lock: net/http may still read, and asks for that while it has the line's
	t.mu.Lock()
	defer t.mu.Unlock()
	x.Resolved, x.Tried = t.tour.resolved, t.tour.tried
	if w.proxy != nil {
		x.Proxy = w.proxy.Host
	}
	var refused *tls.CertificateVerificationError
	switch {
	case !w.https || t.come.handshakes < w.handshakesDue():
	case errors.As(err, &refused):
		x.Certificates = certificates(refused.UnverifiedCertificates)
	case t.tour.state != nil && t.come.shaken == w.handshakesDue():
		x.TLS = tls.VersionName(t.tour.state.Version) + ", " + tls.CipherSuiteName(t.tour.state.CipherSuite)
		x.Certificates = certificates(t.tour.state.PeerCertificates)
	}
}

func certificates(chain []*x509.Certificate) []loginwatch.Certificate {
	var all []loginwatch.Certificate
	for _, c := range chain[:min(len(chain), mostAddresses)] {
		sum := sha256.Sum256(c.Raw)
		all = append(all, loginwatch.Certificate{
			Subject: legible(c.Subject.String()), Issuer: legible(c.Issuer.String()),
			NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(), SHA256: hex.EncodeToString(sum[:]),
		})
	}
	return all
}

// longestSubject bounds the name of a certificate.
const longestSubject = 200

// legible leaves out what no terminal should be told.
func legible(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	return text[:min(len(text), longestSubject)]
}
