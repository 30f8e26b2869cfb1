package probe

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/certs"
)

// headLimit is how many bytes the head of an answer may have.
const headLimit = 64 << 10

// transports keeps a transport for every way to a target until one of its
// certificate files changes: making one for each run costs a tenth of its CPU, and
// rotation must not need a restart. No connection is kept, so runs share
// nothing but settings.
type transports struct {
	resolver *net.Resolver // the system's when nil

	mu    sync.Mutex
	known map[route]kept
}

// route is everything that tells one transport from another.
type route struct {
	ca, cert, key string
	proxy         string
	ipVersion     int
}

type kept struct {
	stamps    [3]stamp
	transport *http.Transport
}

// stamp tells whether a file is still the same one.
type stamp struct {
	modified time.Time
	size     int64
}

func stampOf(path string) stamp {
	if path == "" {
		return stamp{}
	}
	info, err := os.Stat(path)
	if err != nil {
		return stamp{size: -1} // reading it gives the error
	}
	return stamp{info.ModTime(), info.Size()}
}

// get gives the transport of a target.
func (t *transports) get(o loginwatch.TransportOptions) (*http.Transport, error) {
	k := route{o.CAFile, o.ClientCertFile, o.ClientKeyFile, "", o.IPVersion}
	if o.Proxy != nil {
		k.proxy = o.Proxy.String()
	}
	stamps := [3]stamp{stampOf(k.ca), stampOf(k.cert), stampOf(k.key)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if e, ok := t.known[k]; ok && e.stamps == stamps {
		return e.transport, nil
	}
	conf, err := certs.TLS(k.ca, k.cert, k.key)
	if err != nil {
		return nil, err
	}
	conf.GetClientCertificate = present(conf.Certificates)
	tr := newTransport(conf, o, t.resolver)
	if t.known == nil {
		t.known = map[route]kept{}
	}
	t.known[k] = kept{stamps, tr}
	return tr, nil
}

// newTransport speaks HTTP/1.1 alone: HTTP/2 sends a request again by itself
// after GOAWAY or REFUSED_STREAM, and that would be a second login. The
// environment's proxy variables are not read.
func newTransport(conf *tls.Config, o loginwatch.TransportOptions, resolver *net.Resolver) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	network := map[int]string{4: "tcp4", 6: "tcp6"}[o.IPVersion]
	dialer := &net.Dialer{Resolver: resolver}
	tr := &http.Transport{
		DialContext: func(ctx context.Context, n, addr string) (net.Conn, error) {
			if network != "" {
				n = network
			}
			t := traceOf(ctx)
			t.note(func(p *progress) { p.family = o.IPVersion })
			conn, err := dialer.DialContext(t.ctx, n, addr)
			if err != nil {
				return nil, err
			}
			return t.dialed(conn)
		},
		TLSClientConfig:        conf,
		DisableKeepAlives:      true,
		DisableCompression:     true, // the request's headers are the document's, and an answer's bytes are the vendor's
		MaxResponseHeaderBytes: headLimit,
		Protocols:              protocols,
	}
	if o.Proxy != nil {
		tr.Proxy = http.ProxyURL(o.Proxy)
		tr.OnProxyConnectResponse = tunnelAnswer
	}
	return tr
}

// clientCertificateEnds is when the client certificate of a transport ends; zero
// without one.
func clientCertificateEnds(tr *http.Transport) time.Time {
	if certs := tr.TLSClientConfig.Certificates; len(certs) > 0 && certs[0].Leaf != nil {
		return certs[0].Leaf.NotAfter
	}
	return time.Time{}
}

// present chooses a client certificate as crypto/tls does and notes that one was
// asked for: a TLS 1.3 server complains of a missing one only after the
// handshake (RFC 8446, 4.4.2.4), and some just close.
func present(certs []tls.Certificate) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return func(r *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		chosen := &tls.Certificate{}
		for i := range certs {
			if r.SupportsCertificate(&certs[i]) == nil {
				chosen = &certs[i]
				break
			}
		}
		traceOf(r.Context()).note(func(p *progress) { p.wanted, p.given = true, len(chosen.Certificate) > 0 })
		return chosen, nil
	}
}
