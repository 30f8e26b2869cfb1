package main

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

func errorsAs[T error](err error, into *T) bool { return errors.As(err, into) }

func unverified() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true} //nolint:gosec // its certificate is made here
}

// idle opens as many connections as descriptors allow, up to 10,000.
func idle(p *ownPort) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		p.t.Fatal(err)
	}
	n := min(10_000, max(int(limit.Cur), 1000)-500) //nolint:gosec // nobody has that many descriptors
	conns := make([]net.Conn, n)
	for i := range conns {
		conns[i] = p.dial()
		if i%1000 == 0 {
			p.runs()
		}
	}
	p.t.Logf("%d connections", n)
	p.goesOn()
	if !strings.Contains(p.log.String(), "too many connections to our pages") {
		p.t.Error("the log does not tell of too many connections")
	}
	for _, conn := range conns {
		if said := p.cut(conn); said != "" {
			p.t.Fatalf("it says %q", said)
		}
	}
}

func pipelined(p *ownPort) {
	conn := p.dial()
	go func() { _, _ = io.WriteString(conn, strings.Repeat("GET /-/healthy"+asked+"\r\n", 1000)) }()
	p.goesOn()
	if n := strings.Count(p.cut(conn), "HTTP/1.1 200 OK\r\n"); n != 1000 {
		p.t.Errorf("%d answers", n)
	}
}

func brokenOff(p *ownPort) {
	for _, text := range []string{"", "G", "GET /metrics", "GET /metrics" + asked, "POST /-/reload" + asked + "Content-Length: 9\r\n\r\nx", "POST /" + asked + "Transfer-Encoding: chunked\r\n\r\nfff\r\nx"} {
		for range 20 {
			conn := p.dial()
			p.send(conn, text)
			_ = conn.Close()
		}
	}
	p.goesOn()
}

func noise(p *ownPort) {
	for _, text := range []string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", strings.Repeat("\x00", 100_000), strings.Repeat("A", 100_000), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\r\n\r\n\r\n\r\n"} {
		conn := p.dial()
		_, _ = io.WriteString(conn, text) // the other end need not take all of it
		if said := p.cut(conn); said != "" && !strings.HasPrefix(said, "HTTP/1.1 4") {
			p.t.Errorf("%.20q: it says %q", text, said)
		}
	}
	p.goesOn()
}

func reloads(p *ownPort) {
	var all sync.WaitGroup
	status := make(chan int, 40)
	for range cap(status) {
		all.Go(func() {
			res, err := p.client().Post(p.base+"/-/reload", "", nil)
			if err != nil {
				p.t.Error(err)
				return
			}
			_ = res.Body.Close()
			status <- res.StatusCode
		})
	}
	p.goesOn()
	all.Wait()
	close(status)
	got := map[int]int{}
	for s := range status {
		got[s]++
	}
	if got[http.StatusOK] == 0 || got[http.StatusOK]+got[http.StatusServiceUnavailable] != 40 {
		p.t.Errorf("status: %v", got)
	}
}

