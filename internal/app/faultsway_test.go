package app_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/faulty"
)

// welcome is the documented answer to the login.
var welcome = faulty.JSON("200 OK", success)

// pki has a certificate for each thing that can be wrong with one.
type pki struct {
	root                                            *faulty.Authority
	good, expired, early, otherName, stranger, self *faulty.Certificate
	lacking                                         *faulty.Certificate // its chain is cut
}

func newPKI(t *testing.T) *pki {
	root := faulty.NewAuthority(t)
	return &pki{
		root: root, good: root.Leaf(t), self: faulty.SelfSigned(t), stranger: faulty.NewAuthority(t).Leaf(t), lacking: root.Intermediate(t).Leaf(t),
		expired:   root.Leaf(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-48 * time.Hour) }),
		early:     root.Leaf(t, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(48 * time.Hour) }),
		otherName: root.Leaf(t, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.example"} }),
	}
}

// secure has the base URL begin with https, and trusts the authority.
func (p *pki) secure(t *testing.T, _ *vendor, j *loginwatch.Job) context.Context {
	j.Target.BaseURL.Scheme, j.Target.Transport.CAFile = "https", p.root.CAFile
	return t.Context()
}

func ipVersion(n int) arrangement {
	return func(t *testing.T, _ *vendor, j *loginwatch.Job) context.Context {
		j.Target.Transport.IPVersion = n
		return t.Context()
	}
}

// nowhere has the server's port be one that takes no connection and refuses none.
func nowhere(t *testing.T, _ *vendor, j *loginwatch.Job) context.Context {
	j.Target.BaseURL.Host = faulty.BlackHole(t)
	return t.Context()
}

func namesAndConnections() []fault {
	dns := unsentIs(unavailable, loginwatch.ReasonDNS, advice.VendorOrNetwork)
	connect := unsentIs(unavailable, loginwatch.ReasonConnect, advice.VendorOrNetwork)
	timeout := unsentIs(unavailable, loginwatch.ReasonTimeout, advice.VendorOrNetwork)
	return []fault{
		wrong("name/nxdomain", welcome, resolvedBy(faulty.NXDomain), dns, "no address found for login.example."),
		wrong("name/no-address", welcome, resolvedBy(faulty.NoError), dns, "no address found for login.example."),
		wrong("name/servfail", welcome, resolvedBy(faulty.ServFail), dns, "our resolver failed to look up login.example.: it has a fault, or the name servers of login.example. have one"),
		wrong("name/silent", welcome, both(resolvedBy(faulty.Silence), hurried), timeout, "timed out during the name lookup: our resolver gave no answer"),
		wrong("name/only-ipv6", welcome, both(resolvedBy(faulty.NoError, "::1"), ipVersion(4)), dns, "no IPv4 address found for login.example., and ip_version: 4 allows no other"),
		wrong("name/only-ipv4", welcome, both(resolvedBy(faulty.NoError, "127.0.0.1"), ipVersion(6)), dns, "no IPv6 address found for login.example., and ip_version: 6 allows no other"),
		wrong("connect/refused", welcome, goneAway, connect, "no connection to 127.0.0.1: refused"),
		wrong("connect/black-hole", welcome, both(nowhere, hurried), timeout, "127.0.0.1: timed out while connecting"),
		wrong("connect/first-address-fails", welcome, resolvedBy(faulty.NoError, "127.0.0.2", "127.0.0.1"), fine),
		wrong("connect/first-family-fails", welcome, resolvedBy(faulty.NoError, "::1", "127.0.0.1"), fine),
		wrong("connect/all-addresses-fail", welcome, resolvedBy(faulty.NoError, "127.0.0.2", "127.0.0.3"), connect, "no connection to login.example.: refused"),
		wrong("connect/reset", faulty.Resets(""), nil, is(unavailable, loginwatch.ReasonReset, advice.VendorOrNetwork), "the connection to 127.0.0.1 was cut while waiting for the answer"),
		wrong("connect/closed", func(net.Conn) {}, nil, unsentIs(unavailable, loginwatch.ReasonReset, advice.VendorOrNetwork), "the connection to 127.0.0.1 was cut while waiting for the answer"),
	}
}

