package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/store/storetest"
)

// vendorMain answers every login with the text that it reads at first, as cheaply as can be,
// so that it takes little from a daemon beside it; a GET is told who has come since the last
// one, and when: "NAME NANOSECONDS" in lines. With a file's name it speaks TLS, and writes there whom to trust.
func vendorMain() {
	answer, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	if len(os.Args) > 1 {
		s := httptest.NewUnstartedServer(nil)
		s.StartTLS()
		trust := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
		if err := os.WriteFile(os.Args[1], trust, 0o600); err != nil {
			panic(err)
		}
		fmt.Println("vendor https://" + l.Addr().String())
		l = tls.NewListener(l, &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12})
	} else {
		fmt.Println("vendor http://" + l.Addr().String())
	}
	var mu sync.Mutex
	var seen bytes.Buffer
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		at := time.Now()
		go func() {
			defer func() { _ = conn.Close() }()
			request, name := requestOf(conn)
			if name != nil {
				mu.Lock()
				fmt.Fprintf(&seen, "%s %d\n", name, at.UnixNano())
				mu.Unlock()
				_, _ = conn.Write(answer)
			} else if bytes.HasPrefix(request, []byte("GET ")) {
				mu.Lock()
				all := bytes.Clone(seen.Bytes())
				seen.Reset()
				mu.Unlock()
				fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(all), all)
			}
		}()
	}
}

var userName = regexp.MustCompile(`"username":"([^"]*)"`)

// requestOf reads a request, of which a login ends with its body's brace.
func requestOf(conn net.Conn) (request, name []byte) {
	part := make([]byte, 4096)
	for {
		n, err := conn.Read(part)
		request = append(request, part[:n]...)
		if m := userName.FindSubmatch(request); m != nil && bytes.HasSuffix(request, []byte("}")) {
			return request, m[1]
		}
		if err != nil || bytes.HasPrefix(request, []byte("GET ")) && bytes.HasSuffix(request, []byte("\r\n\r\n")) {
			return request, nil
		}
	}
}

// pacedMain posts to an address so many times a second, for so many seconds, as simply as
// net/http lets it, and prints the CPU of each in nanoseconds. When each was due is its name.
func pacedMain() {
	rate, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	seconds, err := strconv.Atoi(os.Args[3])
	if err != nil {
		panic(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	var all sync.WaitGroup
	before, begun := storetest.ProcessCPU(), time.Now()
	for i := range rate * seconds {
		due := begun.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		all.Go(func() {
			res, err := client.Post(os.Args[1], "application/json", strings.NewReader(fmt.Sprintf(`{"password":"p","username":"%d"}`, due.UnixNano())))
			if err != nil {
				panic(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		})
	}
	all.Wait()
	fmt.Println(int64(storetest.ProcessCPU()-before) / int64(rate*seconds))
}

// vendorProcess starts that vendor in a process of its own.
func vendorProcess(t *testing.T, args ...string) (base string) {
	t.Helper()
	var answer bytes.Buffer
	documentedAnswer(t)(headless{&answer})
	cmd := exec.Command("vendor", args...)
	cmd.Stdin = strings.NewReader(fmt.Sprintf(
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", answer.Len(), answer.Bytes()))
	return listening(t, cmd)
}

// headless takes the body of an answer.
type headless struct{ io.Writer }

func (headless) Header() http.Header { return http.Header{} }
func (headless) WriteHeader(int)     {}

// arrivals gives who has come to a vendor since it was asked last, and when.
func arrivals(t *testing.T, base string) map[string][]time.Time {
	t.Helper()
	res, err := apart.Get(base)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	all := map[string][]time.Time{}
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		var name string
		var at int64
		if _, err := fmt.Sscanf(lines.Text(), "%s %d", &name, &at); err != nil {
			t.Fatal(err)
		}
		all[name] = append(all[name], time.Unix(0, at))
	}
	return all
}