// What HTTP/2 lets a caller do over one connection.
func TestHostileStreams(t *testing.T) {
	limits := hurried()
	limits.Answer = 4 * time.Second // which is what ends who opens no window
	p := startOwnPort(t, certificateFiles(t), limits)
	for name, hostile := range map[string]func(*ownPort, *http2.Framer, func(stream uint32, path string)){
		"requests that are reset at once": func(p *ownPort, f *http2.Framer, open func(uint32, string)) {
			for i := range uint32(2000) {
				open(2*i+1, "/metrics")
				if f.WriteRSTStream(2*i+1, http2.ErrCodeCancel) != nil {
					return // which is an answer as well
				}
			}
		},
		"no window": func(_ *ownPort, _ *http2.Framer, open func(uint32, string)) {
			for i := range uint32(16) {
				open(2*i+1, []string{"/metrics", "/", "/-/healthy"}[i%3])
			}
		},
		"more at once than is allowed": func(_ *ownPort, _ *http2.Framer, open func(uint32, string)) {
			for i := range uint32(200) {
				open(2*i+1, "/")
			}
		},
		"pings without end": func(_ *ownPort, f *http2.Framer, _ func(uint32, string)) {
			for range 50_000 {
				if f.WritePing(false, [8]byte{}) != nil {
					return
				}
			}
		},
		"headers without an end": func(_ *ownPort, f *http2.Framer, _ func(uint32, string)) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1})
			for range 10_000 {
				if f.WriteContinuation(1, false, []byte("\x40\x01a\x01b")) != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p.t = t
			p.goesOn()
			before := holding(t)
			config := unverified()
			config.NextProtos = []string{"h2"}
			conn, err := tls.Dial("tcp", p.at, config)
			if err != nil {
				t.Fatal(err)
			}
			_ = conn.SetDeadline(time.Now().Add(patience))
			p.send(conn, http2.ClientPreface)
			f := http2.NewFramer(conn, conn)
			if err := f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}); err != nil {
				t.Fatal(err)
			}
			read := make(chan struct{})
			go func() { defer close(read); _, _ = io.Copy(io.Discard, conn) }()
			hostile(p, f, func(stream uint32, path string) {
				var block strings.Builder
				enc := hpack.NewEncoder(&block)
				for _, field := range [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", "localhost"}, {":path", path}} {
					_ = enc.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
				}
				_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte(block.String()), EndStream: true, EndHeaders: true})
			})
			p.goesOn()
			<-read // our end is closed by theirs
			_ = conn.Close()
			p.nothingStays(before)
		})
	}
}

