package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/loginwatch/loginwatch"
)

// failure is an exchange without a complete answer and what is known of how far
// it came. Its sentences are made of our own words, of configured names and of
// numbers: errors of net/http repeat the URL with its query, and those of TLS and
// of proxies what the other side sent, so their text is compared and never shown.
type failure struct {
	way
	progress
	err      error
	at       loginwatch.Phase
	now      time.Time
	answered bool   // a head came
	came     int    // bytes from the other side of the last handshake, or of the connection
	first    string // of them, at most a [statusLine]
	spoke    bool   // through a tunnel, before our TLS hello
	ended    bool   // the other side has closed the connection
}

// explain names the failure, and says in a sentence what is known. It looks at
// our own machine first, then at our proxy: a party is named only when it was
// its turn.
func (f *failure) explain() (loginwatch.Reason, string) {
	if notSent := (*loginwatch.NotSentError)(nil); errors.As(f.err, &notSent) {
		return loginwatch.ReasonInternal, notSent.Error()
	}
	if errors.Is(f.err, context.Canceled) {
		return loginwatch.ReasonInternal, "stopped " + phaseWords[f.at]
	}
	if words := f.ownMachine(); words != "" {
		return loginwatch.ReasonInternal, words
	}
	if f.proxy != nil && !f.beyondProxy() {
		return f.atProxy()
	}
	return f.atServer(f.party())
}

// party is who is on the other side, with all who stand between that we know of.
func (w way) party() string {
	if w.proxy == nil {
		return w.host
	}
	return w.host + " (through our proxy " + w.proxyName() + ")"
}

func (f *failure) timedOut() bool {
	var timeout net.Error
	return errors.Is(f.err, context.DeadlineExceeded) || errors.As(f.err, &timeout) && timeout.Timeout()
}

// cut tells whether the connection ended too early. Of a head that is cut in the name of
// a field net/http says no more than that the field has no colon.
func (f *failure) cut() bool {
	return hungUp(f.err) || errors.Is(f.err, io.EOF) || errors.Is(f.err, io.ErrUnexpectedEOF) ||
		f.ended && strings.HasPrefix(innermost(f.err).Error(), "malformed MIME header")
}

// atServer explains what happened with nobody between but networks, or beyond a
// proxy that had done its part.
func (f *failure) atServer(who string) (loginwatch.Reason, string) {
	if reason, words := f.reaching(f.host); words != "" {
		return reason, words
	}
	switch {
	case f.timedOut():
		return loginwatch.ReasonTimeout, fmt.Sprintf("%s: timed out %s", who, phaseWords[f.at])
	case f.handshakes > 0:
		if words := f.handshakeWords(who); words != "" {
			return loginwatch.ReasonTLS, words
		}
	case strings.HasPrefix(f.first, tlsAlert):
		return loginwatch.ReasonProtocol, who + " speaks TLS there, and the base URL begins with http: the scheme or the port is wrong"
	}
	return f.answer(who)
}

// answer explains why an answer could not be read to its end.
func (f *failure) answer(who string) (loginwatch.Reason, string) {
	switch {
	case f.cut():
		return loginwatch.ReasonReset, fmt.Sprintf("the connection to %s was cut %s%s", who, phaseWords[f.at], f.byWhom())
	case strings.HasPrefix(innermost(f.err).Error(), "net/http: server response headers exceeded"): // it has no type of its own
		return loginwatch.ReasonProtocol, fmt.Sprintf("the head of the answer of %s is larger than %d KiB, which is our limit", who, headLimit>>10)
	case errors.Is(f.err, errInterim):
		return loginwatch.ReasonProtocol, fmt.Sprintf("%s sent more than %d interim answers (1xx), which is our limit, and no other one", who, interimLimit)
	case f.answered:
		return loginwatch.ReasonProtocol, fmt.Sprintf("%s does not keep to HTTP/1.1 %s", who, phaseWords[f.at])
	}
	return loginwatch.ReasonProtocol, fmt.Sprintf("what came from %s is no answer in HTTP/1.1", who)
}

// mayRefuse tells whether an answer whose head could not be read may be a
// refusal: its status, where it can be seen, is none of an outage or a limit, and
// it is no other protocol, behind which no login has read anything.
func (f *failure) mayRefuse() bool {
	if status, ok := statusOf(f.first); ok {
		return status/100 != 5 && status != http.StatusTooManyRequests
	}
	said := f.first
	if f.handshakes > 0 || f.proxy != nil && f.proxy.Scheme != "http" { // the bytes are not those of the answer, but net/http tells what was no status line
		quoted, _ := strings.CutPrefix(innermost(f.err).Error(), "malformed HTTP response ")
		said, _ = strconv.Unquote(quoted)
	}
	return !slices.ContainsFunc(otherProtocols, func(p string) bool { return strings.HasPrefix(said, p) })
}

// otherProtocols are the first bytes of what may listen on a wrong port: SSH (RFC
// 4253, 4.2), SMTP and FTP (RFC 5321, 4.2; RFC 959, 4.2), POP3 (RFC 1939, 3), IMAP
// (RFC 9051, 7.1), TLS (RFC 8446, 5.1) and a frame of HTTP/2 (RFC 9113, 4.1).
var otherProtocols = []string{"SSH-", "220 ", "220-", "421 ", "+OK", "-ERR", "* OK", "* BYE", tlsAlert, "\x16\x03", "\x00\x00"}

