package probe_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/faulty"
	"github.com/loginwatch/loginwatch/internal/probe"
)

func TestFailuresOfConnections(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(net.Conn)
		wanted
	}{
		"closed at once":          {func(net.Conn) {}, wanted{unavailable, "reset", advice.VendorOrNetwork, "the connection to HOST was cut while waiting for the answer"}},
		"closed after reading":    {faulty.Says(""), wanted{unavailable, "reset", advice.VendorOrNetwork, "the connection to HOST was cut while waiting for the answer"}},
		"half a head":             {faulty.Says("HTTP/1.1 200 O"), wanted{unavailable, "reset", advice.VendorOrNetwork, "the connection to HOST was cut while receiving the answer"}},
		"half a body":             {faulty.Says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), wanted{unavailable, "reset", advice.VendorOrNetwork, "the connection to HOST was cut while receiving the answer"}},
		"no HTTP":                 {faulty.Says("220 mail.example ESMTP\r\n"), wanted{unavailable, "protocol", advice.VendorOrUs, "what came from HOST is no answer in HTTP/1.1"}},
		"a head that is too long": {faulty.Says("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 70<<10) + "\r\n\r\n"), wanted{unavailable, "protocol", advice.VendorOrUs, "the head of the answer of HOST is larger than 64 KiB, which is our limit"}},
		"words of ours in a head": {faulty.Says("HTTP/1.1 200 OK\r\nnet/http: server response headers exceeded\r\n\r\n"), wanted{unavailable, "protocol", advice.VendorOrUs, "what came from HOST is no answer in HTTP/1.1"}},
		"a broken chunk":          {faulty.Says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), wanted{unavailable, "protocol", advice.VendorOrUs, "the answer's body could not be read: HOST does not keep to HTTP/1.1 while receiving the answer"}},
		"a TLS alert":             {faulty.Says("\x15\x03\x01\x00\x02\x02\x46"), wanted{unavailable, "protocol", advice.VendorOrUs, "HOST speaks TLS there, and the base URL begins with http: the scheme or the port is wrong"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, tt.answer)
			tt.hold(t, login(t, "http://"+s.Address(), loginwatch.TransportOptions{}), "127.0.0.1", "")
			if s.Connections() != 1 || s.Logins() > 1 {
				t.Errorf("%d connections, %d logins", s.Connections(), s.Logins())
			}
		})
	}
}