// What is answered to requests that are no requests, or not meant for us: once, and
// nothing that is hidden in one is taken for another one.
func TestOddRequests(t *testing.T) {
	p := startOwnPort(t, "", hurried())
	const hidden = "GET /-/healthy" + asked + "\r\n"
	for name, tt := range map[string]struct{ request, want string }{
		"as it should be":                {"GET /-/ready" + asked + "Connection: close\r\n\r\n", "200"},
		"HTTP/1.0":                       {"GET /-/ready HTTP/1.0\r\n\r\n", "200"},
		"HTTP/0.9":                       {"GET /-/ready\r\n\r\n", "400"},
		"HTTP/3.0":                       {"GET / HTTP/3.0\r\nHost: localhost\r\n\r\n", "505"},
		"a large header":                 {"GET /" + asked + "X: " + strings.Repeat("x", 100_000) + "\r\n\r\n", "431"},
		"many headers":                   {"GET /" + asked + strings.Repeat("X: x\r\n", 20_000) + "\r\n", "431"},
		"a long path":                    {"GET /" + strings.Repeat("x", 100_000) + asked + "\r\n", "431"},
		"no host":                        {"GET / HTTP/1.1\r\n\r\n", "400"},
		"two hosts":                      {"GET /" + asked + "Host: evil.example\r\n\r\n", "400"},
		"a host that is none":            {"GET / HTTP/1.1\r\nHost: local host\r\n\r\n", "400"},
		"another site's name":            {"GET / HTTP/1.1\r\nHost: evil.example:9713\r\nConnection: close\r\n\r\n", "421"},
		"a name that begins like ours":   {"GET / HTTP/1.1\r\nHost: localhost.evil.example\r\nConnection: close\r\n\r\n", "421"},
		"a number and a name":            {"GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\nConnection: close\r\n\r\n", "421"},
		"another site's whole address":   {"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "421"},
		"metrics for another site":       {"GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", "421"},
		"a reload by another site":       {"POST /-/reload HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n", "421"},
		"a reload by another origin":     {"POST /-/reload" + asked + "Origin: http://evil.example\r\nConnection: close\r\n\r\n", "403"},
		"a reload by a file":             {"POST /-/reload" + asked + "Origin: null\r\nConnection: close\r\n\r\n", "403"},
		"a reload across sites":          {"POST /-/reload" + asked + "Sec-Fetch-Site: cross-site\r\nConnection: close\r\n\r\n", "403"},
		"a reload by a neighbour's port": {"POST /-/reload" + asked + "Sec-Fetch-Site: same-site\r\nConnection: close\r\n\r\n", "403"},
		"a health check by any name":     {"GET /-/healthy HTTP/1.1\r\nHost: pod.cluster.example\r\nConnection: close\r\n\r\n", "200"},
		"IPv6":                           {"GET /-/ready HTTP/1.1\r\nHost: [::1]:9713\r\nConnection: close\r\n\r\n", "200"},
		"below localhost":                {"GET /api/v1/probes?per_page=1 HTTP/1.1\r\nHost: watch.localhost\r\nConnection: close\r\n\r\n", "200"},
		"TRACE":                          {"TRACE /" + asked + "Connection: close\r\n\r\n", "405"},
		"CONNECT":                        {"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "405"},
		"DELETE":                         {"DELETE /metrics" + asked + "Connection: close\r\n\r\n", "405"},
		"a method of nobody":             {"FROB /" + asked + "Connection: close\r\n\r\n", "405"},
		"a method in lower case":         {"get /" + asked + "Connection: close\r\n\r\n", "405"},
		"a method that is none":          {"G(T /" + asked + "\r\n", "400"},
		"OPTIONS of all":                 {"OPTIONS *" + asked + "Connection: close\r\n\r\n", "200"},
		"an upgrade":                     {"GET /-/ready" + asked + "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n", "200"},
		"dots":                           {"GET /../../etc/passwd" + asked + "Connection: close\r\n\r\n", "307"},
		"dots that are encoded":          {"GET /%2e%2e/%2e%2e/etc/passwd" + asked + "Connection: close\r\n\r\n", "404"},
		"a length and chunks":            {"POST /" + asked + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, "405"},
		"chunks and a length":            {"POST /" + asked + "Transfer-Encoding: chunked\r\nContent-Length: 200\r\n\r\n0\r\n\r\n" + hidden, "405"},
		"two lengths":                    {"POST /" + asked + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + hidden, "400"},
		"a list of lengths":              {"POST /" + asked + "Content-Length: 0, 44\r\n\r\n" + hidden, "400"},
		"a length with a sign":           {"POST /" + asked + "Content-Length: +0\r\n\r\n" + hidden, "400"},
		"a length below nothing":         {"POST /" + asked + "Content-Length: -1\r\n\r\n" + hidden, "400"},
		"a length and a blank":           {"POST /" + asked + "Content-Length : 44\r\n\r\n" + hidden, "400"},
		"a coding of nobody":             {"POST /" + asked + "Transfer-Encoding: xchunked\r\n\r\n" + hidden, "501"},
		"chunks twice":                   {"POST /" + asked + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + hidden, "501|400"},
		"a coding behind a tab":          {"POST /" + asked + "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + hidden, "400|501"},
		"chunks of no number":            {"POST /" + asked + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + hidden, "405"},
		"a chunk beyond all numbers":     {"POST /" + asked + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + hidden, "405"},
		"a length that is not all":       {"POST /" + asked + "Content-Length: 5\r\n\r\nxxxxx" + hidden, "405"},
		"a body of GET":                  {"GET /-/ready" + asked + "Content-Length: 5\r\n\r\nxxxxx" + hidden, "200"},
		"a header that goes on":          {"GET /" + asked + "X: a\r\n Transfer-Encoding: chunked\r\n\r\n", "400|200"},
		"a line without an end":          {"GET /-/ready" + asked + "X: a\rContent-Length: 5\r\n\r\n" + hidden, "400"},
		"a header with zero":             {"GET /" + asked + "X: a\x00b\r\n\r\n" + hidden, "400"},
	} {
		t.Run(name, func(t *testing.T) {
			p.t = t
			before := holding(t)
			conn := p.dial()
			_, _ = io.WriteString(conn, tt.request) // the other end need not take all of it
			said := p.cut(conn)
			answers := regexp.MustCompile(`(?m)^HTTP/1\.[01] (\d+) `).FindAllStringSubmatch(said, -1)
			if len(answers) != 1 || !regexp.MustCompile("^("+tt.want+")$").MatchString(answers[0][1]) {
				t.Errorf("%d answers, want one with %s: %.500q", len(answers), tt.want, said)
			}
			p.nothingStays(before)
		})
	}
	p.t = t
	p.goesOn()
}
