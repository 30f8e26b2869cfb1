package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/sim"
)

// withPassword asks for the password "fakepassword" of the user "ops".
const withPassword = "basic_auth_users:\n  ops: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi\n"

// ownPages is a web server of ours in front of a handler that says the path.
type ownPages struct {
	t      *testing.T
	file   string
	log    output
	base   string
	client *http.Client
}

func startOwnPages(t *testing.T, webConfig string) *ownPages {
	t.Helper()
	p := &ownPages{t: t, file: filepath.Join(t.TempDir(), "web.yaml"), client: &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // its certificate is made here
	}}}
	p.write(webConfig)
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) })
	server, err := app.NewWebServer(pages, p.file, app.DefaultPortLimits(), slog.New(slog.NewTextHandler(&p.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := app.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.base = app.Openable(server.Scheme(), listener.Addr())
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Run(listener) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return p
}

func (p *ownPages) write(webConfig string) {
	p.t.Helper()
	if err := os.WriteFile(p.file, []byte(webConfig), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// status is 0 when the connection fails.
func (p *ownPages) status(path, password string) int {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.base+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if password != "" {
		req.SetBasicAuth("ops", password)
	}
	res, err := p.client.Do(req)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func (p *ownPages) want(path, password string, status int) {
	p.t.Helper()
	if got := p.status(path, password); got != status {
		p.t.Errorf("%s: status %d, want %d", path, got, status)
	}
}

func certificateFiles(t *testing.T) string {
	t.Helper()
	cert, _, err := sim.SelfSigned(time.Now(), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: cert.Certificate[0]},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return "tls_server_config:\n  cert_file: " + dir + "/cert.pem\n  key_file: " + dir + "/key.pem\n"
}

// A password guards all but what a supervisor's probe asks for, and it alone
// makes no https.
func TestWebPassword(t *testing.T) {
	for name, test := range map[string]struct{ webConfig, scheme string }{
		"password":     {withPassword, "http://"},
		"with TLS":     {certificateFiles(t) + withPassword, "https://"},
		"rate limited": {withPassword + "rate_limit: {interval: 1h, burst: 3}\n", "http://"},
	} {
		t.Run(name, func(t *testing.T) {
			p := startOwnPages(t, test.webConfig)
			if !strings.HasPrefix(p.base, test.scheme) {
				t.Errorf("its address is %s", p.base)
			}
			p.want("/", "", http.StatusUnauthorized)
			p.want("/metrics", "wrong", http.StatusUnauthorized)
			p.want("/metrics", "fakepassword", http.StatusOK)
			for range 5 {
				p.want("/-/healthy", "", http.StatusOK)
				p.want("/-/ready", "", http.StatusOK)
			}
			if p.log.String() != "" {
				t.Errorf("the log says: %s", p.log.String())
			}
		})
	}
}

func TestWebWithoutPassword(t *testing.T) {
	for name, test := range map[string]struct{ webConfig, scheme string }{
		"empty":   {"# nothing\n", "http://"},
		"headers": {"http_server_config: {headers: {X-Frame-Options: deny}}\n", "http://"},
		"TLS":     {certificateFiles(t), "https://"},
	} {
		t.Run(name, func(t *testing.T) {
			p := startOwnPages(t, test.webConfig)
			if !strings.HasPrefix(p.base, test.scheme) {
				t.Errorf("its address is %s", p.base)
			}
			p.want("/metrics", "", http.StatusOK)
			p.want("/-/healthy", "", http.StatusOK)
		})
	}
}

// A web configuration that breaks is told once, however many ask meanwhile, and
// so is that it is mended.
func TestWebConfigBreaks(t *testing.T) {
	for name, test := range map[string]struct {
		good    string
		ask     int // status of /metrics while it is broken; 0 is no answer
		healthy int
	}{
		"password": {withPassword, http.StatusInternalServerError, http.StatusOK},
		"with TLS": {certificateFiles(t) + withPassword, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := startOwnPages(t, test.good)
			for round := range 2 {
				p.want("/metrics", "fakepassword", http.StatusOK)
				p.write("basic_auth_users: hunter2-the-password\n")
				for range 3 {
					p.want("/metrics", "fakepassword", test.ask)
					p.want("/-/healthy", "", test.healthy)
				}
				p.write(test.good)
				p.want("/metrics", "fakepassword", http.StatusOK)
				log := p.log.String()
				if lines := strings.Count(log, "\n"); lines != 2*(round+1) ||
					strings.Count(log, `level=ERROR msg="the web configuration is broken`) != round+1 ||
					strings.Count(log, `level=INFO msg="the web configuration is right again"`) != round+1 {
					t.Fatalf("the log has %d lines:\n%s", lines, log)
				}
				if strings.Contains(log, "hunter2") {
					t.Errorf("the log shows what stands in the file:\n%s", log)
				}
			}
			p.write(strings.Replace(test.good, "$2y", "no-hash", 1))
			p.want("/-/healthy", "", http.StatusOK)
			if !strings.Contains(p.log.String(), `error="a password of basic_auth_users is no bcrypt hash"`) {
				t.Errorf("a user without a hash is not told:\n%s", p.log.String())
			}
		})
	}
}

// A file that loses its TLS is a mistake of its own: what listens speaks TLS on.
func TestWebConfigLosesTLS(t *testing.T) {
	p := startOwnPages(t, certificateFiles(t)+withPassword)
	p.write(withPassword)
	for range 3 {
		p.want("/-/healthy", "", 0)
	}
	if log := p.log.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "TLS config is not present") {
		t.Errorf("the log says:\n%s", log)
	}
}
