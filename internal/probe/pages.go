package probe

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// page is what a server says over HTTP that is about TLS.
type page struct {
	text   string // lower case, somewhere at the beginning of the body
	source string // who says so
}

// plainPages answer plain HTTP on a port of TLS. Others send an alert there.
var plainPages = []page{
	{"the plain http request was sent to https port", "nginx, ngx_http_ssl_module: error 497"},
	{"speaking plain http to an ssl-enabled server port", "Apache, mod_ssl: HTTP spoken on an HTTPS port"},
	{"client sent an http request to an https server", "Go, net/http: Server.ServeTLS"},
	{"this combination of host and port requires tls", "Tomcat, HTTP connector: plain text on a TLS port"},
}

// missingPages say that a client certificate is missing, refusedPages that the
// one which was sent is not accepted.
var (
	missingPages = []page{
		{"no required ssl certificate was sent", "nginx, ngx_http_ssl_module: error 496"},
		{"forbidden: client certificate required", "Microsoft, HTTP status codes in IIS: 403.7"},
		{"403.7 - forbidden", "Microsoft, HTTP status codes in IIS: 403.7"},
	}
	refusedPages = []page{
		{"the ssl certificate error", "nginx, ngx_http_ssl_module: error 495"},
		{"403.13 - forbidden", "Microsoft, HTTP status codes in IIS: 403.13, revoked"},
		{"403.16 - forbidden", "Microsoft, HTTP status codes in IIS: 403.16, untrusted or invalid"},
		{"403.17 - forbidden", "Microsoft, HTTP status codes in IIS: 403.17, expired or not yet valid"},
	}
)

// The statuses that nginx has for its pages inside, and sends where it is told to.
const (
	statusCertificateError = 495
	statusNoCertificate    = 496
	statusPlainHTTP        = 497
)

// saysOneOf tells whether the body has the text of one of the pages. JSON is
// written by an application, which may quote anybody.
func saysOneOf(pages []page, x *loginwatch.Exchange) bool {
	a := wire.Read(x)
	if a.Refusal == nil || a.PromisesJSON() {
		return false
	}
	start := a.Start()
	return slices.ContainsFunc(pages, func(p page) bool { return bytes.Contains(start, []byte(p.text)) })
}

// wantedTLS says that plain HTTP was answered by a port of TLS, which then has
// read no login; no words when it was not. The page may also come from further
// behind, handed on by a gateway that makes the same mistake.
func (w way) wantedTLS(x *loginwatch.Exchange) string {
	if w.https || x.Status != http.StatusBadRequest && x.Status != statusPlainHTTP || !saysOneOf(plainPages, x) {
		return ""
	}
	if w.forwards() && w.proxy.Scheme == "http" {
		return fmt.Sprintf("plain HTTP came to a port of TLS: either our proxy %s speaks TLS, and its URL must begin with https, or %s does, and the base URL must", w.proxyName(), w.host)
	}
	return w.party() + " says that it speaks TLS there, and the base URL begins with http: the scheme or the port is wrong, or a gateway there makes the same mistake further on"
}

// certificateHint says what client certificates have to do with an answer: some
// servers ask for one in the handshake, go on without it, and refuse the request
// instead. No words when there is nothing to say.
func (w way) certificateHint(p progress, x *loginwatch.Exchange) string {
	if !w.https || !p.wanted { // only then is the last handshake the target's
		return ""
	}
	switch s := x.Status; s {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, statusCertificateError, statusNoCertificate:
		switch {
		case p.given && (s == statusCertificateError || saysOneOf(refusedPages, x)):
			return w.party() + " refused our client certificate (client_certificate): its answer says so"
		case p.given:
			return ""
		case saysOneOf(missingPages, x):
			return fmt.Sprintf("%s demands a client certificate: %s", w.party(), w.certificateKey())
		}
		return fmt.Sprintf("%s asked for a client certificate and got none, which may be why it answered %d: %s", w.party(), s, w.certificateKey())
	}
	return ""
}
