package probe_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/faulty"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// tlsFails is what most rows want; the sentence alone differs.
func tlsFails(says string) wanted {
	return wanted{unavailable, "tls", advice.VendorOrUs, says}
}

// answers is a server that would log us in.
var answers = faulty.Says(accepted)

func version(v uint16) func(*tls.Config) {
	return func(c *tls.Config) { c.MinVersion, c.MaxVersion = v, v }
}

func TestCertificates(t *testing.T) {
	root := faulty.NewAuthority(t)
	mid := root.Intermediate(t)
	stranger := faulty.NewAuthority(t)
	lapsed := root.Intermediate(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-48 * time.Hour) })
	until := func(d time.Duration) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.NotAfter = time.Now().Add(d) }
	}
	day := func(d time.Duration) string { return time.Now().Add(d).UTC().Format("2006-01-02 15:04 UTC") }
	const untrusted = "no chain leads from the certificate of HOST to an authority that is trusted here: "
	for name, tt := range map[string]struct {
		cert *faulty.Certificate
		says string // "" for none: it is trusted
	}{
		"trusted":                {root.Leaf(t), ""},
		"trusted, by a chain":    {mid.Leaf(t).Chain(mid), ""},
		"self-signed":            {faulty.SelfSigned(t), untrusted + "it is self-signed"},
		"an unknown root, sent":  {stranger.Leaf(t).Chain(stranger), untrusted + "the authority at its end is not trusted here"},
		"an unknown root":        {stranger.Leaf(t), untrusted + "the server did not send the certificate of its issuer; an intermediate certificate is missing, or that issuer is not trusted here"},
		"no intermediate":        {mid.Leaf(t), untrusted + "the server did not send the certificate of its issuer; an intermediate certificate is missing, or that issuer is not trusted here"},
		"the wrong intermediate": {mid.Leaf(t).Chain(stranger), untrusted + "the server did not send the certificate of its issuer; an intermediate certificate is missing, or that issuer is not trusted here"},
		"no intermediate, AIA": {mid.Leaf(t, func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"http://ca.example/mid.crt"} }),
			untrusted + "the server did not send the certificate of its issuer; most likely an intermediate certificate is missing from its chain"},
		"half a chain":            {mid.Intermediate(t).Leaf(t).Chain(mid), untrusted + "the server did not send the certificate of its issuer; an intermediate certificate is missing, or that issuer is not trusted here"},
		"expired long ago":        {root.Leaf(t, until(-48*time.Hour)), "the certificate of HOST expired on " + day(-48*time.Hour)},
		"expired just now":        {root.Leaf(t, until(-time.Hour)), "the certificate of HOST expired on " + day(-time.Hour) + ", by our clock, which may be fast"},
		"an expired intermediate": {lapsed.Leaf(t).Chain(lapsed), "an authority's certificate in the chain of HOST expired on " + day(-48*time.Hour)},
		"not yet valid": {root.Leaf(t, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }),
			"the certificate of HOST is valid only from " + day(time.Hour) + " on, by our clock: it was installed too early, or our clock is slow"},
		"another address": {root.Leaf(t, func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 2)} }), "the certificate of HOST is not valid for that address"},
		"no name":         {root.Leaf(t, func(c *x509.Certificate) { c.IPAddresses = nil }), "the certificate of HOST names no host (subjectAltName), so it is valid for none"},
		"for clients": {root.Leaf(t, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }),
			"the certificate of HOST is not made for servers (extended key usage)"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, tt.cert.Over(answers))
			run := login(t, "https://"+s.Address(), loginwatch.TransportOptions{CAFile: root.CAFile})
			if tt.says == "" {
				wanted{loginwatch.OK, "", advice.Nobody, ""}.hold(t, run, "", "")
				return
			}
			tlsFails(tt.says).hold(t, run, "127.0.0.1", "")
			if s.Connections() != 1 || s.Logins() != 0 {
				t.Errorf("%d connections, %d logins", s.Connections(), s.Logins())
			}
		})
	}
}

func TestCertificateForAnotherName(t *testing.T) {
	root := faulty.NewAuthority(t)
	s := serve(t, root.Leaf(t, func(c *x509.Certificate) { c.DNSNames = []string{"other.example"} }).Over(answers))
	_, port, _ := net.SplitHostPort(s.Address())
	run := login(t, "https://localhost:"+port, loginwatch.TransportOptions{CAFile: root.CAFile, IPVersion: 4})
	tlsFails("the certificate of HOST is for another name, not for HOST").hold(t, run, "localhost", "")
}

