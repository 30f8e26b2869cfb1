package probe

import (
	"errors"
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

	mu     sync.Mutex
	moved  sync.Cond // of begun and closed
	begun  bool      // our request is on its way
	closed bool
	came   int     // bytes read since the last handshake began, or since the beginning
	first  [5]byte // of those
}

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

// Read gives nothing to net/http before the request is on its way.
func (l *line) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.came < len(l.first) {
		copy(l.first[l.came:], p[:n])
	}
	l.came += n
	for l.trace.ready() && !l.begun && !l.closed {
		l.moved.Wait()
	}
	return n, err
}

// Write hides that the other side has closed: whoever reads next gets its last
// words, or the end of the connection. Nothing is ever sent again.
func (l *line) Write(p []byte) (int, error) {
	if l.trace.ready() {
		l.mu.Lock()
		l.begun = true
		l.moved.Broadcast()
		l.mu.Unlock()
	}
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

// handshake begins to count anew: what came before belongs to the way there.
func (l *line) handshake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.came, l.first = 0, [5]byte{}
}

// heard gives how many bytes came since the last handshake began, and the first.
func (l *line) heard() (came int, first string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.came, string(l.first[:min(l.came, len(l.first))])
}

func hungUp(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNABORTED)
}
