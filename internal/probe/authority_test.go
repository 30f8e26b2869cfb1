package probe_test

import (
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

// authority signs certificates of tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // PEM, for ca_file
}

// certificate is one that an authority signed, with files for client_certificate.
type certificate struct {
	tls.Certificate
	certFile, keyFile string
	file              string // of the root, for ca_file
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{key: newKey(t)}
	a.cert = sign(t, template("root "+rand.Text(), func(c *x509.Certificate) { c.IsCA = true }), nil, &a.key.PublicKey, a.key)
	a.file = writePEM(t, "CERTIFICATE", a.cert.Raw)
	return a
}

// intermediate makes another authority below it.
func (a *authority) intermediate(t *testing.T, with ...func(*x509.Certificate)) *authority {
	t.Helper()
	b := &authority{key: newKey(t), file: a.file}
	b.cert = sign(t, template("intermediate", append(with, func(c *x509.Certificate) { c.IsCA = true })...), a.cert, &b.key.PublicKey, a.key)
	return b
}

// leaf makes a certificate for 127.0.0.1.
func (a *authority) leaf(t *testing.T, with ...func(*x509.Certificate)) *certificate {
	t.Helper()
	key := newKey(t)
	cert := sign(t, template("leaf", with...), a.cert, &key.PublicKey, a.key)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &certificate{
		tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key},
		writePEM(t, "CERTIFICATE", cert.Raw), writePEM(t, "PRIVATE KEY", der), a.file,
	}
}

// chain adds certificates to what a server sends.
func (c *certificate) chain(more ...*authority) *certificate {
	for _, a := range more {
		c.Certificate.Certificate = append(c.Certificate.Certificate, a.cert.Raw)
	}
	return c
}

// over answers within TLS.
func (c *certificate) over(answer func(net.Conn), with ...func(*tls.Config)) func(net.Conn) {
	conf := &tls.Config{Certificates: []tls.Certificate{c.Certificate}}
	for _, change := range with {
		change(conf)
	}
	return func(conn net.Conn) {
		inner := tls.Server(conn, conf)
		if err := inner.Handshake(); err != nil {
			drain(conn) // a reset must not overtake the alert
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

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
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
func sign(t *testing.T, c, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	if parent == nil {
		parent = c
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func writePEM(t *testing.T, kind string, der []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
