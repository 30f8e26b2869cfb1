package main

import (
	"bytes"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// repo is the root of the repository.
const repo = "../.."

// command runs a program and gives what it printed, on both ways.
func command(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func must(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := command(t, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func place(t *testing.T, file, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
}

// openDir gives a folder that every user may write; testing keeps others out of its own.
func openDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for up := filepath.Dir(dir); up != os.TempDir() && up != "/"; up = filepath.Dir(up) {
		if err := os.Chmod(up, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const unitFile = repo + "/deploy/systemd/loginwatch.service"

// unitRoot is a system's root with systemd's own units and, for ours, what it starts.
func unitRoot(t *testing.T, unit string) string {
	t.Helper()
	root := t.TempDir()
	units := filepath.Join(root, "usr/lib/systemd/system")
	if err := os.CopyFS(units, os.DirFS("/usr/lib/systemd/system")); err != nil {
		t.Fatal(err)
	}
	place(t, filepath.Join(units, "loginwatch.service"), unit, 0o644)
	place(t, filepath.Join(root, "usr/bin/loginwatch"), "", 0o755)
	place(t, filepath.Join(root, "bin/kill"), "", 0o755)
	return root
}

// systemd takes the unit without a word, and rates what it may do below 2.0 of 10.
func TestUnit(t *testing.T) {
	root := unitRoot(t, read(t, unitFile))
	if out, err := command(t, "systemd-analyze", "verify", "--man=no", "--root="+root, "loginwatch.service"); err != nil || out != "" {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	out, err := command(t, "systemd-analyze", "security", "--no-pager", "--offline=yes", "--threshold=19", "--root="+root, "loginwatch.service")
	rated := regexp.MustCompile(`Overall exposure level for loginwatch.service: ([0-9.]+)`).FindStringSubmatch(out)
	if err != nil || rated == nil {
		t.Fatalf("systemd-analyze security: %v\n%s", err, out)
	}
	t.Logf("exposure %s", rated[1])
}

// waitFor reads until a text was printed.
func waitFor(t *testing.T, r io.Reader, text string) {
	t.Helper()
	var got []byte
	buf := make([]byte, 4096)
	for !bytes.Contains(got, []byte(text)) {
		n, err := r.Read(buf)
		if got = append(got, buf[:n]...); err != nil {
			t.Fatalf("%q is never printed, but %s", text, got)
		}
	}
}

// A key that systemd does not know is no part of a unit that hardens anything.
func TestUnitWithAMistake(t *testing.T) {
	root := unitRoot(t, strings.Replace(read(t, unitFile), "ProtectHome=", "ProtectHomes=", 1))
	out, _ := command(t, "systemd-analyze", "verify", "--man=no", "--root="+root, "loginwatch.service")
	if !strings.Contains(out, "ProtectHomes") {
		t.Errorf("systemd-analyze verify overlooks an unknown key:\n%s", out)
	}
}

// allowedCalls are the system calls of the unit's SystemCallFilter= lines, as
// systemd.exec(5) reads them: the first is a list of what is allowed, one with ~ takes away.
func allowedCalls(t *testing.T) map[string]bool {
	t.Helper()
	allowed := groupCalls(t, "@default")
	for line := range strings.Lines(read(t, unitFile)) {
		list, ok := strings.CutPrefix(strings.TrimSpace(line), "SystemCallFilter=")
		if !ok {
			continue
		}
		list, without := strings.CutPrefix(list, "~")
		for _, group := range strings.Fields(list) {
			for call := range groupCalls(t, group) {
				allowed[call] = !without
			}
		}
	}
	return allowed
}

func groupCalls(t *testing.T, group string) map[string]bool {
	t.Helper()
	calls := map[string]bool{}
	lines := strings.Split(must(t, "systemd-analyze", "syscall-filter", group), "\n")
	for _, line := range lines[1:] {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "@"):
			for call := range groupCalls(t, line) {
				calls[call] = true
			}
		case line != "" && !strings.HasPrefix(line, "#"):
			calls[line] = true
		}
	}
	return calls
}

// Every system call of a daemon at work, as the user that it runs as, is one that the unit
// allows, and one that container runtimes allow by default to a process without capabilities.
func TestCallsAreAllowed(t *testing.T) {
	profile, err := seccomp.GetDefaultProfile(&specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{}}})
	if err != nil {
		t.Fatal(err)
	}
	container := map[string]bool{}
	for _, rule := range profile.Syscalls {
		for _, name := range rule.Names {
			container[name] = container[name] || rule.Action == specs.ActAllow
		}
	}
	unit := allowedCalls(t)
	used := tracedCalls(t)
	t.Logf("%d system calls are used, %d are in the profile of containers", len(used), len(container))
	for _, call := range slices.Sorted(maps.Keys(used)) {
		if !unit[call] {
			t.Errorf("the unit does not allow %s", call)
		}
		if !container[call] {
			t.Errorf("a container is not allowed %s", call)
		}
	}
}

// tracedCalls are those that a daemon uses which watches simulators, from its start to its end.
func tracedCalls(t *testing.T) map[string]bool {
	t.Helper()
	dir := openDir(t)
	program := filepath.Join(dir, "loginwatch")
	place(t, program, read(t, repo+"/bin/loginwatch"), 0o755)
	trace := filepath.Join(dir, "trace")
	// With -D the traced program is our child, and strace another one.
	words := []string{
		"strace", "-D", "-f", "-o", trace, program, "serve", "--simulate", "--every", "1s", "--listen", "127.0.0.1:0",
		"--store", "sqlite:" + filepath.Join(dir, "store.db"),
	}
	if os.Geteuid() == 0 { // the unit's user is another one
		words = slices.Concat([]string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"}, words)
	}
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, stdout, " ok ")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the daemon ends: %v", err)
	}
	ended := regexp.MustCompile(`(?m)^` + strconv.Itoa(cmd.Process.Pid) + ` +\+\+\+ exited`)
	for until := time.Now().Add(20 * time.Second); !ended.MatchString(read(t, trace)); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("strace does not tell of the end")
		}
	}
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\d+ +([a-z0-9_]+)\(`).FindAllStringSubmatch(read(t, trace), -1) {
		used[m[1]] = true
	}
	if len(used) < 20 {
		t.Fatalf("strace saw %d system calls", len(used))
	}
	return used
}
