package probe

import (
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/loginwatch/loginwatch"
)

// client sends single requests to one target over new connections.
type client struct {
	transport *http.Transport
	host      string
	sender    http.RoundTripper // carries the request by way of transport; transport itself when nil
}

// send sends the request once, reads the answer up to [loginwatch.BodyLimit] and
// times every phase. The detail is a sentence for people when no answer of the
// vendor came, or when the way to it may explain the one that did.
func (c *client) send(req *http.Request, now func() time.Time) (*loginwatch.Exchange, string) {
	shown := *req.URL
	shown.RawQuery, shown.User, shown.Fragment = "", nil, ""
	way := c.way(req)
	x := &loginwatch.Exchange{Method: req.Method, URL: shown.String(), Started: now(), Forwarded: way.forwards()}
	tr := newTrace() // after Started: no phase begins before its exchange
	tr.due = way.handshakesDue()
	defer func() { _ = tr.line.Close() }() // net/http would finish a handshake that nobody waits for, for ever with a silent server

	sender := c.sender
	if sender == nil {
		sender = c.transport
	}
	res, err := sender.RoundTrip(req.WithContext(tr.with(req.Context())))
	if err == nil {
		x.Status, x.Proto, x.Header = res.StatusCode, res.Proto, res.Header
		if way.https && res.TLS != nil && len(res.TLS.PeerCertificates) > 0 {
			x.CertificateEnds = res.TLS.PeerCertificates[0].NotAfter
		}
		x.Body, err = io.ReadAll(io.LimitReader(res.Body, loginwatch.BodyLimit+1))
		if len(x.Body) > loginwatch.BodyLimit {
			x.Body, x.TooLarge = x.Body[:loginwatch.BodyLimit], true
		}
		if closeErr := res.Body.Close(); err == nil && closeErr != nil && !x.TooLarge {
			err = closeErr
		}
	}
	x.Finished = now()
	x.Phases, x.Begun = tr.phases()
	tr.describe(x, way, err)
	if res != nil {
		if reason, words := way.noLogin(res, x); words != "" {
			x.Failure = reason
			x.Status, x.Proto, x.Header, x.Body, x.TooLarge = 0, "", nil, nil, false // nothing came from the login
			return x, words
		}
	}
	come, at := tr.far()
	if err == nil {
		return x, way.certificateHint(come, x)
	}
	f := failure{way: way, progress: come, at: at, err: err, now: x.Finished, answered: res != nil}
	f.came, f.first = tr.line.heard()
	f.ended = tr.line.hasEnded()
	_, began := x.Phases[loginwatch.PhaseReceive]
	if f.again && (f.timedOut() || f.cut()) {
		f.at, began = loginwatch.PhaseWait, false // of what was no answer yet nothing was refused
	}
	x.HeadLost = res == nil && began && f.mayRefuse()
	f.spoke = f.tunnel && f.handshakes == 1 && tr.line.spokeFirst()
	var detail string
	x.Failure, detail = f.explain()
	if res != nil && x.Failure == loginwatch.ReasonProtocol {
		detail = "the answer's body could not be read: " + detail
	}
	return x, detail
}

// noLogin says that an answer, whole or not, was given before any login read the
// request: by our own proxy, or by a port of TLS; no words when that is not sure.
func (w way) noLogin(res *http.Response, x *loginwatch.Exchange) (loginwatch.Reason, string) {
	if w.forwards() {
		if reason, words := w.ownAnswer(res); words != "" {
			return reason, words
		}
	}
	return loginwatch.ReasonProtocol, w.wantedTLS(x)
}

// way is how a request gets to its target.
type way struct {
	host  string
	https bool     // the target's scheme
	proxy *url.URL // nil when there is none
	certs bool     // a client certificate is configured
	roots bool     // authorities are configured besides the system's
}

func (c *client) way(req *http.Request) way {
	conf := c.transport.TLSClientConfig
	w := way{host: c.host, https: req.URL.Scheme == "https", certs: len(conf.Certificates) > 0, roots: conf.RootCAs != nil}
	if c.transport.Proxy != nil {
		w.proxy, _ = c.transport.Proxy(req) // of http.ProxyURL, which has no errors
	}
	return w
}

// handshakesDue gives how many TLS handshakes come before the request; -1 when
// SOCKS comes last, whose end nothing reports.
func (w way) handshakesDue() int {
	n := 0
	if w.https {
		n++
	}
	switch {
	case w.proxy == nil:
	case w.proxy.Scheme == "https":
		n++
	case w.proxy.Scheme == "socks5" && !w.https:
		return -1
	}
	return n
}
