package probe_test

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/faulty"
)

// The end of our own client certificate is known after each run, and told in time.
func TestOwnCertificateEnds(t *testing.T) {
	root, theirs := faulty.NewAuthority(t), faulty.NewAuthority(t)
	demand := func(c *tls.Config) {
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		c.ClientCAs.AddCert(theirs.Cert)
	}
	const day = 24 * time.Hour
	for _, tt := range []struct {
		left time.Duration // 0 for no certificate
		told bool
	}{{0, false}, {20 * day, true}, {time.Hour, true}, {22 * day, false}} {
		with := []func(*tls.Config){demand}
		o := loginwatch.TransportOptions{CAFile: root.CAFile}
		end := time.Now().Add(tt.left).Truncate(time.Second)
		if tt.left > 0 {
			client := theirs.Leaf(t, func(c *x509.Certificate) { c.NotAfter = end })
			o.ClientCertFile, o.ClientKeyFile = client.File, client.KeyFile
		} else {
			with = nil
		}
		s := serve(t, root.Leaf(t).Over(answers, with...))
		run := login(t, "https://"+s.Address(), o)
		if run.Verdict != loginwatch.OK {
			t.Fatalf("%s: %s %s", tt.left, run.Verdict, run.Detail)
		}
		if has := !run.ClientCertificateEnds.IsZero(); has != (tt.left > 0) || has && !run.ClientCertificateEnds.Equal(end) {
			t.Errorf("%s: it ends %s, want %s", tt.left, run.ClientCertificateEnds, end)
		}
		told := false
		for _, f := range run.Subject().Findings {
			told = told || f.Kind == loginwatch.KindOwnCertificate && f.Class == loginwatch.Tolerated && f.Fingerprint != ""
		}
		if told != tt.told {
			t.Errorf("%s: told %t: %v", tt.left, told, run.Subject().Findings)
		}
	}
}