func TestHandshakes(t *testing.T) {
	root, theirs := faulty.NewAuthority(t), faulty.NewAuthority(t)
	cert := root.Leaf(t)
	demand := func(c *tls.Config) {
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		c.ClientCAs.AddCert(theirs.Cert)
	}
	demandAny := func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }
	want := func(c *tls.Config) { c.ClientAuth = tls.RequestClientCert }
	lapsed := theirs.Leaf(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) })
	ours := root.Leaf(t)
	for name, tt := range map[string]struct {
		answer func(net.Conn)
		client *faulty.Certificate
		wanted
	}{
		"TLS 1.1":          {cert.Over(answers, version(tls.VersionTLS11)), nil, tlsFails("HOST refused our versions of TLS; we speak 1.2 and 1.3")},
		"TLS 1.0 all over": {faulty.Says("\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01" + strings.Repeat("r", 32) + "\x00\xc0\x13\x00"), nil, tlsFails("HOST chose a version of TLS that we do not speak; we speak 1.2 and 1.3")},
		"no common cipher": {cert.Over(answers, version(tls.VersionTLS12), func(c *tls.Config) { c.CipherSuites = []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA} }), nil,
			tlsFails("HOST refused the TLS handshake: as a rule it has no cipher in common with us, or it does not know the name")},
		"plain HTTP":           {faulty.Says("HTTP/1.1 400 Bad Request\r\n\r\n"), nil, tlsFails("HOST speaks plain HTTP there, and the base URL begins with https: the scheme or the port is wrong")},
		"another protocol":     {faulty.Says("220 mail.example ESMTP\r\n"), nil, tlsFails("HOST does not speak TLS there: the port is wrong, or something stands between")},
		"closed after hello":   {faulty.Says(""), nil, tlsFails("the connection to HOST was closed right after our TLS hello, without a word: by a server that does not accept it, or by what stands between")},
		"closed before hello":  {func(net.Conn) {}, nil, tlsFails("the connection to HOST was closed right after our TLS hello, without a word: by a server that does not accept it, or by what stands between")},
		"cut in the handshake": {faulty.Says("\x16\x03\x03\x00\x2a\x02"), nil, tlsFails("the connection to HOST was cut during the TLS handshake")},
		"name alert":           {faulty.Says("\x15\x03\x03\x00\x02\x02\x70"), nil, tlsFails("HOST does not know the name HOST (TLS alert)")},
		"internal error":       {faulty.Says("\x15\x03\x03\x00\x02\x02\x50"), nil, tlsFails("HOST broke off TLS and reports an internal error of its own")},
		"ALPN":                 {faulty.Says("\x15\x03\x03\x00\x02\x02\x78"), nil, tlsFails("HOST broke off TLS: it does not accept HTTP/1.1 there")},
		"another alert":        {faulty.Says("\x15\x03\x03\x00\x02\x02\x2f"), nil, tlsFails("HOST broke off TLS (alert: illegal parameter)")},
		"an alert of tomorrow": {faulty.Says("\x15\x03\x03\x00\x02\x02\xf0"), nil, tlsFails("HOST broke off TLS (alert: alert(240))")},
		"garbage as hello":     {faulty.Says("\x16\x03\x03\x00\x04\x02\x00\x00\x00"), nil, tlsFails("what HOST sent in the TLS handshake can't be accepted")},

		"certificate demanded, 1.2": {cert.Over(answers, demand, version(tls.VersionTLS12)), nil, tlsFails("HOST demands a client certificate: none is configured (client_certificate)")},
		"certificate demanded, 1.3": {cert.Over(answers, demand, version(tls.VersionTLS13)), nil, tlsFails("HOST demands a client certificate: none is configured (client_certificate)")},
		"ours is of another authority, 1.2": {cert.Over(answers, demand, version(tls.VersionTLS12)), ours,
			tlsFails("HOST demands a client certificate: ours (client_certificate) is from none of the authorities that it accepts, so it was not sent")},
		"ours is of another authority, 1.3": {cert.Over(answers, demand, version(tls.VersionTLS13)), ours,
			tlsFails("HOST demands a client certificate: ours (client_certificate) is from none of the authorities that it accepts, so it was not sent")},
		"ours has expired, 1.2": {cert.Over(answers, demand, version(tls.VersionTLS12)), lapsed, tlsFails("HOST refused our client certificate (client_certificate): it has expired")},
		"ours has expired, 1.3": {cert.Over(answers, demand, version(tls.VersionTLS13)), lapsed, tlsFails("HOST refused our client certificate (client_certificate): it has expired")},
		"ours is not known, 1.2": {cert.Over(answers, demandAny, onlyBy(theirs), version(tls.VersionTLS12)), ours,
			tlsFails("HOST refused our client certificate (client_certificate): it is damaged or not of the kind that is wanted")},
		"ours is not known, 1.3": {cert.Over(answers, demandAny, onlyBy(theirs), version(tls.VersionTLS13)), ours,
			tlsFails("HOST refused our client certificate (client_certificate): it is damaged or not of the kind that is wanted")},
		"wanted, and closed without one": {cert.Over(func(net.Conn) {}, want), nil, tlsFails("HOST asked for a client certificate, got none and closed the connection: none is configured (client_certificate)")},
		"wanted, and fine without one":   {cert.Over(answers, want), nil, wanted{loginwatch.OK, "", advice.Nobody, ""}},
		"demanded and given":             {cert.Over(answers, demand), theirs.Leaf(t), wanted{loginwatch.OK, "", advice.Nobody, ""}},

		"cut after the handshake": {cert.Over(func(net.Conn) {}), nil, wanted{unavailable, "reset", advice.VendorOrNetwork, "the connection to HOST was cut while waiting for the answer"}},
		"no HTTP within":          {cert.Over(faulty.Says("tls: server selected unsupported protocol version\r\n")), nil, wanted{unavailable, "protocol", advice.VendorOrUs, "what came from HOST is no answer in HTTP/1.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, tt.answer)
			o := loginwatch.TransportOptions{CAFile: root.CAFile}
			if tt.client != nil {
				o.ClientCertFile, o.ClientKeyFile = tt.client.File, tt.client.KeyFile
			}
			tt.hold(t, login(t, "https://"+s.Address(), o), "127.0.0.1", "")
			if s.Connections() != 1 || s.Logins() > 1 {
				t.Errorf("%d connections, %d logins", s.Connections(), s.Logins())
			}
		})
	}
}

