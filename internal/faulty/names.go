package faulty

import (
	"context"
	"encoding/binary"
	"net"
	"testing"
)

// The answers of a name server (RFC 1035, 4.1.1), and none at all.
const (
	NoError  = 0
	ServFail = 2
	NXDomain = 3
	Silence  = 0xff
)

// NameServer answers every question with the code and the addresses that are of
// the asked kind, and gives its own address.
func NameServer(tb testing.TB, rcode byte, addresses ...string) string {
	tb.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(tb.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			buf := make([]byte, 512)
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := resolve(buf[:n], rcode, addresses); answer != nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	tb.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return conn.LocalAddr().String()
}

const headerSize, typeA, typeAAAA = 12, 1, 28

// resolve answers one question (RFC 1035, 4.1; RFC 3596, 2); nil when it is silent.
func resolve(question []byte, rcode byte, addresses []string) []byte {
	if rcode == Silence || len(question) < headerSize {
		return nil
	}
	end := headerSize
	for end < len(question) && question[end] != 0 {
		end += int(question[end]) + 1
	}
	end += 5 // the root's empty label, type and class
	if end > len(question) {
		return nil
	}
	kind := binary.BigEndian.Uint16(question[end-4:])
	answer := append([]byte{}, question[:end]...)
	answer[2], answer[3] = 0x81, 0x80|rcode // an answer, recursion available
	binary.BigEndian.PutUint32(answer[8:], 0)
	var found uint16
	for _, a := range addresses {
		ip := net.ParseIP(a)
		if v4 := ip.To4(); v4 != nil {
			ip = v4
		}
		if kind == typeA && len(ip) == net.IPv4len || kind == typeAAAA && len(ip) == net.IPv6len {
			answer = append(answer, 0xc0, headerSize, 0, byte(kind), 0, 1, 0, 0, 0, 1, 0, byte(len(ip))) // the question's name, for a second
			answer = append(answer, ip...)
			found++
		}
	}
	binary.BigEndian.PutUint16(answer[6:], found)
	return answer
}

// Resolver asks nobody but the server at the address, for as long as the test goes:
// Go's resolver goes on with a look-up that a run has given up.
func Resolver(tb testing.TB, address string) *net.Resolver {
	tb.Helper()
	over, end := context.WithCancel(context.WithoutCancel(tb.Context()))
	tb.Cleanup(end)
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(over, "udp", address)
		if err == nil {
			context.AfterFunc(over, func() { _ = conn.Close() })
		}
		return conn, err
	}}
}
