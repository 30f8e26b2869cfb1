// Package faulty is what tests meet in the place of a vendor: servers, proxies and
// name servers of ours on loopback that misbehave in every way that net/http can't,
// and count what came. It knows nothing of who meets it, and no program has it.
package faulty

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Server serves each connection with a function of the test and counts how often
// the secret came through, in plain text or inside of its own TLS.
type Server struct {
	net.Listener
	secret      []byte
	logins      atomic.Int32
	connections atomic.Int32
	arrived     context.Context
	arrive      context.CancelFunc
}

// Serve starts a server on loopback, which ends with the test.
func Serve(tb testing.TB, secret string, answer func(net.Conn)) *Server {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{Listener: l, secret: []byte(secret)}
	s.arrived, s.arrive = context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.connections.Add(1)
			running.Go(func() {
				defer func() { _ = conn.Close() }()
				answer(&counting{Conn: conn, of: s})
			})
		}
	})
	tb.Cleanup(func() {
		_ = l.Close()
		running.Wait()
		s.arrive()
	})
	return s
}

// Address is host and port.
func (s *Server) Address() string { return s.Addr().String() }

// Base is the URL of the server in plain HTTP.
func (s *Server) Base() string { return "http://" + s.Address() }

// Logins is how often the secret came.
func (s *Server) Logins() int { return int(s.logins.Load()) }

// Connections is how many there were.
func (s *Server) Connections() int { return int(s.connections.Load()) }

// Arrived ends with the first login.
func (s *Server) Arrived() context.Context { return s.arrived }

// counting reads what a client sends, and counts the logins in it.
type counting struct {
	net.Conn
	of   *Server
	seen []byte
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	before := bytes.Count(c.seen, c.of.secret)
	c.seen = append(c.seen, p[:n]...)
	if came := bytes.Count(c.seen, c.of.secret) - before; came > 0 {
		c.of.logins.Add(int32(came))
		c.of.arrive()
	}
	return n, err
}

// raw is the connection below all that was laid over it.
func raw(c net.Conn) *net.TCPConn {
	for {
		switch inner := c.(type) {
		case *counting:
			c = inner.Conn
		case interface{ NetConn() net.Conn }: // of crypto/tls
			c = inner.NetConn()
		case *net.TCPConn:
			return inner
		default:
			return nil
		}
	}
}

// Hear reads a request to its end, and of what is none the first bytes.
func Hear(c net.Conn) {
	first := make([]byte, 4096)
	n, err := c.Read(first)
	if err != nil || n == 0 || first[0] < 'A' || first[0] > 'Z' {
		return
	}
	if req, err := http.ReadRequest(bufio.NewReader(io.MultiReader(bytes.NewReader(first[:n]), c))); err == nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
}

// Says hears a request and writes what may be an answer.
func Says(text string) func(net.Conn) {
	return func(c net.Conn) {
		Hear(c)
		_, _ = io.WriteString(c, text)
	}
}

// Blurts writes an answer and closes, and never reads.
func Blurts(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

// Drain reads until the client has gone.
func Drain(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// Resets hears a request, writes the text and resets the connection.
func Resets(text string) func(net.Conn) {
	return func(c net.Conn) {
		Says(text)(c)
		if c := raw(c); c != nil {
			_ = c.SetLinger(0)
			_ = c.Close()
		}
	}
}

// Cuts hears a request, writes the text and ends the connection below TLS, which gets no
// word of its own.
func Cuts(text string) func(net.Conn) {
	return func(c net.Conn) {
		Says(text)(c)
		if c := raw(c); c != nil {
			_ = c.Close()
		}
	}
}

// Hangs hears a request, writes the text and then nothing more until the client has gone.
func Hangs(text string) func(net.Conn) {
	return func(c net.Conn) {
		Says(text)(c)
		Drain(c)
	}
}

// HTTP is an answer in HTTP/1.1; what is more in its head ends with a line break each.
func HTTP(status, contentType, body, more string) func(net.Conn) {
	return Says("HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Type: " + contentType + "\r\n" + more + "\r\n" + body)
}

// JSON is an answer whose body is called JSON.
func JSON(status, body string) func(net.Conn) { return HTTP(status, "application/json", body, "") }

// HTML is an answer whose body is called a page.
func HTML(status, body, more string) func(net.Conn) {
	return HTTP(status, "text/html; charset=utf-8", "<!doctype html><html><body>"+body+"</body></html>", more)
}

// BlackHole is an address whose queue of connections is full for as long as the test
// goes: whoever comes is neither taken nor refused (listen(2), backlog).
func BlackHole(tb testing.TB) string {
	tb.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = syscall.Close(fd) })
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0)); err != nil {
		tb.Fatal(err)
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		tb.Fatal(err)
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(at.(*syscall.SockaddrInet4).Port))
	for range 8 { // the kernel takes a few more than none
		conn, err := (&net.Dialer{Timeout: 100 * time.Millisecond}).DialContext(tb.Context(), "tcp", address)
		if err != nil {
			return address
		}
		tb.Cleanup(func() { _ = conn.Close() })
	}
	tb.Fatal("a queue of none takes every connection")
	return ""
}
