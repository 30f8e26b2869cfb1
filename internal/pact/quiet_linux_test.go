//go:build pact

package pact_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/pact/native"
)

// The library that runs is the one that make pact-setup checked: pact-go looks
// for others in folders that anybody may write to.
func TestLibrary(t *testing.T) {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	var loaded []string
	for line := range strings.Lines(string(maps)) {
		if _, path, found := strings.Cut(line, "/"); found && strings.Contains(path, "pact_ffi") {
			loaded = append(loaded, "/"+strings.TrimSpace(path))
		}
	}
	loaded = slices.Compact(loaded)
	want, err := filepath.EvalSymlinks(filepath.Join("..", "..", "bin", "pact", "libpact_ffi.so"))
	if err != nil {
		t.Fatal(err)
	}
	if want, err = filepath.Abs(want); err != nil {
		t.Fatal(err)
	}
	if len(loaded) != 1 || loaded[0] != want {
		t.Fatalf("loaded %q instead of the pinned %s", loaded, want)
	}
	data, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	pins, err := os.ReadFile(filepath.Join("..", "..", "tools", "pact", "sha256"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(pins), hex.EncodeToString(sum[:])) || native.Version() != "0.5.8" {
		t.Errorf("libpact_ffi %s with sha256 %x is not pinned", native.Version(), sum)
	}
}

// While the mock server and the verifier work, this process listens on the
// loopback interface alone.
func TestListeners(t *testing.T) {
	c := catalog(t).Contracts[0]
	var once sync.Once
	p := simulated(t, c, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			once.Do(func() { mustBeLoopback(t) })
			next.ServeHTTP(w, r)
		})
	})
	p.verify(t, expressible(c)[:1])
	for _, s := range samples(t, c)[:1] {
		interaction(t, s, func() { mustBeLoopback(t) })
	}
	outside, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = outside.Close() }()
	if open := openListeners(t); len(open) != 1 {
		t.Errorf("a listener on all interfaces is seen as %q", open)
	}
}

func mustBeLoopback(t *testing.T) {
	t.Helper()
	if open := openListeners(t); len(open) > 0 {
		t.Errorf("listening beyond the loopback interface: %q", open)
	}
}

// openListeners gives this process's listening addresses that are not of the
// loopback interface, in the kernel's hexadecimal form.
func openListeners(t *testing.T) []string {
	t.Helper()
	own := map[string]bool{}
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if to, err := os.Readlink("/proc/self/fd/" + f.Name()); err == nil {
			own[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")] = true
		}
	}
	var open []string
	for _, name := range []string{"tcp", "tcp6"} {
		data, err := os.ReadFile("/proc/self/net/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			field := strings.Fields(line)
			const listening, loopback4, loopback6 = "0A", "0100007F:", "00000000000000000000000001000000:"
			if len(field) > 9 && field[3] == listening && own[field[9]] &&
				!strings.HasPrefix(field[1], loopback4) && !strings.HasPrefix(field[1], loopback6) {
				open = append(open, field[1])
			}
		}
	}
	return open
}

// The library tells a tracker about every verification unless it is kept from
// it. A proxy of our own stands for the way out: it sees the attempt of a
// verifier that nobody keeps quiet, and nothing of ours. The attempt ends there.
func TestTelemetry(t *testing.T) {
	t.Parallel()
	for _, quiet := range []bool{false, true} {
		var mu sync.Mutex
		var asked []string
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			asked = append(asked, r.Method+" "+r.Host)
			mu.Unlock()
			w.WriteHeader(http.StatusForbidden)
		}))
		out := child(t, "TestTelemetryChild", "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "ALL_PROXY="+proxy.URL,
			wayOut+"="+proxy.URL, fmt.Sprintf("%s=%v", loud, !quiet))
		proxy.Close()
		mu.Lock()
		if quiet && len(asked) > 0 {
			t.Errorf("a quiet verification asked for %q", asked)
		}
		if !quiet && len(asked) == 0 {
			t.Errorf("a loud verification asked for nothing, so this test would not see it: %s", out)
		}
		mu.Unlock()
	}
}

// What the verifier prints holds the values that came; none of it gets out.
func TestNothingIsPrinted(t *testing.T) {
	t.Parallel()
	out := child(t, "TestPrintingChild")
	if !strings.Contains(out, "one case failed") {
		t.Fatalf("the child did not do its work: %s", out)
	}
	for _, word := range []string{marked, "Verifying", "Failures", "pact_verifier"} {
		if strings.Contains(out, word) {
			t.Errorf("the output has %q", word)
		}
	}
}

// marked is a token that may appear nowhere.
const marked = "marked-token-that-must-not-appear"

// TestPrintingChild fails to verify, in a process of its own.
func TestPrintingChild(t *testing.T) {
	if os.Getenv(childEnv) != t.Name() {
		return
	}
	c := catalog(t).Contracts[0]
	k := firstSuccess(c)
	seen := &observer{change: func(a *reply) { token(a, func(any) any { return []any{marked} }) }}
	p := simulated(t, c, func(next http.Handler) http.Handler { return seen.aroundCase(next, k) })
	for _, r := range p.verify(t, []*loginwatch.Case{k}) {
		if !r.OK {
			fmt.Println("one case failed:", r.Differences)
		}
	}
}

// TestTelemetryChild verifies and, where the test asks for it, lets the library
// do as it does by default. The tracker is reached by TLS and nothing else is,
// so whatever takes this way out is meant for it.
func TestTelemetryChild(t *testing.T) {
	if os.Getenv(childEnv) != t.Name() {
		return
	}
	t.Setenv("HTTPS_PROXY", os.Getenv(wayOut))
	if os.Getenv(loud) == "true" {
		if err := os.Unsetenv("PACT_DO_NOT_TRACK"); err != nil {
			t.Fatal(err)
		}
	}
	c := catalog(t).Contracts[0]
	for _, s := range samples(t, c)[:1] {
		interaction(t, s, func() {})
	}
	p := simulated(t, c, nil)
	if _, err := app.VerifyPact(context.Background(), p.PactOptions, expressible(c)[:1]); err != nil {
		t.Fatal(err)
	}
}

// What a child is told by its environment.
const (
	wayOut = "LOGINWATCH_PACT_WAY_OUT"
	loud   = "LOGINWATCH_PACT_LOUD"
)

const childEnv = "LOGINWATCH_PACT_CHILD"

// child runs one test of this program in a process of its own.
func child(t *testing.T, name string, env ...string) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^"+name+"$", "-test.v")
	cmd.Env = append(append(os.Environ(), "NO_PROXY=", "no_proxy="), append(env, childEnv+"="+name)...)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errors strings.Builder
	cmd.Stderr = &errors
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out, readErr := io.ReadAll(bufio.NewReader(pipe))
	if err := cmd.Wait(); err != nil || readErr != nil {
		t.Fatalf("%v %v: %s%s", err, readErr, out, errors.String())
	}
	return string(out) + errors.String()
}