func handshakes(p *pki) []fault {
	failed := unsentIs(unavailable, loginwatch.ReasonTLS, advice.VendorOrUs)
	only := func(version uint16) func(*tls.Config) {
		return func(c *tls.Config) { c.MinVersion, c.MaxVersion = version, version }
	}
	old := func(c *tls.Config) {
		only(tls.VersionTLS12)(c)
		c.CipherSuites = []uint16{tls.TLS_RSA_WITH_RC4_128_SHA}
	}
	wants := func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }
	const untrusted = "no chain leads from the certificate of 127.0.0.1 to an authority that is trusted here: "
	return []fault{
		wrong("tls/certificate-expired", p.expired.Over(welcome), p.secure, failed, "the certificate of 127.0.0.1 expired on "),
		wrong("tls/certificate-not-yet-valid", p.early.Over(welcome), p.secure, failed, "the certificate of 127.0.0.1 is valid only from "),
		wrong("tls/certificate-of-another-name", p.otherName.Over(welcome), p.secure, failed, "the certificate of 127.0.0.1 is not valid for that address"),
		wrong("tls/unknown-authority", p.stranger.Over(welcome), p.secure, failed, untrusted+"the server did not send the certificate of its issuer"),
		wrong("tls/no-intermediate", p.lacking.Over(welcome), p.secure, failed, untrusted+"the server did not send the certificate of its issuer; an intermediate certificate is missing"),
		wrong("tls/self-signed", p.self.Over(welcome), p.secure, failed, untrusted+"it is self-signed"),
		wrong("tls/old-version", p.good.Over(welcome, only(tls.VersionTLS11)), p.secure, failed, "127.0.0.1 refused our versions of TLS; we speak 1.2 and 1.3"),
		wrong("tls/no-common-cipher", p.good.Over(welcome, old), p.secure, failed, "127.0.0.1 refused the TLS handshake: as a rule it has no cipher in common with us"),
		wrong("tls/client-certificate-wanted", p.good.Over(welcome, wants), p.secure, failed, "127.0.0.1 demands a client certificate: none is configured (client_certificate)"),
		wrong("tls/client-certificate-wanted-1.2", p.good.Over(welcome, wants, only(tls.VersionTLS12)), p.secure, failed, "127.0.0.1 demands a client certificate: none is configured (client_certificate)"),
		wrong("tls/closed", faulty.Says(""), p.secure, failed, "the connection to 127.0.0.1 was closed right after our TLS hello, without a word"),
		wrong("tls/truncated", faulty.Says("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"), p.secure, failed, "the connection to 127.0.0.1 was cut during the TLS handshake"),
		wrong("tls/silent", faulty.Drain, both(p.secure, hurried), unsentIs(unavailable, loginwatch.ReasonTimeout, advice.VendorOrNetwork), "127.0.0.1: timed out during the TLS handshake"),
		wrong("tls/plain-http-there", faulty.HTTP("400 Bad Request", "text/plain", "what?", ""), p.secure, failed, "127.0.0.1 speaks plain HTTP there, and the base URL begins with https: the scheme or the port is wrong"),
		wrong("tls/no-tls-there", faulty.Says("220 mail.example ESMTP\r\n"), p.secure, failed, "127.0.0.1 does not speak TLS there: the port is wrong, or something stands between"),
		wrong("tls/tls-there-says-so", faulty.HTML("400 Bad Request", "<h1>The plain HTTP request was sent to HTTPS port</h1>", ""), nil, is(unavailable, loginwatch.ReasonProtocol, advice.VendorOrUs),
			"127.0.0.1 says that it speaks TLS there, and the base URL begins with http: the scheme or the port is wrong"),
		wrong("tls/tls-there", faulty.Says("\x15\x03\x01\x00\x02\x02\x46"), nil, is(unavailable, loginwatch.ReasonProtocol, advice.VendorOrUs), "127.0.0.1 speaks TLS there, and the base URL begins with http: the scheme or the port is wrong"),
		wrong("tls/cut-in-the-answer", p.good.Over(faulty.Says("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")), p.secure,
			is(unavailable, loginwatch.ReasonReset, advice.VendorOrNetwork, loginwatch.SignMaybeRefused), "the connection to 127.0.0.1 was cut while receiving the answer"),
		wrong("tls/reset", p.good.Over(faulty.Resets("")), p.secure, is(unavailable, loginwatch.ReasonReset, advice.VendorOrNetwork), "the connection to 127.0.0.1 was cut while waiting for the answer"),
		wrong("tls/truncated-answer", p.good.Over(faulty.Cuts("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"+success[:20])), p.secure, notJSON, "JSON that ends unfinished after 20 bytes"),
		wrong("tls/no-close-notify", p.good.Over(faulty.Cuts("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"+success)), p.secure, fine),
	}
}

// by makes the server our proxy, by that scheme, on the way to another address.
func by(scheme, base string, p *pki) arrangement {
	return func(t *testing.T, v *vendor, j *loginwatch.Job) context.Context {
		j.Target.BaseURL, _ = url.Parse(base)
		j.Target.Transport = loginwatch.TransportOptions{Proxy: &url.URL{Scheme: scheme, Host: v.Address()}, CAFile: p.root.CAFile}
		return t.Context()
	}
}

