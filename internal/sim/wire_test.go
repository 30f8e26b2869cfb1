package sim

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSelfSigned(t *testing.T) {
	now := time.Now()
	cert, ca, err := SelfSigned(now, "localhost", "127.0.0.1", "::1")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(newSim(t, Options{}, sample(t)))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	defer server.Close()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		t.Fatal("the authority is no PEM")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	res, err := client.Get(server.URL + "/v1/key?access=demo-access&realm=x")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	wantStatus(t, res, 200)
	leaf := res.TLS.PeerCertificates[0]
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		if err := leaf.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
	if left := leaf.NotAfter.Sub(now); left < 30*24*time.Hour {
		t.Errorf("the certificate ends in %v: alerts would fire", left)
	}
	if leaf.IsCA {
		t.Error("the served certificate can sign others")
	}
	if _, _, err := SelfSigned(now); err == nil {
		t.Error("a certificate for no host")
	}
}

// Many clients at once, while faults come and go.
func TestConcurrentUse(t *testing.T) {
	c := sample(t)
	c.Operation("login").Limit.Requests = 50
	s := newSim(t, Options{Rand: strings.NewReader(strings.Repeat("random bytes ", 1<<20))}, c)
	server := httptest.NewServer(s)
	defer server.Close()
	client := server.Client()
	var wg sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for worker := range 8 {
		wg.Go(func() {
			for i := range 20 {
				call := loginCall(validBody)
				if (worker+i)%4 == 0 {
					call = call.with("X-Key", "Key wrong")
				}
				req, err := http.NewRequestWithContext(t.Context(), call.method, server.URL+call.path, strings.NewReader(call.body))
				if err != nil {
					t.Error(err)
					return
				}
				for k, v := range call.header {
					req.Header.Set(k, v)
				}
				res, err := client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				mu.Lock()
				statuses[res.StatusCode]++
				mu.Unlock()
				if worker == 0 && i%5 == 0 {
					if err := s.SetFault("", Fault{Name: FaultExtraField}); err != nil {
						t.Error(err)
					}
					s.Credentials("sample")
				}
			}
		})
	}
	wg.Wait()
	if passed := statuses[200] + statuses[403]; passed != 50 || statuses[429] != 110 {
		t.Errorf("50 of 160 requests may pass: %v", statuses)
	}
}
