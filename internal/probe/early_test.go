package probe_test

import (
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/faulty"
)

// An answer that comes before our request was sent or read is the answer, on
// every try: who loses such a race only now and then is not mended.
func TestEarlyAnswersAreAnswers(t *testing.T) {
	large := password + strings.Repeat("x", 4<<20)
	const tries = 10
	cert := faulty.NewAuthority(t).Leaf(t)
	for name, tt := range map[string]struct {
		secret string
		answer func(net.Conn)
		status int
	}{
		"before the request":      {password, faulty.Blurts(accepted), 200},
		"in the middle of a body": {large, faulty.Says("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"), 413},
		"a refusal half-way":      {large, faulty.Says("HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"), 401},
	} {
		for _, scheme := range []string{"http", "https"} {
			t.Run(name+" over "+scheme, func(t *testing.T) {
				answer := tt.answer
				if scheme == "https" {
					answer = cert.Over(tt.answer)
				}
				s := serve(t, answer)
				for range tries {
					run := loginIn(t.Context(), t, 5*time.Second, tt.secret, scheme+"://"+s.Address(), loginwatch.TransportOptions{CAFile: cert.CAFile})
					if run.Deciding().HTTPStatus != tt.status || run.Verdict == unavailable {
						t.Fatalf("%s %s (%s), status %d", run.Verdict, run.Reason, run.Detail, run.Deciding().HTTPStatus)
					}
				}
				if n := s.Connections(); n != tries {
					t.Errorf("%d connections for %d runs", n, tries)
				}
			})
		}
	}
}

// net/http reads as soon as it is connected. Here the answer is there before the
// request is even begun, behind the last record of the handshake too.
func TestAnswersBeforeTheRequest(t *testing.T) {
	cert := faulty.NewAuthority(t).Leaf(t)
	for name, tt := range map[string]struct {
		scheme string
		socks  bool // the server is one behind a proxy
		answer func(net.Conn)
	}{
		"plain": {"http", false, faulty.Blurts(accepted)},
		"behind SOCKS": {"http", true, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 512))
			_, _ = c.Write([]byte{5, 0})
			_, _ = c.Read(make([]byte, 512))
			faulty.Blurts("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00" + accepted)(c)
		}},
		"TLS 1.3": {"https", false, cert.Over(faulty.Blurts(accepted), version(tls.VersionTLS13))},
		"TLS 1.2": {"https", false, func(c net.Conn) {
			k := &corked{Conn: c}
			cert.Over(faulty.Blurts(accepted), version(tls.VersionTLS12))(k)
			k.flush()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			answered := make(chan struct{})
			s := serve(t, func(c net.Conn) {
				tt.answer(c)
				close(answered)
				faulty.Drain(c)
			})
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
				<-answered
				for range 10_000 { // whoever reads too early has the time to
					runtime.Gosched()
				}
			}})
			o := loginwatch.TransportOptions{CAFile: cert.CAFile}
			if tt.socks {
				o.Proxy = &url.URL{Scheme: "socks5", Host: s.Address()}
			}
			run := loginIn(ctx, t, 5*time.Second, password, tt.scheme+"://"+s.Address(), o)
			wanted{loginwatch.OK, "", advice.Nobody, ""}.hold(t, run, "127.0.0.1", "")
			if s.Connections() != 1 {
				t.Errorf("%d connections", s.Connections())
			}
		})
	}
}

// corked holds back what is written until somebody reads, so that the end of a
// handshake and what follows it travel together.
type corked struct {
	net.Conn
	held []byte
}

func (c *corked) Write(p []byte) (int, error) {
	c.held = append(c.held, p...)
	return len(p), nil
}

func (c *corked) Read(p []byte) (int, error) {
	c.flush()
	return c.Conn.Read(p)
}

func (c *corked) flush() {
	_ = c.SetWriteDeadline(time.Time{}) // crypto/tls lets no write follow its last alert
	_, _ = c.Conn.Write(c.held)
	c.held = nil
}