// likeHTTP tells whether what came began as an answer in HTTP does, as far
// as it goes.
func (f *failure) likeHTTP() bool {
	const begin = "HTTP"
	return strings.HasPrefix(begin, f.first[:min(len(f.first), len(begin))])
}

// statusOf reads the status of an answer's first bytes.
func statusOf(first string) (status int, ok bool) {
	if len(first) != statusLine || !strings.HasPrefix(first, "HTTP/1.") || first[8] != ' ' {
		return 0, false
	}
	status, err := strconv.Atoi(first[9:])
	return status, err == nil && status >= 0
}

// byWhom reminds of our proxy where nobody can tell who cut a connection.
func (f *failure) byWhom() string {
	if f.proxy == nil {
		return ""
	}
	return ", by the proxy or by what is behind it"
}

// innermost gives the error that began it all: what wraps it may quote the other
// side.
func innermost(err error) error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err
}

// reaching explains why there is no TCP connection to a host, our proxy's or the
// vendor's; no words when there is one.
func (f *failure) reaching(host string) (loginwatch.Reason, string) {
	var (
		dns  *net.DNSError
		addr *net.AddrError
	)
	switch {
	case f.connected:
		return "", ""
	case errors.As(f.err, &dns) && !errors.Is(f.err, context.DeadlineExceeded):
		return loginwatch.ReasonDNS, f.lookupWords(dns, host)
	case errors.As(f.err, &addr) && net.ParseIP(host) != nil:
		return loginwatch.ReasonInternal, fmt.Sprintf("%s is no IPv%d address, and ip_version: %d allows no other: the request was not sent", host, f.family, f.family)
	case errors.As(f.err, &addr):
		return loginwatch.ReasonDNS, f.noAddress(host)
	case f.timedOut() && f.at == loginwatch.PhaseDNS:
		return loginwatch.ReasonTimeout, fmt.Sprintf("%s: timed out %s: our resolver gave no answer", host, phaseWords[f.at])
	case f.timedOut():
		return loginwatch.ReasonTimeout, fmt.Sprintf("%s: timed out %s", host, phaseWords[f.at])
	}
	return loginwatch.ReasonConnect, fmt.Sprintf("no connection to %s: %s", host, f.connectWords())
}

func (f *failure) noAddress(host string) string {
	if f.family == 0 {
		return "no address found for " + host
	}
	return fmt.Sprintf("no IPv%d address found for %s, and ip_version: %d allows no other", f.family, host, f.family)
}

// lookupWords tells our resolver from what it says of the name. The resolver of
// Go gives most of its reasons as text alone.
func (f *failure) lookupWords(e *net.DNSError, host string) string {
	switch {
	case e.IsNotFound:
		return f.noAddress(host)
	case e.IsTimeout:
		return "our resolver gave no answer for " + host + " in time"
	case strings.Contains(e.Err, syscall.ECONNREFUSED.Error()), strings.Contains(e.Err, syscall.ENETUNREACH.Error()),
		strings.Contains(e.Err, syscall.EHOSTUNREACH.Error()):
		return "our resolver can't be reached, so " + host + " was not looked up"
	case strings.HasSuffix(e.Err, "server misbehaving"):
		return "our resolver failed to look up " + host + ": it has a fault, or the name servers of " + host + " have one (SERVFAIL, for example)"
	}
	return "looking up " + host + " failed"
}

func (f *failure) connectWords() string {
	words := "failed"
	switch {
	case errors.Is(f.err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(f.err, syscall.ENETUNREACH):
		words = "this machine, or a network near it, has no route there"
	case errors.Is(f.err, syscall.EHOSTUNREACH):
		words = "there is no route to its host, or a firewall says so"
	case f.cut():
		words = "cut"
	}
	if f.family != 0 {
		words += fmt.Sprintf(" (over IPv%d, as ip_version demands)", f.family)
	}
	return words
}

// ownMachine has the errors that only our own system makes, before a packet
// leaves it (connect(2), socket(2)).
func (f *failure) ownMachine() string {
	var dns *net.DNSError
	is := func(numbers ...syscall.Errno) bool {
		for _, n := range numbers {
			if errors.Is(f.err, n) || errors.As(f.err, &dns) && strings.Contains(dns.Err, n.Error()) {
				return true
			}
		}
		return false
	}
	switch {
	case is(syscall.EMFILE):
		return "this process has no file descriptor left for a connection: the request was not sent"
	case is(syscall.ENFILE):
		return "this machine has no file descriptor left for a connection: the request was not sent"
	case is(syscall.EADDRNOTAVAIL):
		return "this machine has no port or address left to connect from: the request was not sent"
	case is(syscall.ENOBUFS, syscall.ENOMEM):
		return "this machine has no memory left for a connection"
	case is(syscall.EAFNOSUPPORT):
		return "this machine does not speak the IP version of that address: the request was not sent"
	case is(syscall.EACCES, syscall.EPERM):
		return "this machine does not allow the connection: a firewall or a sandbox on it forbids it"
	case f.untrusting():
		return noAuthorities
	}
	return ""
}

// untrusting tells whether the certificate could not be checked because we have
// nothing to hold it against.
func (f *failure) untrusting() bool {
	var cert *tls.CertificateVerificationError
	return !f.roots && errors.As(f.err, &cert) && unknownAuthority(cert.Err) && trustsNobody()
}
