package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/app"
)

// hurried are limits that a test can wait for.
func hurried() app.PortLimits {
	l := app.DefaultPortLimits()
	l.Connections, l.Headers, l.Request, l.Part, l.Answer, l.Idle = 64, time.Second, 4*time.Second, time.Second, 8*time.Second, time.Second
	return l
}

// ownPort is a daemon that watches one login every second, and 2,000 that are not due, so
// that a scrape is more than the system holds for whoever does not read it.
type ownPort struct {
	t    *testing.T
	log  output
	base string
	at   string // HOST:PORT
}

func startOwnPort(t *testing.T, webConfig string, limits app.PortLimits) *ownPort {
	t.Helper()
	file, write := serviceFile(t)
	var more strings.Builder
	read, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, probes, _ := strings.Cut(string(read), "probes:\n")
	for i := range 2000 {
		fmt.Fprintf(&more, "  idle-%04d: {vendor: konsign, base_url: \"http://127.0.0.1:1\", secrets: {client_id: \"env:ID_%d\", authorization_id: \"env:SECRET_%d\"}}\n", i, i, i)
	}
	write("") // what is written below is the same and more
	text := head + more.String() + "probes:\n  konsign/login: {schedule: \"@every 24h\"}\n" + probes
	if webConfig != "" {
		text = "web_config: web.yaml\n" + text
		if err := os.WriteFile(filepath.Join(filepath.Dir(file), "web.yaml"), []byte(webConfig), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &ownPort{t: t}
	p.start(app.Files{Config: file}, limits)
	return p
}

func (p *ownPort) start(files app.Files, limits app.PortLimits) {
	t := p.t
	t.Helper()
	reading, problems := files.Read()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	logger := slog.New(slog.NewTextHandler(&p.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	d, err := app.NewDaemon(t.Context(), reading.Config, app.DaemonOptions{Files: files, Store: "memory", Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	server, err := app.NewWebServer(d.Handler(), reading.Config.WebConfig, limits, logger)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := app.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.at, p.base = listener.Addr().String(), app.Openable(server.Scheme(), listener.Addr())
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Run(listener) }()
	if err := d.Start(t.Context(), reading); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(); <-done; d.Stop(); d.Close() })
}

// client asks as a scrape does, over a connection of its own.
func (p *ownPort) client() *http.Client {
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: unverified()}}
}

// runs scrapes how many logins there were. A machine that is busy may be slower than the
// limits of the test: then it is asked again, as a scrape is repeated.
func (p *ownPort) runs() int {
	p.t.Helper()
	for until := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		n, err := p.scraped()
		if err == nil {
			return n
		}
		if time.Now().After(until) {
			p.t.Fatalf("nobody else is answered: %v", err)
		}
	}
}

var wellRuns = regexp.MustCompile(`(?m)^loginwatch_runs_total\{probe="login",target="simulated",vendor="signzy-ezkra",verdict="ok"\} (\d+)$`)

func (p *ownPort) scraped() (int, error) {
	res, err := p.client().Get(p.base + "/metrics?name[]=loginwatch_runs_total")
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	m := wellRuns.FindSubmatch(body)
	if m == nil {
		return 0, fmt.Errorf("status %d without the count", res.StatusCode)
	}
	return strconv.Atoi(string(m[1]))
}

// goesOn waits for another login to be well, and for a scrape that says so.
func (p *ownPort) goesOn() {
	p.t.Helper()
	before := p.runs()
	for until := time.Now().Add(patience); p.runs() <= before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			p.t.Fatal("logins do not go on meanwhile")
		}
	}
}

// held is what the process has.
type held struct{ goroutines, descriptors int }

func holding(t *testing.T) held {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return held{runtime.NumGoroutine(), len(open)}
}

// nothingStays waits until the process has no more than before, and what one login at a
// time takes.
func (p *ownPort) nothingStays(before held) {
	p.t.Helper()
	var now held
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		now = holding(p.t)
		if now.goroutines <= before.goroutines && now.descriptors <= before.descriptors {
			return
		}
	}
	stacks := make([]byte, 1<<20)
	p.t.Errorf("before %+v, afterwards %+v\n%s", before, now, stacks[:runtime.Stack(stacks, true)])
}

func (p *ownPort) dial() net.Conn {
	p.t.Helper()
	conn, err := net.Dial("tcp", p.at)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		p.t.Fatal(err)
	}
	return conn
}

func (p *ownPort) send(conn net.Conn, text string) {
	p.t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		p.t.Fatal(err)
	}
}

const asked = " HTTP/1.1\r\nHost: localhost\r\n"

