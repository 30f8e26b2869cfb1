package faulty

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority signs certificates of tests.
type Authority struct {
	Cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	CAFile string // PEM, for ca_file
}

// Certificate is one that an authority signed, with files for client_certificate.
type Certificate struct {
	tls.Certificate
	File, KeyFile string
	CAFile        string // of the root, for ca_file
}

// NewAuthority makes one that nobody trusts who has not its file.
func NewAuthority(tb testing.TB) *Authority {
	tb.Helper()
	a := &Authority{key: newKey(tb)}
	a.Cert = sign(tb, template("root "+rand.Text(), func(c *x509.Certificate) { c.IsCA = true }), nil, &a.key.PublicKey, a.key)
	a.CAFile = writePEM(tb, "CERTIFICATE", a.Cert.Raw)
	return a
}

// Intermediate makes another authority below it.
func (a *Authority) Intermediate(tb testing.TB, with ...func(*x509.Certificate)) *Authority {
	tb.Helper()
	b := &Authority{key: newKey(tb), CAFile: a.CAFile}
	b.Cert = sign(tb, template("intermediate", append(with, func(c *x509.Certificate) { c.IsCA = true })...), a.Cert, &b.key.PublicKey, a.key)
	return b
}

// Leaf makes a certificate for 127.0.0.1.
func (a *Authority) Leaf(tb testing.TB, with ...func(*x509.Certificate)) *Certificate {
	tb.Helper()
	key := newKey(tb)
	cert := sign(tb, template("leaf", with...), a.Cert, &key.PublicKey, a.key)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return &Certificate{
		tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key},
		writePEM(tb, "CERTIFICATE", cert.Raw), writePEM(tb, "PRIVATE KEY", der), a.CAFile,
	}
}

// Chain adds certificates to what a server sends.
func (c *Certificate) Chain(more ...*Authority) *Certificate {
	for _, a := range more {
		c.Certificate.Certificate = append(c.Certificate.Certificate, a.Cert.Raw)
	}
	return c
}

// Over answers within TLS.
func (c *Certificate) Over(answer func(net.Conn), with ...func(*tls.Config)) func(net.Conn) {
	conf := &tls.Config{Certificates: []tls.Certificate{c.Certificate}}
	for _, change := range with {
		change(conf)
	}
	return func(conn net.Conn) {
		inner := tls.Server(conn, conf)
		if err := inner.HandshakeContext(context.Background()); err != nil {
			Drain(conn) // a reset must not overtake the alert
			return
		}
		if c, ok := conn.(*counting); ok {
			answer(&counting{Conn: inner, of: c.of})
		} else {
			answer(inner)
		}
		_ = inner.CloseWrite()
	}
}

// SelfSigned is a certificate for 127.0.0.1 that names itself as its issuer.
func SelfSigned(tb testing.TB) *Certificate {
	tb.Helper()
	a := &Authority{key: newKey(tb)}
	a.Cert = template("leaf")
	return a.Leaf(tb)
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func template(name string, with ...func(*x509.Certificate)) *x509.Certificate {
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-72 * time.Hour), NotAfter: time.Now().Add(72 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if name == "leaf" {
		c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	}
	for _, change := range with {
		change(c)
	}
	return c
}

// sign makes a certificate; without a parent it signs itself.
func sign(tb testing.TB, c, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) *x509.Certificate {
	tb.Helper()
	if parent == nil {
		parent = c
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, public, key)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return cert
}

func writePEM(tb testing.TB, kind string, der []byte) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "file.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}
