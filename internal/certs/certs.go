// Package certs makes what TLS needs of the files that an operator names: whose certificates
// are trusted, and our own. It knows nothing of who is spoken to.
package certs

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// TLS gives settings for TLS 1.2 and later. The authorities of ca come beside the system's;
// cert and key are a client's. All are files in PEM, and "" for none. An error names what
// can't be used, and its file.
func TLS(ca, cert, key string) (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, fmt.Errorf("certificate authority: %w", err)
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("certificate authority: %s holds no PEM certificate", ca)
		}
		conf.RootCAs = pool
	}
	if cert != "" {
		own, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		conf.Certificates = []tls.Certificate{own}
	}
	return conf, nil
}
