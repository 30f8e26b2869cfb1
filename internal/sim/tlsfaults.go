package sim

import (
	"crypto/tls"
	"errors"
	"strings"
	"time"
)

// TLSFaults are what can be wrong before a request is read, and thus of all vendors at
// once: they go with HTTPS.
func TLSFaults() []FaultInfo {
	return []FaultInfo{
		{Name: FaultCertificateExpired, Wire: true, Does: "with --tls: the certificate has expired"},
		{Name: FaultCertificateName, Wire: true, Does: "with --tls: the certificate is another host's"},
		{Name: FaultCertificateUntrusted, Wire: true, Does: "with --tls: the certificate is of an authority that nobody knows, and --ca-out writes another one"},
		{Name: FaultHandshakeCut, Wire: true, Does: "with --tls: the connection ends in the handshake"},
		{Name: FaultOldTLS, Wire: true, Does: "with --tls: the server speaks no TLS above 1.1"},
	}
}

// The faults of TLS.
const (
	FaultCertificateExpired   FaultName = "certificate-expired"
	FaultCertificateName      FaultName = "certificate-name"
	FaultCertificateUntrusted FaultName = "certificate-untrusted"
	FaultHandshakeCut         FaultName = "handshake-cut"
	FaultOldTLS               FaultName = "old-tls"
)

// IsTLSFault tells whether a fault of ParseFault's form is one of TLS, whosever it is.
func IsTLSFault(spec string) bool {
	_, name, _ := strings.Cut(spec, "=")
	for _, f := range TLSFaults() {
		if spec == string(f.Name) || name == string(f.Name) {
			return true
		}
	}
	return false
}

var errCut = errors.New("cut")

// FaultyTLS is HTTPS on loopback, with a fault of TLSFaults or, for "", without. The authority,
// in PEM, is what a client is told to trust.
func FaultyTLS(fault FaultName, now time.Time, hosts ...string) (*tls.Config, []byte, error) {
	made := now
	switch fault {
	case FaultCertificateExpired:
		made = now.Add(-2 * certificateFor)
	case FaultCertificateName:
		hosts = []string{"login.elsewhere.example"}
	}
	cert, authority, err := SelfSigned(made, hosts...)
	if err != nil {
		return nil, nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	switch fault {
	case FaultCertificateUntrusted:
		_, authority, err = SelfSigned(now, hosts...)
	case FaultHandshakeCut:
		config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			_ = hello.Conn.Close()
			return nil, errCut
		}
	case FaultOldTLS:
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	}
	return config, authority, err
}
