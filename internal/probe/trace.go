package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http/httptrace"
	"net/textproto"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
)

// trace notes when each phase of one exchange began and how far it came. Its
// marks are monotonic and do not follow changes of the wall clock. Callbacks of
// httptrace may come from several goroutines when two addresses are tried at once.
type trace struct {
	mu     sync.Mutex
	made   time.Time // when the exchange began
	marks  [phaseCount]span
	latest phase
	come   progress
	ctx    context.Context // of the run: net/http dials and shakes hands without its end
	due    int             // TLS handshakes before the request can be sent; -1 when none tells that it can
	line   line
	tour   tour
}

// progress is how far an exchange came.
type progress struct {
	connected  bool // to the server, or to the proxy
	handshakes int  // of TLS, begun
	shaken     int  // of those, ended well
	tunnel     bool // the proxy says that it is open
	sending    bool // the way is open to the end
	wanted     bool // in the last handshake a client certificate was asked for
	given      bool // and sent
	interim    int  // answers of 1xx that came
	again      bool // behind the last of those nothing has come yet
	family     int  // the only IP version allowed, 0 for either
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

func newTrace() *trace { return &trace{made: time.Now(), latest: phaseConnect} }

type traceKey struct{}

// traceOf gives the trace of the exchange that the context belongs to. The
// transport is shared, its contexts are not.
func traceOf(ctx context.Context) *trace {
	t, _ := ctx.Value(traceKey{}).(*trace)
	return t
}

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

func (t *trace) note(change func(*progress)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.come)
}

// far gives how far the exchange came and in which phase it is.
func (t *trace) far() (progress, loginwatch.Phase) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.come, loginwatch.Phases[t.latest]
}

// ready tells whether the next bytes sent are the request's.
func (t *trace) ready() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.due >= 0 && t.come.shaken >= t.due
}

// phases gives the time of each phase that took place, and when it began; one that did
// not end counts until now.
func (t *trace) phases() (out map[loginwatch.Phase]time.Duration, begun []time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	out, begun = make(map[loginwatch.Phase]time.Duration, phaseCount), make([]time.Duration, phaseCount)
	for p, m := range t.marks {
		if m.begin.IsZero() {
			continue
		}
		if m.end.IsZero() {
			m.end = now
		}
		out[loginwatch.Phases[p]], begun[p] = m.end.Sub(m.begin), m.begin.Sub(t.made)
	}
	return out, begun
}

func (t *trace) with(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, traceKey{}, t)
	t.ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { t.begin(phaseDNS) },
		DNSDone: func(i httptrace.DNSDoneInfo) {
			t.end(phaseDNS)
			t.resolved(i.Addrs)
		},
		ConnectStart: func(_, address string) {
			t.begin(phaseConnect)
			t.tries(address)
		},
		ConnectDone: func(_, _ string, err error) {
			t.end(phaseConnect)
			if err == nil {
				t.note(func(p *progress) { p.connected = true })
			}
		},
		TLSHandshakeStart: func() {
			t.begin(phaseTLS)
			t.line.handshake()
			t.note(func(p *progress) { p.handshakes, p.wanted, p.given = p.handshakes+1, false, false })
		},
		TLSHandshakeDone: func(state tls.ConnectionState, err error) {
			t.end(phaseTLS)
			if err == nil {
				t.note(func(p *progress) { p.shaken++ })
				t.shook(&state)
			}
		},
		GotConn: func(httptrace.GotConnInfo) {
			t.begin(phaseSend)
			t.note(func(p *progress) { p.sending = true })
		},
		WroteRequest: func(httptrace.WroteRequestInfo) {
			t.end(phaseSend)
			t.begin(phaseWait)
		},
		GotFirstResponseByte: func() {
			t.end(phaseWait)
			t.begin(phaseReceive)
		},
		Got1xxResponse: func(int, textproto.MIMEHeader) error { return t.gotInterim() },
	})
	return t.ctx
}

// interimLimit is how many interim answers one exchange may have. Some servers send a
// few (RFC 9110, 15.2; RFC 8297), and net/http reads them without end for who looks at them.
const interimLimit = 100

var errInterim = errors.New("more interim answers than are read")

// gotInterim notes that what came was no answer: we wait again.
func (t *trace) gotInterim() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.come.interim++
	t.come.again = true
	if t.come.interim > interimLimit {
		return errInterim
	}
	return nil
}

// cameOn notes that bytes came.
func (t *trace) cameOn() { t.note(func(p *progress) { p.again = false }) }

// phaseWords complete "it timed out …".
var phaseWords = map[loginwatch.Phase]string{
	loginwatch.PhaseDNS:     "during the name lookup",
	loginwatch.PhaseConnect: "while connecting",
	loginwatch.PhaseTLS:     "during the TLS handshake",
	loginwatch.PhaseSend:    "while sending the request",
	loginwatch.PhaseWait:    "while waiting for the answer",
	loginwatch.PhaseReceive: "while receiving the answer",
}