// Whatever callers do, logins go on, others are answered, and nothing of them stays.
func TestHostileCallers(t *testing.T) {
	p := startOwnPort(t, "", hurried())
	p.goesOn()
	for name, hostile := range map[string]func(*ownPort){
		"headers byte by byte":          slowHeaders,
		"a body byte by byte":           slowBody,
		"nothing is read":               func(p *ownPort) { readers(p, 30, 0, time.Second) },
		"little is read":                func(p *ownPort) { readers(p, 20, 100, 50*time.Millisecond) },
		"idle connections":              idle,
		"a thousand requests in one":    pipelined,
		"broken off in the middle":      brokenOff,
		"no request at all, but noise":  noise,
		"reloads without end, at once":  reloads,
		"a scrape that is slow but due": slowScrape,
	} {
		t.Run(name, func(t *testing.T) {
			p.t = t
			before := holding(t)
			hostile(p)
			p.nothingStays(before)
		})
	}
	p.t = t
	if strings.Contains(p.log.String(), "panic") {
		t.Errorf("the log says:\n%s", p.log.String())
	}
}

// cut waits until the other end has closed a connection, and gives what it said.
func (p *ownPort) cut(conn net.Conn) string {
	p.t.Helper()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil { // what came before may have taken long
		p.t.Fatal(err)
	}
	said, err := io.ReadAll(conn)
	if netErr := net.Error(nil); errorsAs(err, &netErr) && netErr.Timeout() {
		p.t.Fatalf("the connection stays; it says %.200q", said)
	}
	_ = conn.Close()
	return string(said)
}

func slowHeaders(p *ownPort) {
	var conns []net.Conn
	for range 50 {
		conn := p.dial()
		p.send(conn, "GET /"+asked+"X-Slow: ")
		conns = append(conns, conn)
	}
	stop := make(chan struct{})
	go func() {
		for every := time.NewTicker(50 * time.Millisecond); ; {
			select {
			case <-every.C:
			case <-stop:
				every.Stop()
				return
			}
			for _, conn := range conns {
				_, _ = conn.Write([]byte("x"))
			}
		}
	}()
	p.goesOn()
	for _, conn := range conns {
		if said := p.cut(conn); said != "" {
			p.t.Errorf("it says %q", said)
		}
	}
	close(stop)
}

func slowBody(p *ownPort) {
	var conns []net.Conn
	for _, path := range []string{"/-/reload", "/", "/metrics", "/-/healthy"} {
		conn := p.dial()
		p.send(conn, "POST "+path+asked+"Content-Length: 1000000\r\n\r\nx")
		conns = append(conns, conn)
	}
	p.goesOn()
	for _, conn := range conns {
		if said := p.cut(conn); !regexp.MustCompile(`(?s)^HTTP/1.1 (200|405) .*\r\nConnection: close\r\n`).MatchString(said) {
			p.t.Errorf("it says %q", said)
		}
	}
}

// readers ask for all that there is and read a little now and then.
func readers(p *ownPort, n, bytes int, every time.Duration) {
	var conns []net.Conn
	for i := range n {
		conn := p.dial()
		if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
			p.t.Fatal(err)
		}
		p.send(conn, "GET "+[]string{"/metrics", "/api/v1/probes?per_page=1000", "/?per_page=1000"}[i%3]+asked+"\r\n")
		conns = append(conns, conn)
	}
	stop := make(chan struct{})
	go func() {
		for again := time.NewTicker(every); ; {
			select {
			case <-again.C:
			case <-stop:
				again.Stop()
				return
			}
			for _, conn := range conns {
				if bytes > 0 {
					_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
					_, _ = conn.Read(make([]byte, bytes))
				}
			}
		}
	}()
	p.goesOn()
	close(stop)
	for _, conn := range conns {
		if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			p.t.Fatal(err)
		}
		if said := p.cut(conn); len(said) > 1<<20 {
			p.t.Errorf("the system kept %d bytes for who does not read them", len(said))
		}
	}
}

// slowScrape takes longer than any part may, and gets everything.
func slowScrape(p *ownPort) {
	conn := p.dial()
	p.send(conn, "GET /metrics"+asked+"Connection: close\r\n\r\n")
	var said []byte
	buf := make([]byte, 64<<10)
	begun := time.Now()
	for {
		n, err := io.ReadAtLeast(conn, buf, len(buf))
		said = append(said, buf[:n]...)
		if err != nil {
			break
		}
		time.Sleep(12 * time.Millisecond)
	}
	took := time.Since(begun)
	if !strings.HasSuffix(string(said), "\r\n0\r\n\r\n") || took < hurried().Part {
		p.t.Errorf("%d bytes after %s, the last of which are %q", len(said), took, said[max(0, len(said)-50):])
	}
	_ = conn.Close()
}
