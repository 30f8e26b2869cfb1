package faulty

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
)

// Connects is a proxy that answers CONNECT with a head and then, when to is not
// "", opens the tunnel, whoever is asked for, to that address.
func Connects(head, to string) func(net.Conn) {
	return func(c net.Conn) {
		r := bufio.NewReader(c)
		if req, err := http.ReadRequest(r); err != nil || req.Method != http.MethodConnect {
			return
		}
		_, _ = io.WriteString(c, head+"\r\n\r\n")
		if to != "" {
			join(c, r, to)
		}
		Drain(c)
	}
}

// join copies both ways until one side has ended.
func join(c net.Conn, r io.Reader, to string) {
	up, err := new(net.Dialer).DialContext(context.Background(), "tcp", to)
	if err != nil {
		return
	}
	defer func() { _ = up.Close() }()
	var copying sync.WaitGroup
	copying.Go(func() {
		_, _ = io.Copy(up, r)
		_ = up.Close()
	})
	_, _ = io.Copy(c, up)
	_ = c.Close()
	copying.Wait()
}

// SOCKS is a SOCKS5 proxy (RFC 1928, 3 to 6) that takes the method and answers with
// the code; with 0 it opens the way.
func SOCKS(method, code byte, to string) func(net.Conn) {
	return func(c net.Conn) {
		buf := make([]byte, 512)
		_, _ = c.Read(buf)
		_, _ = c.Write([]byte{5, method})
		if method == 0xff {
			Drain(c)
			return
		}
		_, _ = c.Read(buf)
		_, _ = c.Write([]byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0})
		if code == 0 {
			join(c, c, to)
		}
		Drain(c)
	}
}
