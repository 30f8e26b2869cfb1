package probe

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// tlsAlert is how an alert begins on the wire (RFC 8446, 5.1 and 6).
const tlsAlert = "\x15\x03"

// The alerts that have words of their own (RFC 8446, 6.2; RFC 6066, 3).
const (
	alertHandshakeFailure   = 40
	alertBadCertificate     = 42
	alertUnsupported        = 43
	alertRevoked            = 44
	alertExpired            = 45
	alertCertificateUnknown = 46
	alertUnknownCA          = 48
	alertAccessDenied       = 49
	alertDecryptError       = 51
	alertProtocolVersion    = 70
	alertInsufficient       = 71
	alertInternalError      = 80
	alertUnrecognizedName   = 112
	alertCertificateNeeded  = 116
	alertNoApplication      = 120
)

// handshakeWords explains what went wrong with TLS, in the handshake or by an
// alert after it; none when it was not TLS.
func (f *failure) handshakeWords(who string) string {
	var cert *tls.CertificateVerificationError
	alert, alerted := alertOf(f.err)
	inHandshake := f.shaken < f.handshakes
	switch {
	case errors.As(f.err, &cert):
		words := certificateWords(cert.Err, cert.UnverifiedCertificates, who, f.host, f.now)
		if f.tunnel && unknownAuthority(cert.Err) {
			words += "; or our proxy reads along and has put a certificate of its own in place of it"
		}
		return words
	case alerted && f.wanted:
		return f.clientCertificateWords(alert, who)
	case alerted:
		return alertWords(alert, who, f.host)
	case f.wanted && !f.given && !f.answered && f.cut():
		return fmt.Sprintf("%s asked for a client certificate, got none and closed the connection: %s", who, f.certificateKey())
	case inHandshake && strings.HasPrefix(f.first, "HTTP/"):
		return who + " speaks plain HTTP there, and the base URL begins with https: the scheme or the port is wrong"
	case inHandshake && f.came > 0 && !strings.HasPrefix(f.first, "\x16\x03") && !strings.HasPrefix(f.first, tlsAlert):
		return who + " does not speak TLS there: the port is wrong, or something stands between"
	case inHandshake && f.spoke && f.came == 0:
		return "what came through the tunnel to " + who + " is no TLS, and came before our hello: the port is wrong, or something stands between, such as the proxy"
	case inHandshake && f.cut() && f.came == 0:
		return "the connection to " + who + " was closed right after our TLS hello, without a word: by a server that does not accept it, or by what stands between"
	case inHandshake && f.cut():
		return "the connection to " + who + " was cut during the TLS handshake" + f.byWhom()
	case inHandshake && strings.Contains(f.err.Error(), "unsupported protocol version"):
		return who + " chose a version of TLS that we do not speak; we speak 1.2 and 1.3"
	case inHandshake && strings.Contains(f.err.Error(), "unconfigured cipher suite"):
		return who + " chose a cipher of TLS that we did not offer"
	case inHandshake:
		return "what " + who + " sent in the TLS handshake can't be accepted"
	}
	return ""
}

// alertOf gives the alert that the other side sent. The type that crypto/tls
// wraps has no name outside of it, but its text is that of [tls.AlertError].
func alertOf(err error) (alert tls.AlertError, ok bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return 0, false
	}
	for n := range 256 {
		if op.Err.Error() == tls.AlertError(n).Error() {
			return tls.AlertError(n), true
		}
	}
	return 0, false
}

func alertWords(alert tls.AlertError, who, host string) string {
	switch alert {
	case alertHandshakeFailure, alertInsufficient:
		return who + " refused the TLS handshake: as a rule it has no cipher in common with us, or it does not know the name"
	case alertProtocolVersion:
		return who + " refused our versions of TLS; we speak 1.2 and 1.3"
	case alertUnrecognizedName:
		return who + " does not know the name " + host + " (TLS alert)"
	case alertInternalError:
		return who + " broke off TLS and reports an internal error of its own"
	case alertCertificateNeeded:
		return who + " demands a client certificate (client_certificate)"
	case alertNoApplication:
		return who + " broke off TLS: it does not accept HTTP/1.1 there"
	}
	return fmt.Sprintf("%s broke off TLS (alert: %s)", who, strings.TrimPrefix(alert.Error(), "tls: "))
}

// clientCertificateWords explains an alert of a server that asked for a client
// certificate. Which alert means a missing one differs: RFC 8446, 6.2 has
// certificate_required, TLS 1.2 has handshake_failure (RFC 5246, 7.4.6), and
// servers use others of this group as well.
func (f *failure) clientCertificateWords(alert tls.AlertError, who string) string {
	why, known := map[tls.AlertError]string{
		alertHandshakeFailure:   "",
		alertBadCertificate:     "it is damaged or not of the kind that is wanted",
		alertUnsupported:        "its type is not supported there",
		alertRevoked:            "it was revoked",
		alertExpired:            "it has expired",
		alertCertificateUnknown: "it is not accepted there",
		alertUnknownCA:          "its authority is not known there",
		alertAccessDenied:       "it is valid, but not allowed in",
		alertDecryptError:       "its signature does not fit",
		alertCertificateNeeded:  "",
	}[alert]
	switch {
	case !known:
		return alertWords(alert, who, f.host)
	case !f.given:
		return fmt.Sprintf("%s demands a client certificate: %s", who, f.certificateKey())
	case why == "":
		return who + " asked for a client certificate and broke off TLS after ours (client_certificate) was sent"
	}
	return who + " refused our client certificate (client_certificate): " + why
}

// certificateKey says why we sent no client certificate.
func (w way) certificateKey() string {
	if w.certs {
		return "ours (client_certificate) is from none of the authorities that it accepts, so it was not sent"
	}
	return "none is configured (client_certificate)"
}

// TLS with our proxy fails in the same ways; only the party is another.
func (f *failure) proxyHandshake() (loginwatch.Reason, string) {
	own := *f
	own.host = f.proxy.Hostname()
	who := "our proxy " + f.proxyName()
	if f.timedOut() {
		return loginwatch.ReasonProxy, who + ": timed out " + phaseWords[f.at]
	}
	words := own.handshakeWords(who)
	if words == "" {
		words = "TLS with " + who + " failed"
	}
	return loginwatch.ReasonProxy, strings.ReplaceAll(words, "the base URL begins", "its URL begins")
}
