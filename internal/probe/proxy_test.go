package probe_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/faulty"
)

// proxyFails is what most rows want: ours, and nothing that counts against the vendor.
func proxyFails(says string) wanted { return wanted{broken, "proxy", advice.Us, says} }

func TestFailuresOfTheProxy(t *testing.T) {
	root := faulty.NewAuthority(t)
	mine := root.Leaf(t)
	vendor := serve(t, mine.Over(answers))
	plain := serve(t, answers)
	stranger := serve(t, faulty.NewAuthority(t).Leaf(t).Over(answers))
	const (
		refused = "HTTP/1.1 %d No\r\nContent-Length: 0"
		open    = "HTTP/1.1 200 OK"
		behind  = "https://api.vendor.example"
		clear   = "http://api.vendor.example"
	)
	status := func(code int) func(net.Conn) { return faulty.Connects(fmt.Sprintf(refused, code), "") }
	overTLS := func(answer func(net.Conn)) func(net.Conn) { return mine.Over(answer) }
	fine := wanted{loginwatch.OK, "", advice.Nobody, ""}
	for name, tt := range map[string]struct {
		scheme string // of the proxy's URL
		base   string
		answer func(net.Conn)
		wanted
	}{
		"tunnel":          {"http", "https://" + vendor.Address(), faulty.Connects(open, vendor.Address()), fine},
		"tunnel, TLS":     {"https", "https://" + vendor.Address(), overTLS(faulty.Connects(open, vendor.Address())), fine},
		"SOCKS":           {"socks5", "http://" + plain.Address(), faulty.SOCKS(0, 0, plain.Address()), fine},
		"SOCKS and TLS":   {"socks5", "https://" + vendor.Address(), faulty.SOCKS(0, 0, vendor.Address()), fine},
		"forwards":        {"http", clear, answers, fine},
		"forwards at TLS": {"https", clear, overTLS(answers), fine},

		"CONNECT 204":      {"http", "https://" + vendor.Address(), faulty.Connects("HTTP/1.1 204 No Content", vendor.Address()), fine},
		"CONNECT 299, TLS": {"https", "https://" + vendor.Address(), overTLS(faulty.Connects("HTTP/1.1 299 Open", vendor.Address())), fine},
		"CONNECT 100": {"http", "https://" + vendor.Address(), faulty.Connects("HTTP/1.1 100 Continue\r\n\r\n"+open, vendor.Address()),
			proxyFails("our proxy PROXY sent an interim answer (100) before its answer to CONNECT, which loginwatch can't wait for: the request did not reach HOST")},
		"CONNECT 101": {"http", behind, status(101), proxyFails("our proxy PROXY opened no tunnel to HOST (101)")},

		"CONNECT 401": {"http", behind, status(401), proxyFails("our proxy PROXY wants a user name and password for itself (401), and loginwatch sends it none: the request did not reach HOST")},
		"CONNECT 407": {"http", behind, status(407), proxyFails("our proxy PROXY wants a user name and password for itself (407), and loginwatch sends it none: the request did not reach HOST")},
		"CONNECT 403": {"http", behind, status(403), proxyFails("our proxy PROXY does not allow connections to HOST (403)")},
		"CONNECT 429": {"http", behind, status(429), proxyFails("our proxy PROXY limits how often it is used (429): the request did not reach HOST")},
		"CONNECT 503": {"http", behind, status(503), proxyFails("our proxy PROXY opened no tunnel to HOST (503): it is overloaded, or does not get there; it looks the name up itself")},
		"CONNECT 500": {"http", behind, status(500), proxyFails("our proxy PROXY opened no tunnel to HOST (500)")},
		"CONNECT 302": {"http", behind, faulty.Connects("HTTP/1.1 302 S3CRET-text\r\nLocation: http://S3CRET", ""), proxyFails("our proxy PROXY opened no tunnel to HOST (302)")},
		"CONNECT 504": {"http", behind, status(504), wanted{unavailable, "connect", advice.VendorOrNetwork, "our proxy PROXY says that it does not reach HOST (504); it looks the name up itself"}},
		"Squid, no name": {"http", behind, faulty.Connects("HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0", ""),
			wanted{unavailable, "dns", advice.VendorOrNetwork, "our proxy PROXY, which looks the names up, found no address for HOST (503)"}},
		"Proxy-Status": {"http", behind, faulty.Connects("HTTP/1.1 503 Service Unavailable\r\nProxy-Status: p; error=connection_refused", ""),
			wanted{unavailable, "connect", advice.VendorOrNetwork, "our proxy PROXY says that it does not reach HOST (503); it looks the name up itself"}},
		"CONNECT, TLS, 407": {"https", behind, overTLS(status(407)), proxyFails("our proxy PROXY wants a user name and password for itself (407), and loginwatch sends it none: the request did not reach HOST")},

		"garbage":               {"http", behind, faulty.Says("220 mail.example ESMTP\r\n"), proxyFails("our proxy PROXY does not answer in HTTP: it is no HTTP proxy, or the port is wrong")},
		"garbage, forwarding":   {"http", clear, faulty.Says("220 mail.example ESMTP\r\n"), proxyFails("our proxy PROXY does not answer in HTTP: it is no HTTP proxy, or the port is wrong")},
		"broken HTTP":           {"http", behind, faulty.Says("HTTP/1.1 what\r\n\r\n"), proxyFails("our proxy PROXY answered CONNECT with something that is no HTTP/1.1: it is no HTTP proxy, or the port is wrong")},
		"a TLS port":            {"http", behind, faulty.Says("\x15\x03\x01\x00\x02\x02\x46"), proxyFails("our proxy PROXY speaks TLS there: its URL must begin with https, or the port is wrong")},
		"a TLS port, forwards":  {"http", clear, faulty.Says("\x15\x03\x01\x00\x02\x02\x46"), proxyFails("our proxy PROXY speaks TLS there: its URL must begin with https, or the port is wrong")},
		"a plain port":          {"https", behind, faulty.Says("HTTP/1.1 400 Bad Request\r\n\r\n"), proxyFails("our proxy PROXY speaks plain HTTP there, and its URL begins with https: the scheme or the port is wrong")},
		"closes":                {"http", behind, faulty.Says(""), proxyFails("our proxy PROXY closed the connection instead of opening a tunnel to HOST")},
		"closes at our hello":   {"https", behind, faulty.Says(""), proxyFails("the connection to our proxy PROXY was closed right after our TLS hello, without a word: by a server that does not accept it, or by what stands between")},
		"wants our certificate": {"https", behind, mine.Over(answers, func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }), proxyFails("our proxy PROXY demands a client certificate: none is configured (client_certificate)")},
		"untrusted itself": {"https", behind, faulty.NewAuthority(t).Leaf(t).Over(answers),
			proxyFails("no chain leads from the certificate of our proxy PROXY to an authority that is trusted here: the server did not send the certificate of its issuer; an intermediate certificate is missing, or that issuer is not trusted here")},

		"407 in the vendor's place": {"http", clear, faulty.Says("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
			proxyFails("our proxy PROXY wants a user name and password for itself (407), and loginwatch sends it none: the request did not reach HOST")},
		"401 of a proxy": {"http", clear, faulty.Says("HTTP/1.1 401 Unauthorized\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"),
			proxyFails("our proxy PROXY wants a user name and password for itself (401), and loginwatch sends it none: the request did not reach HOST")},
		"403, nobody knows whose": {"http", clear, faulty.Says("HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"),
			wanted{loginwatch.Drift, "http-status", advice.VendorOrUs, "the answer came through our proxy PROXY, which may have given it in the place of HOST"}},
		"JSON is the vendor's": {"http", clear, faulty.Says("HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: 2\r\n\r\n{}"),
			wanted{loginwatch.Drift, "http-status", advice.VendorOrUs, ""}},
		"cut while forwarding": {"http", clear, faulty.Says(""),
			wanted{unavailable, "reset", advice.VendorOrNetwork, "the connection to HOST (through our proxy PROXY) was cut while waiting for the answer, by the proxy or by what is behind it"}},

		"cuts the tunnel": {"http", behind, func(c net.Conn) { faulty.Says(open + "\r\n\r\n")(c); faulty.Says("")(c) }, wanted{unavailable, "tls", advice.VendorOrUs,
			"the connection to HOST (through our proxy PROXY) was closed right after our TLS hello, without a word: by a server that does not accept it, or by what stands between"}},
		"speaks first in the tunnel": {"http", behind, func(c net.Conn) { faulty.Says(open + "\r\n\r\n<html>S3CRET</html>")(c); faulty.Says("")(c) }, wanted{unavailable, "tls", advice.VendorOrUs,
			"what came through the tunnel to HOST (through our proxy PROXY) is no TLS, and came before our hello: the port is wrong, or something stands between, such as the proxy"}},
		"cut beyond, later": {"http", "https://" + vendor.Address(), faulty.Connects(open, serve(t, mine.Over(func(net.Conn) {})).Address()), wanted{unavailable, "reset", advice.VendorOrNetwork,
			"the connection to HOST (through our proxy PROXY) was cut while waiting for the answer, by the proxy or by what is behind it"}},
		"reads along": {"http", "https://" + vendor.Address(), faulty.Connects(open, stranger.Address()), wanted{unavailable, "tls", advice.VendorOrUs,
			"no chain leads from the certificate of HOST (through our proxy PROXY) to an authority that is trusted here: the server did not send the certificate of its issuer; an intermediate certificate is missing, or that issuer is not trusted here; or our proxy reads along and has put a certificate of its own in place of it"}},

		"SOCKS, not allowed":   {"socks5", behind, faulty.SOCKS(0, 2, ""), proxyFails("our proxy PROXY does not allow connections to HOST")},
		"SOCKS, failure":       {"socks5", behind, faulty.SOCKS(0, 1, ""), proxyFails("our proxy PROXY did not open the way to HOST: it has a fault, or does not get there")},
		"SOCKS, wants a name":  {"socks5", behind, faulty.SOCKS(0xff, 0, ""), proxyFails("our proxy PROXY wants a user name and password for itself, and loginwatch sends it none")},
		"SOCKS, closes":        {"socks5", behind, faulty.Says(""), proxyFails("our proxy PROXY closed the connection instead of opening the way to HOST")},
		"SOCKS, other":         {"socks5", clear, faulty.Says("HTTP/1.1 400 Bad Request\r\n\r\n"), proxyFails("our proxy PROXY does not speak SOCKS5: the scheme or the port of its URL is wrong")},
		"SOCKS, refused there": {"socks5", clear, faulty.SOCKS(0, 5, ""), wanted{unavailable, "connect", advice.VendorOrNetwork, "our proxy PROXY says that it does not reach HOST; it looks the name up itself"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, tt.answer)
			via, _ := url.Parse(tt.scheme + "://user:S3CRET@" + p.Address())
			before := vendor.Logins() + plain.Logins()
			run := login(t, tt.base, loginwatch.TransportOptions{Proxy: via, CAFile: root.CAFile})
			host, _ := url.Parse(tt.base)
			tt.hold(t, run, host.Hostname(), p.Address())
			if run.Refusal() != loginwatch.RefusalNone && tt.reason == loginwatch.ReasonProxy {
				t.Error("a proxy's refusal counts against the credential")
			}
			if n := vendor.Logins() + plain.Logins() - before; n > 1 || p.Logins() > 1 || p.Connections() != 1 {
				t.Errorf("%d logins, %d seen by the proxy, %d connections", n, p.Logins(), p.Connections())
			}
		})
	}
}

