package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const (
	steadyEvery = 2 // seconds
	movingVia   = "signzy-ezkra/moving"
)

func steadyName(i int) string { return fmt.Sprintf("steady-%03d", i) }

// good is a configuration that is as it should be. Steady targets stay; the others change
// their names, come and go, and their probe stands in one pack or another, with another
// schedule, or nowhere.
func (r *reloading) good(i int) string {
	var b strings.Builder
	pack := i % 4 // of which 2 and 3 name none
	fmt.Fprintf(&b, "listen: %s\nstore: {url: 'sqlite:loginwatch.db'}\n", r.address)
	if pack < 2 {
		fmt.Fprintf(&b, "packs: [pack-%d]\n", pack)
	}
	b.WriteString("targets:\n")
	target := func(name string, user int) {
		fmt.Fprintf(&b, "  %s:\n    vendor: signzy-ezkra\n    base_url: %s/t/%s\n    secrets: {username: env:USER_%d, password: env:PASSWORD}\n", name, r.base, name, user)
	}
	var steady, moving []string
	for n := range r.steady {
		target(steadyName(n), n)
		steady = append(steady, steadyName(n))
	}
	for n := range r.moving {
		if i > 0 && n > 0 && r.rand.IntN(3) == 0 {
			continue
		}
		name := fmt.Sprintf("moving-%03d", n)
		if n%5 == 1 {
			name = fmt.Sprintf("moving-%03d-%d", n, i%3)
		}
		if pack == 2 { // the other probe's logins may still be under way
			name += "-too"
		}
		target(name, r.steady+n)
		moving = append(moving, name)
	}
	if pack == 2 { // they are logged in to by the same probe as the steady ones, which is their own otherwise
		steady = append(steady, moving...)
	}
	fmt.Fprintf(&b, "probes:\n  signzy-ezkra/login: {schedule: '@every %ds', targets: [%s]}\n", steadyEvery, strings.Join(steady, ", "))
	if pack < 2 {
		fmt.Fprintf(&b, "  %s: {schedule: '@every %ds', targets: [%s]}\n", movingVia, 1+i%3, strings.Join(moving, ", "))
	}
	return b.String()
}

// packs writes the packs that the probe of what changes stands in by turns.
func (r *reloading) packs() {
	for i := range 2 {
		dir := filepath.Join(r.dir, fmt.Sprintf("pack-%d", i), "probes")
		text := "vendor: signzy-ezkra\nprobes:\n  moving: {schedule: '@every 5s', timeout: 10s, objectives: {availability: 0.9, correctness: 0.9, latency: {quantile: 0.9, seconds: 1}}, steps: [{case: valid-credentials}]}\n"
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "signzy-ezkra.yaml"), []byte(text), 0o644)); err != nil {
			r.t.Fatal(err)
		}
	}
}

// badFile is one way in which the configuration can't be read.
type badFile struct {
	name  string
	write func(path, good string) error
}

// badFiles have every way, and none keeps a reload waiting.
var badFiles = []badFile{
	{"no YAML", instead(func(good string) string { return good + "targets: [\n" })},
	{"an unknown key", instead(func(good string) string { return good + "listne: 127.0.0.1:1\n" })},
	{"an unknown vendor", instead(func(good string) string { return strings.Replace(good, "vendor: signzy-ezkra", "vendor: nobody", 1) })},
	{"an unknown probe", instead(func(good string) string { return good + "  signzy-ezkra/never: {enabled: false}\n" })},
	{"a secret that is missing", instead(func(good string) string { return strings.Replace(good, ", password: env:PASSWORD", "", 1) })},
	{"a secret that stands there", instead(func(good string) string { return strings.Replace(good, "env:PASSWORD", "password@123", 1) })},
	{"a schedule that is none", instead(func(good string) string { return strings.Replace(good, "'@every", "'@evry", 1) })},
	{"a target twice", instead(func(good string) string { return strings.Replace(good, "  steady-001:", "  steady-000:", 1) })},
	{"a pack that is missing", instead(func(good string) string { return "packs: [gone]\n" + withoutPacks(good) })},
	{"a pack that is a file", instead(func(good string) string { return "packs: [loginwatch.yaml]\n" + withoutPacks(good) })},
	{"a certificate that is missing", instead(func(good string) string {
		return strings.Replace(good, "vendor: signzy-ezkra", "ca_file: gone.pem\n    vendor: signzy-ezkra", 1)
	})},
	{"cut in the middle", instead(func(good string) string { return good[:strings.LastIndex(good, "env:PASSWORD")] })},
	{"empty", instead(func(string) string { return "" })},
	{"no text", instead(func(string) string { return "\x00\xff\xfe\x00" })},
	{"too large", func(path, good string) error {
		return errors.Join(os.WriteFile(path, []byte(good), 0o644), os.Truncate(path, 1<<30))
	}},
	{"missing", func(string, string) error { return nil }},
	{"unreadable", func(path, good string) error {
		return errors.Join(os.WriteFile(path, []byte(good), 0o600), os.Chmod(path, 0))
	}},
	{"a folder", func(path, _ string) error { return os.Mkdir(path, 0o755) }},
	{"a link to itself", func(path, _ string) error { return os.Symlink(path, path) }},
	{"a link to nothing", func(path, _ string) error { return os.Symlink(path+".gone", path) }},
	{"a pipe that nobody writes", func(path, _ string) error { return syscall.Mkfifo(path, 0o644) }},
	{"a device that never ends", func(path, _ string) error { return os.Symlink("/dev/zero", path) }},
}

// instead writes what is made of a good file.
func instead(of func(good string) string) func(path, good string) error {
	return func(path, good string) error { return os.WriteFile(path, []byte(of(good)), 0o644) }
}

func withoutPacks(good string) string {
	return strings.NewReplacer("packs: [pack-0]\n", "", "packs: [pack-1]\n", "").Replace(good)
}

// ownFolder is one that another user may be given.
func ownFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lwchaos")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// nobodyIfRoot gives a folder to somebody whom the modes of files bind, and tells who that
// is; nil for this user.
func nobodyIfRoot(t *testing.T, dir string) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	const nobody = 65534
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: nobody, Gid: nobody}
}

// ownProgram copies the program to where another user may run it.
func ownProgram(t *testing.T, dir string) (path string) {
	t.Helper()
	program, err := exec.LookPath(theProgram())
	var text []byte
	if err == nil {
		text, err = os.ReadFile(program)
	}
	path = filepath.Join(dir, "loginwatch")
	if err := errors.Join(err, os.WriteFile(path, text, 0o755)); err != nil {
		t.Fatal(err)
	}
	return path
}
