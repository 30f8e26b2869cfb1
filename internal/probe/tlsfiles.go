package probe

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
)

// tlsFiles keeps what was made of certificate files until one of them changes:
// reading them anew costs a run a tenth of its CPU, and rotation must not need
// a restart. It holds one entry for every combination of files that targets name.
type tlsFiles struct {
	mu    sync.Mutex
	known map[tlsKey]tlsEntry
}

type tlsKey struct{ ca, cert, key string }

type tlsEntry struct {
	stamps [3]stamp
	config *tls.Config
}

// stamp tells whether a file is still the same one.
type stamp struct {
	modified time.Time
	size     int64
}

func stampOf(path string) stamp {
	if path == "" {
		return stamp{}
	}
	info, err := os.Stat(path)
	if err != nil {
		return stamp{size: -1} // reading it gives the error
	}
	return stamp{info.ModTime(), info.Size()}
}

// config gives the TLS configuration of a target. Callers must not change it.
func (f *tlsFiles) config(o loginwatch.TransportOptions) (*tls.Config, error) {
	k := tlsKey{o.CAFile, o.ClientCertFile, o.ClientKeyFile}
	stamps := [3]stamp{stampOf(k.ca), stampOf(k.cert), stampOf(k.key)}
	f.mu.Lock()
	defer f.mu.Unlock()
	if e, ok := f.known[k]; ok && e.stamps == stamps {
		return e.config, nil
	}
	conf, err := k.read()
	if err != nil {
		return nil, err
	}
	if f.known == nil {
		f.known = map[tlsKey]tlsEntry{}
	}
	f.known[k] = tlsEntry{stamps, conf}
	return conf, nil
}

func (k tlsKey) read() (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if k.ca != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		pem, err := os.ReadFile(k.ca)
		if err != nil {
			return nil, fmt.Errorf("certificate authority: %w", err)
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("certificate authority: %s holds no PEM certificate", k.ca)
		}
		conf.RootCAs = pool
	}
	if k.cert != "" {
		cert, err := tls.LoadX509KeyPair(k.cert, k.key)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		conf.Certificates = []tls.Certificate{cert}
	}
	return conf, nil
}
