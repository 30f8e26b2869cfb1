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

	"github.com/loginwatch/loginwatch/internal/app"
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

// after gives the whole lines from a place on, and the place behind them.
func (o *output) after(at int) (lines string, next int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	rest := o.buf.Bytes()[at:]
	rest = rest[:bytes.LastIndexByte(rest, '\n')+1]
	return string(rest), at + len(rest)
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
	files, problems := app.Files{}.Read()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	catalog := files.Catalog
	c := catalog.Contract("signzy-ezkra")
	targets, stop, err := app.StartSimulators(t.Context(), catalog.Contracts, catalog.Probes, faults...)
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

// Whoever reads the configuration finds all that vet finds, in the same words:
// mistakes of the file, of its packs, of what it names and of both together.
func TestEveryVerbFindsTheSameProblems(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("ours/probes/signzy-ezkra.yaml", "vendor: signzy-ezkra\nprobes: 7\n")
	write("web.yaml", "basic_auth_users: hunter2\n")
	bad := write("bad.yaml", `listen: "9713"
web_config: web.yaml
packs: [ours, gone]
targets:
  one: {vendor: signzy-ezkra, documented: nowhere, ca_file: gone.pem}
probes:
  signzy-ezkra/login: {schedule: "0 0 * * 7"}
`)
	words := func(args ...string) string {
		var stdout, stderr output
		if code := run(t.Context(), args, environment{stdout: &stdout, stderr: &stderr}); code != exitOurs {
			t.Errorf("%v: exit code %d: %s", args, code, stderr.String())
		}
		return stderr.String()
	}
	want := words("vet", "--config", bad)
	for _, wanted := range []string{
		`a port alone is written`, `web.yaml: `, `/gone: no such file or directory`, `probes/signzy-ezkra.yaml:2:9: `,
		`unknown documented target "nowhere"`, `there is no file `, `lacks the secret "username"`, `day of week: 7: Sunday is 0`,
	} {
		if !strings.Contains(want, wanted) {
			t.Errorf("vet does not say %q:\n%s", wanted, want)
		}
	}
	if strings.Contains(want, "hunter2") {
		t.Errorf("a value of the web configuration is shown:\n%s", want)
	}
	for _, args := range [][]string{{"serve", "--config", bad}, {"verify", "--config", bad}} {
		if got := words(args...); got != want {
			t.Errorf("%v says:\n%s\nand vet:\n%s", args, got, want)
		}
	}

	// A reload tells them without the lines of the file.
	var brief []string
	for line := range strings.Lines(want) {
		if strings.HasPrefix(line, dir) {
			brief = append(brief, strings.TrimSpace(line))
		}
	}
	file, _ := serviceFile(t)
	s := startService(t, file)
	good, err := os.ReadFile(bad)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ours", "web.yaml"} { // beside the file, as before
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(filepath.Dir(file), name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, good, 0o600); err != nil {
		t.Fatal(err)
	}
	told := strings.NewReplacer(bad, file, dir, filepath.Dir(file)).Replace(strings.Join(brief, "\n"))
	if code, body := s.request(http.MethodPost, "/-/reload"); code != http.StatusInternalServerError ||
		body != "not reloaded, the old configuration stays in force:\n"+told+"\n" {
		t.Errorf("reload: %d %s\nwant\n%s", code, body, told)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	inOneLine := strings.ReplaceAll(strings.ReplaceAll(told, "\n", "; "), `"`, `\"`)
	s.eventually("(?s)not reloaded.*" + regexp.QuoteMeta(inOneLine) + ".*" + regexp.QuoteMeta(inOneLine))
}

// A key that a reload leaves as it was is named, in the answer and in the log.
func TestReloadNamesWhatNeedsARestart(t *testing.T) {
	file, write := serviceFile(t)
	s := startService(t, file)
	for _, test := range []struct{ more, keys string }{
		{"", ""},
		{"log: {level: error}\ncredential_budget: {rejections: 9}\n", "log, credential_budget"},
		{"web_config: loginwatch.yaml.web\n", "web_config"},
		{"listen: 127.0.0.1:1\n", ""}, // --listen counts here
		{"credential_budget: {rejections: 3}\n", ""},
	} {
		if err := os.WriteFile(file+".web", nil, 0o600); err != nil {
			t.Fatal(err)
		}
		write(test.more)
		want := "reloaded\n"
		if test.keys != "" {
			want = "reloaded; what changed in these keys needs a restart: " + test.keys + "\n"
		}
		if code, body := s.request(http.MethodPost, "/-/reload"); code != http.StatusOK || body != want {
			t.Errorf("with %q: %d %q, want %q", test.more, code, body, want)
		}
		if test.keys != "" {
			s.eventually(`these changed keys need a restart" keys=` + `"?` + test.keys)
		}
	}
	if n := strings.Count(s.log.String(), "need a restart"); n != 2 {
		t.Errorf("the log says it %d times", n)
	}
}