// A login whose answer began may have been refused, though its head or body can't
// be read; unless what can be seen of it is an outage, a limit or no HTTP at all.
func TestRefusalsOfUnreadableAnswers(t *testing.T) {
	cert := faulty.NewAuthority(t).Leaf(t)
	const may, none = loginwatch.RefusalPossible, loginwatch.RefusalNone
	for name, tt := range map[string]struct {
		answer      string
		plain, over loginwatch.Refusal // behind TLS the status can't be seen
	}{
		"nothing":                 {"", none, none},
		"a malformed header":      {"HTTP/1.1 401 Unauthorized\r\nno colon\r\n\r\n", may, may},
		"an unknown coding":       {"HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: identity\r\n\r\n", may, may},
		"a head that is too long": {"HTTP/1.1 401 Unauthorized\r\nX: " + strings.Repeat("x", 70<<10) + "\r\n\r\n", may, may},
		"a status of nobody":      {"HTTP/1.1 999 Denied\r\nno colon\r\n\r\n", may, may},
		"no version":              {"HTTP 401 Unauthorized\r\n\r\n", may, may},
		"a line before":           {"\r\nHTTP/1.1 401 Unauthorized\r\n\r\n", may, may},
		"a warning before":        {"Warning: no header\nHTTP/1.1 401 Unauthorized\r\n\r\n", may, may},
		"a mark before":           {"\xef\xbb\xbfHTTP/1.1 401 Unauthorized\r\n\r\n", may, may},
		"the head of a CGI":       {"Status: 401 Unauthorized\r\n\r\n", may, may},
		"small letters":           {"http/1.1 401 Unauthorized\r\n\r\n", may, may},
		"another name":            {"ICY 401 Unauthorized\r\n\r\n", may, may},
		"a body alone":            {`{"code":"LOGIN_FAILED"}` + "\n", may, may},
		"SSH":                     {"SSH-2.0-server\r\n", none, none},
		"POP3":                    {"+OK ready\r\n", none, may},
		"HTTP/2":                  {"\x00\x00\x06\x04\x00\x00\x00\x00\x00\n", none, none},
		"half a status line":      {"HTTP/1.1 40", may, may},
		"half a head":             {"HTTP/1.1 200 OK\r\n", may, may},
		"half a body":             {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", may, may},
		"a broken chunk":          {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", may, may},
		"half a redirect":         {"HTTP/1.1 302 Found\r\nContent-Length: 9\r\n\r\n{", may, may},
		"half a body of 000":      {"HTTP/1.1 000 X\r\nContent-Length: 9\r\n\r\n{", may, may},
		"half a body of 503":      {"HTTP/1.1 503 Unavailable\r\nContent-Length: 9\r\n\r\n{", none, none},
		"an outage":               {"HTTP/1.1 503 Unavailable\r\nno colon\r\n\r\n", none, may},
		"a limit":                 {"HTTP/1.1 429 Too Many\r\nno colon\r\n\r\n", none, may},
		"no HTTP":                 {"220 mail.example ESMTP\r\n", none, may},
		"no HTTP, cut":            {"\x15\x03", none, none},
	} {
		for _, scheme := range []string{"http", "https"} {
			t.Run(name+" over "+scheme, func(t *testing.T) {
				answer, want := faulty.Says(tt.answer), tt.plain
				if scheme == "https" {
					answer, want = cert.Over(answer), tt.over
				}
				s := serve(t, answer)
				run := login(t, scheme+"://"+s.Address(), loginwatch.TransportOptions{CAFile: cert.CAFile})
				if run.Refusal() != want || run.Verdict != unavailable {
					t.Errorf("%s (%s), refusal %q, want %q", run.Verdict, run.Detail, run.Refusal(), want)
				}
			})
		}
	}
}

func TestFailuresByTimeOut(t *testing.T) {
	for name, tt := range map[string]struct {
		scheme string
		answer func(net.Conn)
		says   string
	}{
		"no answer":      {"http", faulty.Drain, "HOST: timed out while waiting for the answer"},
		"half an answer": {"http", func(c net.Conn) { faulty.Says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")(c); faulty.Drain(c) }, "HOST: timed out while receiving the answer"},
		"no handshake":   {"https", faulty.Drain, "HOST: timed out during the TLS handshake"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, tt.answer)
			run := loginIn(t.Context(), t, 100*time.Millisecond, password, tt.scheme+"://"+s.Address(), loginwatch.TransportOptions{})
			wanted{unavailable, "timeout", advice.VendorOrNetwork, tt.says}.hold(t, run, "127.0.0.1", "")
		})
	}
}

func TestFailuresToConnect(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	port := gone.URL[strings.LastIndex(gone.URL, ":"):]
	for name, tt := range map[string]struct {
		base      string
		ipVersion int
		host      string
		wanted
	}{
		"refused":             {gone.URL, 0, "127.0.0.1", wanted{unavailable, "connect", advice.VendorOrNetwork, "no connection to HOST: refused"}},
		"refused over IPv4":   {gone.URL, 4, "127.0.0.1", wanted{unavailable, "connect", advice.VendorOrNetwork, "no connection to HOST: refused"}},
		"IPv4 where 6 is due": {gone.URL, 6, "127.0.0.1", wanted{broken, "internal", advice.Us, "HOST is no IPv6 address, and ip_version: 6 allows no other: the request was not sent"}},
		"IPv6 where 4 is due": {"http://[::1]" + port, 4, "::1", wanted{broken, "internal", advice.Us, "HOST is no IPv4 address, and ip_version: 4 allows no other: the request was not sent"}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.hold(t, login(t, tt.base, loginwatch.TransportOptions{IPVersion: tt.ipVersion}), tt.host, "")
		})
	}
}

func TestFailuresOfLookups(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, tt := range map[string]struct {
		rcode     byte
		resolver  string // "" for one that answers with rcode
		timeout   time.Duration
		ipVersion int
		wanted
	}{
		"no such name": {faulty.NXDomain, "", 5 * time.Second, 0, wanted{unavailable, "dns", advice.VendorOrNetwork, "no address found for HOST"}},
		"no address":   {faulty.NoError, "", 5 * time.Second, 0, wanted{unavailable, "dns", advice.VendorOrNetwork, "no address found for HOST"}},
		"no IPv6":      {faulty.NoError, "", 5 * time.Second, 6, wanted{unavailable, "dns", advice.VendorOrNetwork, "no IPv6 address found for HOST, and ip_version: 6 allows no other"}},
		"no IPv4":      {faulty.NXDomain, "", 5 * time.Second, 4, wanted{unavailable, "dns", advice.VendorOrNetwork, "no IPv4 address found for HOST, and ip_version: 4 allows no other"}},
		"SERVFAIL": {faulty.ServFail, "", 5 * time.Second, 0, wanted{unavailable, "dns", advice.VendorOrNetwork,
			"our resolver failed to look up HOST: it has a fault, or the name servers of HOST have one (SERVFAIL, for example)"}},
		"resolver gone":   {0, gone.Listener.Addr().String(), 5 * time.Second, 0, wanted{unavailable, "dns", advice.VendorOrNetwork, "our resolver can't be reached, so HOST was not looked up"}},
		"resolver silent": {faulty.Silence, "", 100 * time.Millisecond, 0, wanted{unavailable, "timeout", advice.VendorOrNetwork, "HOST: timed out during the name lookup: our resolver gave no answer"}},
	} {
		t.Run(name, func(t *testing.T) {
			address := tt.resolver
			if address == "" {
				address = faulty.NameServer(t, tt.rcode)
			}
			options := probe.Options{Resolver: faulty.Resolver(t, address)}
			run := loginBy(t.Context(), t, options, tt.timeout, password, "http://login.example.", loginwatch.TransportOptions{IPVersion: tt.ipVersion})
			tt.hold(t, run, "login.example.", "")
			u, _ := url.Parse("http://login.example.:3128")
			run = loginBy(t.Context(), t, options, tt.timeout, password, "http://vendor.example", loginwatch.TransportOptions{Proxy: u, IPVersion: tt.ipVersion})
			wanted{broken, "proxy", advice.Us, "our proxy PROXY can't be reached: " + tt.says}.hold(t, run, "login.example.", "login.example.:3128")
		})
	}
}

// Without a file descriptor nothing can be sent, and that is nobody's fault but ours.
func TestFailureOfOurOwnLimits(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	login(t, server.URL, loginwatch.TransportOptions{}) // so that all else is open that a login needs
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	none := before
	none.Cur = 1
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	run := login(t, server.URL, loginwatch.TransportOptions{})
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	wanted{broken, "internal", advice.Us, "this process has no file descriptor left for a connection: the request was not sent"}.hold(t, run, "", "")
}
