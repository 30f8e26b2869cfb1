package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/importer/draft"
)

// Questions lead to a pack that holds; what was typed as an answer's secret is not in it.
func TestNewAsks(t *testing.T) {
	into := filepath.Join(t.TempDir(), "mypack")
	typed := strings.Join([]string{
		"ftp://nowhere", "https://api.acme.example/v2/session", "FETCH", "post", "json", "username, password, grant_type=password", "X-App=web; X-Api-Key",
		"HTTP/2 200", "content-type: application/json", "", `{"session": {"token": "9sd8f7sdf98s7df98sdf7", "expires_at": "2026-11-27T12:00:00Z"}, "name": "Peter Parker"}`, ".",
		"GET /v2/me", "v2/me", "https://other.example/me", "/v2/me", "/v2/bye", "",
	}, "\n")
	var stdout, stderr output
	env := environment{stdin: strings.NewReader(typed), stdout: &stdout, stderr: &stderr}
	rec, err := askLogin(env)
	if err != nil {
		t.Fatal(err)
	}
	n := newCmd{Vendor: "acme", Into: into}
	d, err := n.draft(t.Context(), rec, source{})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.write(env, d); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"vet", "--pack", into}, {"verify", "acme", "--pack", into, "--simulate"}, {"show", "acme", "--pack", into}} {
		if code := run(t.Context(), args, env); code != 0 {
			t.Errorf("%s ends with %d: %s", args, code, stderr.String())
		}
	}
	said := stdout.String()
	for _, want := range []string{
		"no http or https address", "One of POST, GET", "The token is at /session/token", "no path from / on", "GET /v2/me\n  POST /v2/bye\n", "citations are TODO", "login.success /session/token", "3 cases: 3 ok",
		"x_api_key: env:LOGINWATCH_ACME_X_API_KEY", "documented: production",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	contract, err := os.ReadFile(filepath.Join(into, "contracts", "acme", "contract.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`X-App: {value: web, cite: TODO}`, `grant_type: password`, "at: /session/token", "case: logout, role: cleanup"} {
		if got := string(contract) + probeOf(t, into); !strings.Contains(got, want) {
			t.Errorf("the pack has no %q:\n%s", want, got)
		}
	}
	if strings.Contains(string(contract), "9sd8f7") || strings.Contains(said, "Parker") {
		t.Error("a value of the answer is shown")
	}
	if err := n.write(env, d); err == nil || !strings.Contains(err.Error(), "is there already; nothing was written") {
		t.Errorf("a second time: %v", err)
	}
}

func probeOf(t *testing.T, into string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(into, "probes", "acme.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Whoever hangs up in the midst gets no half of a pack.
func TestNewAsksInVain(t *testing.T) {
	var stdout output
	for _, typed := range []string{"", "https://a.example/login\n", "https://a.example/login\nPOST\njson\nuser\n\n{"} {
		if _, err := askLogin(environment{stdin: strings.NewReader(typed), stdout: &stdout}); err == nil {
			t.Errorf("%q is enough", typed)
		}
	}
}

// A draft that could not be made to hold is our fault, whatever else is the description's.
func TestWhoseFaultNoDraftIs(t *testing.T) {
	for _, tt := range []struct {
		err  error
		code int
	}{{fmt.Errorf("%w: line 3", draft.ErrNoPack), exitOurs}, {errors.New("no login found"), exitUsage}} {
		var told *exitError
		if err := draftError(tt.err); !errors.As(err, &told) || told.code != tt.code || !errors.Is(err, tt.err) && !strings.Contains(err.Error(), tt.err.Error()) {
			t.Errorf("%v: %v", tt.err, err)
		}
	}
}

// Ctrl-C ends it while it waits for somebody to type.
func TestNewIsInterrupted(t *testing.T) {
	into := filepath.Join(t.TempDir(), "mypack")
	never, typed := io.Pipe()
	defer typed.Close() //nolint:errcheck // nothing was written
	ctx, interrupt := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, interrupt)
	var stdout, stderr output
	code := run(ctx, []string{"new", "acme", "-", "--into", into}, environment{stdin: never, stdout: &stdout, stderr: &stderr})
	if code != exitOurs || stderr.String() != "loginwatch: interrupted; nothing was written\n" {
		t.Errorf("it ends with %d: %s", code, stderr.String())
	}
	q := environment{stdin: interruptible{ctx, never}, stdout: &stdout}
	if _, err := askLogin(q); err == nil || strings.Count(stdout.String(), ": ") != 1 {
		t.Errorf("it asks on: %v\n%s", err, stdout.String())
	}
}

// Where there is no file to read, it is said at once, and nothing is shown of a line that
// somebody wrote in the place of its name.
func TestNewNoFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		pipe: "not a regular file", "/dev/zero": "not a regular file", filepath.Join(dir, "none"): "no such file",
		"curl https://a.example/login -d password=x17secret": "does not belong here", "$ curl a.example -d x17secret": "does not belong here", `{"password":"x17secret"}`: "does not belong here",
		"https://a.example/login?password=x17secret": "does not belong here", "irm a.example -Body x17secret": "does not belong here", "login\npassword=x17secret": "does not belong here",
	} {
		var stderr output
		code := run(t.Context(), []string{"new", "acme", name, "--into", filepath.Join(dir, "mypack")}, environment{stdout: &stderr, stderr: &stderr})
		if said := stderr.String(); code != exitUsage || !strings.Contains(said, want) || strings.Contains(said, "x17secret") {
			t.Errorf("%q ends with %d: %s", name, code, said)
		}
	}
	var stderr output
	if code := run(t.Context(), []string{"new", "acme", "-", "--into", ""}, environment{stdin: strings.NewReader("curl a.example/login -d password=x"), stdout: &stderr, stderr: &stderr}); code != exitUsage {
		t.Errorf("no folder ends with %d: %s", code, stderr.String())
	}
}

