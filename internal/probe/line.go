package probe

import (
	"errors"
	"io"
	"math"
	"net"
	"sync"
	"syscall"
)

// line is the TCP connection of one exchange. It lets an answer win that comes
// before our request is sent or read, since net/http drops one in two places: it
// takes what comes before its first write for a stray answer of the request
// before (and logs the bytes), and it prefers the error of a write to the answer
// that explains it (RFC 9112, 9.3: a server may answer early and close). It also
// notes how the bytes from the other side began.
type line struct {
	net.Conn
	trace *trace

	mu     sync.Mutex // whoever has it may take that of the trace, and never the other way round
	moved  sync.Cond  // of begun and closed
	begun  bool       // our request is on its way
	closed bool
	over   bool             // the other side has ended what it says
	came   int              // bytes read since the last handshake began, or since the beginning
	first  [statusLine]byte // of those
	ended  int              // bytes of the end of a head that came last, of four
	spoke  bool             // more came behind that head, before our handshake
	records
}

// statusLine is how much of an answer in HTTP/1.1 says its status (RFC 9112, 4).
const statusLine = len("HTTP/1.1 200")

// dialed takes the connection into the trace, without another allocation. One
// that comes after the exchange has ended is closed.
func (t *trace) dialed(c net.Conn) (net.Conn, error) {
	l := &t.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errors.Join(net.ErrClosed, c.Close())
	}
	l.Conn, l.trace, l.moved.L = c, t, &l.mu
	return l, nil
}

// Where SOCKS comes last before the request, nothing tells when it is done but
// what is asked for: net/http's client sends twice, since our proxies have no
// user name, and never reads more at once than an address has (RFC 1928, 3 to 6).
// Answers are read into a larger buffer.
const (
	socksFlights = 2
	socksReads   = 262
)

// Read gives nothing to net/http before the request is on its way.
func (l *line) Read(p []byte) (int, error) {
	mayAnswer := l.trace.due < 0 && len(p) > socksReads
	come, _ := l.trace.far()
	l.mu.Lock()
	if come.handshakes > come.shaken {
		p = p[:min(len(p), l.room())]
	}
	l.mu.Unlock()
	n, err := l.Conn.Read(p)
	if n > 0 {
		l.trace.cameOn()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = l.over || errors.Is(err, io.EOF) || hungUp(err)
	l.passed(p[:n])
	if come.handshakes == 0 {
		l.follow(p[:n])
	}
	if l.came < len(l.first) {
		copy(l.first[l.came:], p[:n])
	}
	l.came += n
	for (mayAnswer || l.trace.ready()) && !l.begun && !l.closed {
		l.moved.Wait()
	}
	return n, err
}

// Write hides that the other side has closed: whoever reads next gets its last
// words, or the end of the connection. Nothing is ever sent again.
func (l *line) Write(p []byte) (int, error) {
	ready := l.trace.ready()
	l.mu.Lock()
	l.flights++
	if ready || l.trace.due < 0 && l.flights > socksFlights {
		l.begun = true
		l.moved.Broadcast()
	}
	l.mu.Unlock()
	n, err := l.Conn.Write(p)
	if err != nil && hungUp(err) {
		return len(p), nil
	}
	return n, err
}

// Close lets a waiting Read go. It may be called before there is a connection,
// and more than once.
func (l *line) Close() error {
	l.mu.Lock()
	conn, closed := l.Conn, l.closed
	l.closed = true
	l.moved.Broadcast()
	l.mu.Unlock()
	if conn == nil || closed {
		return nil
	}
	return conn.Close()
}

// remote is the address that the connection leads to; "" without one.
func (l *line) remote() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Conn == nil {
		return ""
	}
	return l.RemoteAddr().String()
}

// handshake begins to count again: what came before belongs to the way there.
func (l *line) handshake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.came, l.first, l.records = 0, [statusLine]byte{}, records{}
}

// records follows the records of a TLS handshake, so that none of what comes
// behind its last one is read with it: that may be the answer, and a buffer of
// crypto/tls would give it to net/http too early. TLS 1.2 alone lets the server
// have the last word, after the client's second flight (RFC 5246, 7.3); what
// comes before that is read as it comes.
type records struct {
	flights int     // that we sent
	head    [5]byte // of a record: type, version, length
	got     int     // bytes of the head
	left    int     // bytes of the record behind it
}

// room gives how many bytes may be read.
func (r *records) room() int {
	switch {
	case r.flights < 2:
		return math.MaxInt
	case r.left > 0:
		return r.left
	}
	return len(r.head) - r.got
}

func (r *records) passed(p []byte) {
	for len(p) > 0 {
		if r.left > 0 {
			n := min(r.left, len(p))
			r.left, p = r.left-n, p[n:]
			continue
		}
		n := copy(r.head[r.got:], p)
		r.got, p = r.got+n, p[n:]
		if r.got == len(r.head) {
			r.got, r.left = 0, int(r.head[3])<<8|int(r.head[4])
		}
	}
}

// follow looks for bytes behind the head of a proxy that has opened a tunnel:
// net/http reads them with it and drops them, and no server of TLS speaks first
// (RFC 8446, 2).
func (l *line) follow(p []byte) {
	const end = "\r\n\r\n"
	for _, b := range p {
		switch {
		case l.ended == len(end):
			l.spoke = true
			return
		case b == end[l.ended]:
			l.ended++
		case b == end[0]:
			l.ended = 1
		default:
			l.ended = 0
		}
	}
}

// spokeFirst tells whether something came before our TLS hello.
func (l *line) spokeFirst() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.spoke
}

// heard gives how many bytes came since the last handshake began, and the first.
func (l *line) heard() (came int, first string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.came, string(l.first[:min(l.came, len(l.first))])
}

// hasEnded tells whether the other side has closed the connection, or its half of it.
func (l *line) hasEnded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over
}

func hungUp(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNABORTED)
}