func proxies(p *pki) []fault {
	const plain, secure = "http://api.vendor.example", "https://api.vendor.example"
	ours := unsentIs(broken, loginwatch.ReasonProxy, advice.Us)
	read := is(broken, loginwatch.ReasonProxy, advice.Us) // it was sent to the proxy, in plain text
	theirs := unsentIs(unavailable, loginwatch.ReasonConnect, advice.VendorOrNetwork)
	return []fault{
		wrong("proxy/407", faulty.HTTP("407 Proxy Authentication Required", "text/html", "", ""), by("http", plain, p), read, "wants a user name and password for itself (407)"),
		wrong("proxy/connect-407", refusesTunnels("407 Proxy Authentication Required"), by("http", secure, p), ours, "wants a user name and password for itself (407)"),
		wrong("proxy/connect-403", refusesTunnels("403 Forbidden"), by("http", secure, p), ours, "does not allow connections to api.vendor.example (403)"),
		wrong("proxy/connect-502", refusesTunnels("502 Bad Gateway"), by("http", secure, p), theirs, "says that it does not reach api.vendor.example (502)"),
		wrong("proxy/connect-200-without-tls", faulty.Connects("HTTP/1.1 200 OK", ""), both(by("http", secure, p), hurried),
			unsentIs(unavailable, loginwatch.ReasonTimeout, advice.VendorOrNetwork), "timed out during the TLS handshake"),
		wrong("proxy/502", faulty.HTML("502 Bad Gateway", "<h1>502 Bad Gateway</h1>", ""), by("http", plain, p),
			is(unavailable, loginwatch.ReasonGateway, advice.VendorOrUs, loginwatch.SignForwarded), "which may have given it in the place of api.vendor.example"),
		wrong("proxy/403", faulty.HTML("403 Forbidden", "no", ""), by("http", plain, p),
			is(drift, loginwatch.ReasonHTTPStatus, advice.VendorOrUs, loginwatch.SignForwarded, loginwatch.SignMaybeRefused), "which may have given it in the place of api.vendor.example"),
		wrong("proxy/answers-itself", faulty.HTML("200 OK", "Sign in to the proxy", ""), by("http", plain, p),
			is(drift, loginwatch.ReasonNotJSON, advice.VendorOrUs, loginwatch.SignForwarded, loginwatch.SignMaybeRefused), "which may have given it in the place of api.vendor.example"),
		wrong("proxy/closes", faulty.Says(""), by("http", secure, p), ours, "closed the connection instead of opening a tunnel to api.vendor.example"),
		wrong("proxy/closes-forwarding", faulty.Says(""), by("http", plain, p), is(unavailable, loginwatch.ReasonReset, advice.VendorOrNetwork), "by the proxy or by what is behind it"),
		wrong("proxy/no-proxy", faulty.Says("220 mail.example ESMTP\r\n"), by("http", secure, p), ours, "does not answer in HTTP: it is no HTTP proxy, or the port is wrong"),
		wrong("proxy/gone", welcome, both(by("http", secure, p), goneAway), ours, "can't be reached: no connection to 127.0.0.1: refused"),
		wrong("proxy/silent", faulty.Drain, both(by("http", secure, p), hurried), unsentIs(unavailable, loginwatch.ReasonTimeout, advice.VendorOrNetwork), "timed out while opening the way: the proxy, or what is behind it, does not answer"),
		wrong("proxy/tls-untrusted", p.stranger.Over(welcome), by("https", secure, p), ours, "no chain leads from the certificate of our proxy"),
		wrong("proxy/socks-refused", faulty.SOCKS(0, 5, ""), by("socks5", plain, p), theirs, "says that it does not reach api.vendor.example"),
		wrong("proxy/socks-not-allowed", faulty.SOCKS(0, 2, ""), by("socks5", secure, p), ours, "does not allow connections to api.vendor.example"),
		wrong("proxy/socks-wants-a-name", faulty.SOCKS(0xff, 0, ""), by("socks5", plain, p), ours, "wants a user name and password for itself"),
		wrong("proxy/socks-no-socks", faulty.HTTP("400 Bad Request", "text/html", "", ""), by("socks5", plain, p), ours, "does not speak SOCKS5"),
		wrong("proxy/socks-closes", func(c net.Conn) { _, _ = c.Read(make([]byte, 3)); _, _ = io.WriteString(c, "\x05\x00") }, by("socks5", plain, p), ours, "closed the connection instead of opening the way"),
	}
}