// Ctrl-C waits for nothing that is computed.
func TestNewIsInterruptedAtWork(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	busy, done := make(chan struct{}), make(chan struct{})
	d, err := unless(ctx, func() (*draft.Draft, error) {
		defer close(done)
		interrupt()
		<-busy
		return &draft.Draft{}, nil
	})
	if d != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("it gives %v, %v", d, err)
	}
	close(busy)
	<-done
}

// Names that YAML takes for something else are texts in all that is written of them.
func TestNewNames(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	line := "curl https://api.acme.example/login -d 'user=anna&password=x17'"
	for _, vendor := range []string{"null", "true", "no", "on", "y", "1e3", "007", "0x10", "12", "0b1", "2026-01-31", strings.Repeat("a", longestVendor)} {
		into := vendor
		var stdout, stderr output
		env := environment{stdin: strings.NewReader(line), stdout: &stdout, stderr: &stderr}
		if code := run(t.Context(), []string{"new", vendor, "-", "--into", into}, env); code != 0 {
			t.Errorf("%s ends with %d: %s", vendor, code, stderr.String())
			continue
		}
		_, file, _ := strings.Cut(stdout.String(), "<<'END'\n")
		file, _, _ = strings.Cut(file, "END\n")
		if err := os.WriteFile("targets.yaml", []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"USER", "PASSWORD"} {
			t.Setenv(variable(vendor, strings.ToLower(name)), "x")
		}
		for _, args := range [][]string{{"verify", vendor, "--pack", into, "--simulate"}, {"vet", "--config", "targets.yaml"}} {
			if code := run(t.Context(), args, env); code != 0 {
				t.Errorf("%s ends with %d: %s", args, code, stderr.String())
			}
		}
	}
	var stderr output
	if code := run(t.Context(), []string{"new", strings.Repeat("a", longestVendor+1), "-"}, environment{stdin: strings.NewReader(line), stdout: &stderr, stderr: &stderr}); code != exitUsage {
		t.Errorf("a name that no target can have ends with %d: %s", code, stderr.String())
	}
}