func TestProxyOutOfReach(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, scheme := range []string{"http", "https", "socks5"} {
		for _, base := range []string{"http://api.vendor.example", "https://api.vendor.example"} {
			via, _ := url.Parse(scheme + "://" + gone.Listener.Addr().String())
			run := login(t, base, loginwatch.TransportOptions{Proxy: via})
			proxyFails("our proxy PROXY can't be reached: no connection to 127.0.0.1: refused").hold(t, run, "", via.Host)
			run = login(t, base, loginwatch.TransportOptions{Proxy: via, IPVersion: 6})
			proxyFails("our proxy PROXY can't be reached: 127.0.0.1 is no IPv6 address, and ip_version: 6 allows no other: the request was not sent").hold(t, run, "", via.Host)
		}
	}
}

func TestProxyTimesOut(t *testing.T) {
	for name, tt := range map[string]struct {
		scheme, base string
		answer       func(net.Conn)
		wanted
	}{
		"CONNECT":       {"http", "https://api.vendor.example", faulty.Drain, wanted{unavailable, "timeout", advice.VendorOrNetwork, "HOST (through our proxy PROXY): timed out while opening the way: the proxy, or what is behind it, does not answer"}},
		"SOCKS":         {"socks5", "http://api.vendor.example", faulty.Drain, wanted{unavailable, "timeout", advice.VendorOrNetwork, "HOST (through our proxy PROXY): timed out while opening the way: the proxy, or what is behind it, does not answer"}},
		"forwarding":    {"http", "http://api.vendor.example", faulty.Drain, wanted{unavailable, "timeout", advice.VendorOrNetwork, "HOST (through our proxy PROXY): timed out while waiting for the answer: the proxy, or what is behind it, does not answer"}},
		"its handshake": {"https", "https://api.vendor.example", faulty.Drain, proxyFails("our proxy PROXY: timed out during the TLS handshake")},
		"in the tunnel": {"http", "https://api.vendor.example", faulty.Connects("HTTP/1.1 200 OK", ""), wanted{unavailable, "timeout", advice.VendorOrNetwork, "HOST (through our proxy PROXY): timed out during the TLS handshake"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, tt.answer)
			via, _ := url.Parse(tt.scheme + "://" + p.Address())
			run := loginIn(t.Context(), t, 100*time.Millisecond, password, tt.base, loginwatch.TransportOptions{Proxy: via})
			tt.hold(t, run, "api.vendor.example", p.Address())
		})
	}
}

// The certificate that a metric watches is the vendor's, never our proxy's.
func TestCertificateOfAProxyIsNotTheVendors(t *testing.T) {
	root := faulty.NewAuthority(t)
	p := serve(t, root.Leaf(t).Over(answers))
	via, _ := url.Parse("https://" + p.Address())
	run := login(t, "http://api.vendor.example", loginwatch.TransportOptions{Proxy: via, CAFile: root.CAFile})
	if run.Verdict != loginwatch.OK || !run.CertificateEnds.IsZero() {
		t.Errorf("%s %s, a certificate that ends %s", run.Verdict, run.Detail, run.CertificateEnds)
	}
}
