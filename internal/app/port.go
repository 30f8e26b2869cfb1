package app

import (
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// PortLimits bound what those who ask our port may take of us. They are about callers that
// are slow, many or broken: who wants to keep others out names a web_config.
type PortLimits struct {
	Connections int           // at once; for one more, the one that was quiet the longest is closed
	Headers     time.Duration // until all headers of a request are there
	Request     time.Duration // until all of a request is there
	Part        time.Duration // until the next 16 KiB of an answer are taken
	Answer      time.Duration // until all of it is taken
	Idle        time.Duration // until the next request of a connection
	HeaderBytes int
	Streams     int // of an HTTP/2 connection at once
}

// DefaultPortLimits let a scrape take five minutes and a browser send the cookies of every
// other port of localhost. 256 connections leave descriptors to the logins where a process
// may have 1,024.
func DefaultPortLimits() PortLimits {
	return PortLimits{
		Connections: 256, Headers: 10 * time.Second, Request: 30 * time.Second, Part: 15 * time.Second, Answer: 5 * time.Minute,
		Idle: 2 * time.Minute, HeaderBytes: 32 << 10, Streams: 16,
	}
}

// part is how much of an answer is given at once. Whoever takes less than that in the time
// for it reads no faster than somebody who holds on to us.
const part = 16 << 10

// unread carries a scrape over 100 ms of distance at 2.5 MB/s. By itself the system holds
// megabytes of each answer that nobody reads.
const unread = 256 << 10

// guests is a listener that bounds its connections, and each of them.
type guests struct {
	net.Listener
	limits PortLimits
	logger *slog.Logger

	mu   sync.Mutex
	in   map[*guest]struct{}
	told time.Time // when it was last said that there are too many
}

func newGuests(l net.Listener, limits PortLimits, logger *slog.Logger) *guests {
	return &guests{Listener: l, limits: limits, logger: logger, in: map[*guest]struct{}{}}
}

// Accept implements [net.Listener]. It never waits for a place: a port that stops to answer
// because somebody opened connections to it would look like a daemon that has died.
func (g *guests) Accept() (net.Conn, error) {
	conn, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	// The system may hold this much of an answer for whoever reads it late, and no more.
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(unread)
	}
	c := &guest{Conn: conn, of: g}
	c.moved()
	if quiet := g.admit(c); quiet != nil {
		quiet.cut.Store(true)
		_ = quiet.Close() // its own end is told to whoever serves it
	}
	return c, nil
}

// admit gives the connection that has to go for a new one, if any.
func (g *guests) admit(c *guest) (quiet *guest) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.in) >= g.limits.Connections {
		for other := range g.in {
			if quiet == nil || other.last.Load() < quiet.last.Load() {
				quiet = other
			}
		}
		delete(g.in, quiet)
		if now := time.Now(); now.Sub(g.told) > time.Minute {
			g.told = now
			g.logger.Warn("too many connections to our pages: those that are quiet the longest are closed", "most", g.limits.Connections)
		}
	}
	g.in[c] = struct{}{}
	return quiet
}

// guest is a connection whose answers have to be taken at some pace.
type guest struct {
	net.Conn
	of   *guests
	last atomic.Int64 // when bytes last came or went
	cut  atomic.Bool  // what was not taken is not kept for the other end any more

	mu    sync.Mutex
	until time.Time // for the whole answer; zero is for ever
}

func (c *guest) moved() { c.last.Store(time.Now().UnixNano()) }

// Read implements [net.Conn].
func (c *guest) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.moved()
	}
	return n, err
}

// Write implements [net.Conn]: each part has its own time.
func (c *guest) Write(p []byte) (written int, err error) {
	for {
		if c.cut.Load() {
			return written, net.ErrClosed // what comes behind half a record of TLS looks like forgery
		}
		next := p[written:min(len(p), written+part)]
		if err := c.extend(); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(next)
		written += n
		if n > 0 {
			c.moved()
		}
		if err != nil {
			c.cut.Store(true)
			return written, err
		}
		if written == len(p) {
			return written, nil
		}
	}
}

// extend gives the next part its time, within that for all of them.
func (c *guest) extend() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := time.Now().Add(c.of.limits.Part)
	if !c.until.IsZero() && c.until.Before(at) {
		at = c.until
	}
	return c.Conn.SetWriteDeadline(at)
}

// SetWriteDeadline implements [net.Conn]: it also ends a write that waits.
func (c *guest) SetWriteDeadline(at time.Time) error {
	c.mu.Lock()
	c.until = at
	c.mu.Unlock()
	return c.extend()
}

// SetDeadline implements [net.Conn].
func (c *guest) SetDeadline(at time.Time) error {
	if err := c.SetReadDeadline(at); err != nil {
		return err
	}
	return c.SetWriteDeadline(at)
}

// CloseWrite lets net/http tell the end of an answer before it closes the connection, so
// that an answer to a request that was not read to its end arrives.
func (c *guest) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close implements [net.Conn].
func (c *guest) Close() error {
	c.of.mu.Lock()
	delete(c.of.in, c)
	c.of.mu.Unlock()
	// The system would go on offering what nobody takes, out of its own memory.
	if tcp, ok := c.Conn.(*net.TCPConn); ok && c.cut.Load() {
		_ = tcp.SetLinger(0)
	}
	return c.Conn.Close()
}