// onlyBy refuses the certificates of others only after it asked for any.
func onlyBy(a *faulty.Authority) func(*tls.Config) {
	return func(c *tls.Config) {
		c.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
			cert, err := x509.ParseCertificate(raw[0])
			if err != nil {
				return err
			}
			return cert.CheckSignatureFrom(a.Cert)
		}
	}
}

// A machine without a CA bundle can't check anybody: that is ours. Go reads the
// bundle once per process, so another process looks.
func TestNoAuthorities(t *testing.T) {
	if os.Getenv("NO_AUTHORITIES") != "" {
		root := faulty.NewAuthority(t)
		for base, o := range map[string]loginwatch.TransportOptions{
			"https://a.example": {}, "http://a.example": {Proxy: &url.URL{Scheme: "https", Host: "p.example"}},
		} {
			tg := target(t, base, nil)
			tg.Transport = o
			if probe.TrustWarning(tg) == "" {
				t.Errorf("%s: no warning", base)
			}
			tg.Transport.CAFile = root.CAFile
			if w := probe.TrustWarning(tg); w != "" {
				t.Errorf("%s with a ca_file: %s", base, w)
			}
		}
		if w := probe.TrustWarning(target(t, "http://a.example", nil)); w != "" {
			t.Errorf("plain http: %s", w)
		}
		s := serve(t, root.Leaf(t).Over(answers))
		wanted{broken, "internal", advice.Us, "this machine has no certificate authorities (a CA bundle, such as the package ca-certificates), so no certificate can be checked"}.
			hold(t, login(t, "https://"+s.Address(), loginwatch.TransportOptions{}), "", "")
		wanted{loginwatch.OK, "", advice.Nobody, ""}.hold(t, login(t, "https://"+s.Address(), loginwatch.TransportOptions{CAFile: root.CAFile}), "", "")
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestNoAuthorities$")
	empty := t.TempDir()
	child.Env = append(os.Environ(), "NO_AUTHORITIES=1", "SSL_CERT_FILE="+empty+"/none", "SSL_CERT_DIR="+empty)
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	bundle := faulty.NewAuthority(t).CAFile
	child = exec.Command(os.Args[0], "-test.run=^TestSomeAuthorities$")
	child.Env = append(os.Environ(), "SOME_AUTHORITIES=1", "SSL_CERT_FILE="+bundle, "SSL_CERT_DIR="+empty)
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestSomeAuthorities(t *testing.T) {
	if os.Getenv("SOME_AUTHORITIES") == "" {
		return // its other half is TestNoAuthorities
	}
	if w := probe.TrustWarning(target(t, "https://a.example", nil)); w != "" {
		t.Errorf("a bundle is not seen: %s", w)
	}
}
