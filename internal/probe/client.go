package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/loginwatch/loginwatch"
)

// client sends single requests to one target over new connections.
type client struct {
	transport http.RoundTripper
	host      string
}

// send sends the request once, reads the answer up to [BodyLimit] and times
// every phase. The detail is a sentence for people when no answer came.
func (c *client) send(req *http.Request, now func() time.Time) (*loginwatch.Exchange, string) {
	tr := newTrace()
	shown := *req.URL
	shown.RawQuery, shown.User, shown.Fragment = "", nil, ""
	x := &loginwatch.Exchange{Method: req.Method, URL: shown.String(), Started: now()}

	res, err := c.transport.RoundTrip(req.WithContext(tr.with(req.Context())))
	if err == nil {
		x.Status, x.Proto, x.Header = res.StatusCode, res.Proto, res.Header
		if res.TLS != nil && len(res.TLS.PeerCertificates) > 0 {
			x.CertificateEnds = res.TLS.PeerCertificates[0].NotAfter
		}
		x.Body, err = io.ReadAll(io.LimitReader(res.Body, BodyLimit+1))
		if len(x.Body) > BodyLimit {
			x.Body, x.TooLarge = x.Body[:BodyLimit], true
		}
		if closeErr := res.Body.Close(); err == nil && closeErr != nil && !x.TooLarge {
			err = closeErr
		}
	}
	x.Finished = now()
	x.Phases = tr.phases()
	if err == nil {
		return x, ""
	}
	var detail string
	x.Failure, detail = classify(err, tr.last(), c.host)
	if res != nil && x.Failure == loginwatch.ReasonProtocol {
		detail = "the answer's body could not be read: " + detail
	}
	return x, detail
}

// classify names the failure by its error and by how far the exchange had
// come. Errors of net/http repeat the URL with its query, and those of TLS the
// vendor's names, so their text is never used.
func classify(err error, at loginwatch.Phase, host string) (loginwatch.Reason, string) {
	var (
		dns   *net.DNSError
		netE  net.Error
		cert  *tls.CertificateVerificationError
		alert tls.AlertError
		op    *net.OpError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netE) && netE.Timeout():
		return loginwatch.ReasonTimeout, fmt.Sprintf("timed out during %s", phaseWords[at])
	case errors.Is(err, context.Canceled):
		return loginwatch.ReasonInternal, fmt.Sprintf("stopped during %s", phaseWords[at])
	case errors.As(err, &dns):
		if dns.IsNotFound {
			return loginwatch.ReasonDNS, fmt.Sprintf("no address found for %s", host)
		}
		return loginwatch.ReasonDNS, fmt.Sprintf("looking up %s failed", host)
	case errors.As(err, &cert):
		return loginwatch.ReasonTLS, certificateWords(cert.Err, host)
	case errors.As(err, &alert), at == loginwatch.PhaseTLS, errors.As(err, &op) && op.Op == "remote error": // a TLS 1.3 alert comes after the handshake
		return loginwatch.ReasonTLS, fmt.Sprintf("TLS with %s failed", host)
	case at == loginwatch.PhaseDNS, at == loginwatch.PhaseConnect:
		return loginwatch.ReasonConnect, fmt.Sprintf("no connection to %s: %s", host, connectWords(err))
	case isReset(err):
		return loginwatch.ReasonReset, fmt.Sprintf("%s closed the connection during %s", host, phaseWords[at])
	}
	return loginwatch.ReasonProtocol, fmt.Sprintf("%s broke the HTTP protocol during %s", host, phaseWords[at])
}
