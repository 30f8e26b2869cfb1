package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http/httptrace"
	"sync"
	"syscall"
	"time"

	"github.com/loginwatch/loginwatch"
)

// trace notes when each phase of one exchange began. Its marks are monotonic
// and do not follow changes of the wall clock. Callbacks of httptrace may come
// from several goroutines when two addresses are tried at once.
type trace struct {
	mu     sync.Mutex
	marks  map[loginwatch.Phase][2]time.Time // begin, end
	latest loginwatch.Phase
}

func newTrace() *trace {
	t := &trace{marks: map[loginwatch.Phase][2]time.Time{}, latest: loginwatch.PhaseConnect}
	return t
}

func (t *trace) begin(p loginwatch.Phase) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latest = p
	if m := t.marks[p]; m[0].IsZero() {
		t.marks[p] = [2]time.Time{time.Now(), {}}
	}
}

func (t *trace) end(p loginwatch.Phase) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if m := t.marks[p]; !m[0].IsZero() {
		t.marks[p] = [2]time.Time{m[0], time.Now()}
	}
}

func (t *trace) last() loginwatch.Phase {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.latest
}

// phases gives the time of each phase that took place; one that did not end
// counts until now.
func (t *trace) phases() map[loginwatch.Phase]time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	out := make(map[loginwatch.Phase]time.Duration, len(t.marks))
	for p, m := range t.marks {
		if m[1].IsZero() {
			m[1] = now
		}
		out[p] = m[1].Sub(m[0])
	}
	return out
}

func (t *trace) with(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { t.begin(loginwatch.PhaseDNS) },
		DNSDone:           func(httptrace.DNSDoneInfo) { t.end(loginwatch.PhaseDNS) },
		ConnectStart:      func(string, string) { t.begin(loginwatch.PhaseConnect) },
		ConnectDone:       func(string, string, error) { t.end(loginwatch.PhaseConnect) },
		TLSHandshakeStart: func() { t.begin(loginwatch.PhaseTLS) },
		TLSHandshakeDone:  func(tls.ConnectionState, error) { t.end(loginwatch.PhaseTLS) },
		GotConn:           func(httptrace.GotConnInfo) { t.begin(loginwatch.PhaseSend) },
		WroteRequest: func(httptrace.WroteRequestInfo) {
			t.end(loginwatch.PhaseSend)
			t.begin(loginwatch.PhaseWait)
		},
		GotFirstResponseByte: func() {
			t.end(loginwatch.PhaseWait)
			t.begin(loginwatch.PhaseReceive)
		},
	})
}

var phaseWords = map[loginwatch.Phase]string{
	loginwatch.PhaseDNS:     "the name lookup",
	loginwatch.PhaseConnect: "connecting",
	loginwatch.PhaseTLS:     "the TLS handshake",
	loginwatch.PhaseSend:    "sending the request",
	loginwatch.PhaseWait:    "waiting for the answer",
	loginwatch.PhaseReceive: "receiving the answer",
}

// certificateWords says what is wrong with a certificate in our own words.
func certificateWords(err error, host string) string {
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &unknown):
		return "the certificate of " + host + " is signed by an authority that is not trusted here"
	case errors.As(err, &hostname):
		return "the certificate is not valid for " + host
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate of " + host + " has expired or is not yet valid"
	}
	return "the certificate of " + host + " can't be verified"
}

func connectWords(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "no route"
	}
	return "failed"
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNABORTED) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
