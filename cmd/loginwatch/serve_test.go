package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/config"
)

// output is what a program prints, readable while it runs.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// service is loginwatch serve, running in this process.
type service struct {
	t      *testing.T
	log    output
	base   string
	end    context.CancelFunc
	exited chan int
}

// startService runs serve with a configuration that watches one simulated
// login every second.
func startService(t *testing.T, file string) *service {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &service{t: t, end: cancel, exited: make(chan int, 1)}
	go func() {
		s.exited <- run(ctx, []string{"serve", "--config", file, "--listen", "127.0.0.1:0"}, environment{stdout: io.Discard, stderr: &s.log})
	}()
	t.Cleanup(func() { cancel() })
	s.base = s.eventually(`address=(http://\S+)`)
	return s
}

// eventually waits for a line of the log; the test's own time-out bounds it.
func (s *service) eventually(pattern string) string {
	s.t.Helper()
	re := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if m := re.FindStringSubmatch(s.log.String()); m != nil {
			return m[len(m)-1]
		}
	}
	s.t.Fatalf("the log never says %s:\n%s", pattern, s.log.String())
	return ""
}

func (s *service) request(method, path string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func (s *service) metric(line string) bool {
	_, body := s.request(http.MethodGet, "/metrics")
	return strings.Contains(body, line)
}

// serviceFile writes a configuration for a simulated vendor.
func serviceFile(t *testing.T, faults ...string) (file string, write func(more string)) {
	t.Helper()
	catalog, problems := packFlag{}.load(nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	c := catalog.Contract("signzy-ezkra")
	targets, stop, err := startSimulators(t.Context(), catalog.Contracts, catalog.Probes, faults...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	text := "targets:\n  simulated:\n    vendor: " + c.Vendor + "\n    base_url: " + targets[c.Vendor][0].BaseURL.String() + "\n    secrets: {"
	for i, secret := range c.Secrets {
		t.Setenv(variable(c.Vendor, secret.Name), secret.Demo)
		if i > 0 {
			text += ", "
		}
		text += secret.Name + ": " + config.FromEnvironment(c.Vendor).Origin(secret.Name)
	}
	text += "}\nprobes:\n  signzy-ezkra/login: {schedule: \"@every 1s\", timeout: 5s}\n"
	file = filepath.Join(t.TempDir(), "loginwatch.yaml")
	write = func(more string) {
		if err := os.WriteFile(file, []byte(text+more), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("")
	return file, write
}

// A bad file keeps the old configuration, says why and shows in a metric; both
// ways to reload do the same.
func TestServeReload(t *testing.T) {
	file, write := serviceFile(t)
	s := startService(t, file)
	if code, _ := s.request(http.MethodGet, "/-/ready"); code != http.StatusOK {
		t.Errorf("not ready: %d", code)
	}
	write("listne: 127.0.0.1:1\n")
	code, body := s.request(http.MethodPost, "/-/reload")
	if code != http.StatusInternalServerError || !strings.Contains(body, `unknown key "listne", did you mean "listen"?`) {
		t.Errorf("reload of a bad file: %d %s", code, body)
	}
	if !s.metric("loginwatch_config_last_reload_successful 0") {
		t.Error("the failed reload does not show in the metrics")
	}
	s.eventually(`run finished.*verdict=ok`)
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	s.eventually(`not reloaded, the old configuration stays in force.*listne`)
	write("")
	if code, body := s.request(http.MethodPost, "/-/reload"); code != http.StatusOK {
		t.Errorf("reload: %d %s", code, body)
	}
	if !s.metric("loginwatch_config_last_reload_successful 1") {
		t.Error("the reload does not show in the metrics")
	}
	s.end()
	if code := <-s.exited; code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// The end waits for the running probe, whose result is not lost.
func TestServeEndsAfterTheRunningProbe(t *testing.T) {
	file, _ := serviceFile(t, "slow:1500ms")
	s := startService(t, file)
	for !s.metric(`loginwatch_slots_planned_total{probe="login",target="simulated",vendor="signzy-ezkra"} 1`) {
		time.Sleep(5 * time.Millisecond)
	}
	if strings.Contains(s.log.String(), "run finished") {
		t.Fatal("the run is over already")
	}
	s.end()
	if code := <-s.exited; code != 0 {
		t.Errorf("exit code %d", code)
	}
	if n := strings.Count(s.log.String(), "run finished"); n != 1 || !strings.Contains(s.log.String(), "verdict=ok") {
		t.Errorf("%d runs in the log:\n%s", n, s.log.String())
	}
}

// Three rejections in an hour, and nothing more is sent for a while.
func TestServeSuspendsARejectedCredential(t *testing.T) {
	file, _ := serviceFile(t, "reject")
	s := startService(t, file)
	s.eventually(`slot skipped.*reason=suspended`)
	if n := strings.Count(s.log.String(), "verdict=rejected"); n != 3 {
		t.Errorf("%d logins before the credential was suspended", n)
	}
	_, page := s.request(http.MethodGet, "/")
	if !strings.Contains(page, "suspended") || strings.Contains(page, "password@123") {
		t.Error("the page does not tell, or tells too much")
	}
}
