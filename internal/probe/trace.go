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
	marks  [phaseCount]span
	latest phase
}

// phase is the index of a phase in [loginwatch.Phases].
type phase int

const (
	phaseDNS phase = iota
	phaseConnect
	phaseTLS
	phaseSend
	phaseWait
	phaseReceive
	phaseCount
)

type span struct{ begin, end time.Time }

func newTrace() *trace { return &trace{latest: phaseConnect} }

func (t *trace) begin(p phase) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latest = p
	if t.marks[p].begin.IsZero() {
		t.marks[p].begin = time.Now()
	}
}

func (t *trace) end(p phase) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.marks[p].begin.IsZero() {
		t.marks[p].end = time.Now()
	}
}

func (t *trace) last() loginwatch.Phase {
	t.mu.Lock()
	defer t.mu.Unlock()
	return loginwatch.Phases[t.latest]
}

// phases gives the time of each phase that took place; one that did not end
// counts until now.
func (t *trace) phases() map[loginwatch.Phase]time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	out := make(map[loginwatch.Phase]time.Duration, phaseCount)
	for p, m := range t.marks {
		if m.begin.IsZero() {
			continue
		}
		if m.end.IsZero() {
			m.end = now
		}
		out[loginwatch.Phases[p]] = m.end.Sub(m.begin)
	}
	return out
}

func (t *trace) with(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { t.begin(phaseDNS) },
		DNSDone:           func(httptrace.DNSDoneInfo) { t.end(phaseDNS) },
		ConnectStart:      func(string, string) { t.begin(phaseConnect) },
		ConnectDone:       func(string, string, error) { t.end(phaseConnect) },
		TLSHandshakeStart: func() { t.begin(phaseTLS) },
		TLSHandshakeDone:  func(tls.ConnectionState, error) { t.end(phaseTLS) },
		GotConn:           func(httptrace.GotConnInfo) { t.begin(phaseSend) },
		WroteRequest: func(httptrace.WroteRequestInfo) {
			t.end(phaseSend)
			t.begin(phaseWait)
		},
		GotFirstResponseByte: func() {
			t.end(phaseWait)
			t.begin(phaseReceive)
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
