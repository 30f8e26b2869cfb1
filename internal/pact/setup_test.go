//go:build pact

package pact_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// setup is a checkout in a folder with a space in its name, whose npm is a
// script: it installs two small files in the places of the real ones.
type setup struct{ dir, tools string }

func newSetup(t *testing.T) *setup {
	t.Helper()
	s := &setup{dir: filepath.Join(t.TempDir(), "a checkout"), tools: t.TempDir()}
	for _, name := range []string{"pact-setup", "quietly"} {
		data, err := os.ReadFile(filepath.Join("..", "..", ".ci", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, s.dir, ".ci/"+name, string(data))
	}
	write(t, s.dir, "tools/pact/package.json", "{}")
	write(t, s.dir, "tools/pact/package-lock.json", "{}")
	library, program := "pact-core-linux-x64-glibc/prebuilds/linux-x64/libpact_ffi.so", "pact-cli-linux-x64/standalone/pact"
	write(t, s.dir, "tools/pact/sha256", fmt.Sprintf("%x  %s\n%x  %s\n",
		sha256.Sum256([]byte("library\n")), library, sha256.Sum256([]byte("program\n")), program))
	s.tool(t, "uname", "case $1 in -s) echo Linux ;; -m) echo x86_64 ;; esac\n")
	s.npm(t, "library", "program")
	return s
}

// tool puts a script before the system's program of that name.
func (s *setup) tool(t *testing.T, name, script string) {
	write(t, s.tools, name, "#!/usr/bin/env bash\n"+script)
}

// npm installs files with the given contents, and counts its calls.
func (s *setup) npm(t *testing.T, library, program string) {
	s.tool(t, "npm", `echo call >>calls
to=bin/pact/node_modules/@pact-foundation
mkdir -p $to/pact-core-linux-x64-glibc/prebuilds/linux-x64 $to/pact-cli-linux-x64/standalone
[ -z "`+library+`" ] || echo "`+library+`" >$to/pact-core-linux-x64-glibc/prebuilds/linux-x64/libpact_ffi.so
echo "`+program+`" >$to/pact-cli-linux-x64/standalone/pact
`)
}

func (s *setup) run(t *testing.T, env ...string) (out string, ok bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(s.dir, ".ci", "pact-setup"))
	cmd.Env = append(append(os.Environ(), "PATH="+s.tools+string(os.PathListSeparator)+os.Getenv("PATH")), env...)
	data, err := cmd.CombinedOutput()
	return string(data), err == nil
}

func (s *setup) calls(t *testing.T) int {
	data, err := os.ReadFile(filepath.Join(s.dir, "calls"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Count(string(data), "call")
}

// The set-up fetches once, sees what was changed behind its back, and names
// what is missing.
func TestSetup(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	for range 2 {
		if out, ok := s.run(t); !ok || s.calls(t) != 1 {
			t.Fatalf("%v, npm called %d times: %s", ok, s.calls(t), out)
		}
	}
	library := filepath.Join(s.dir, "bin", "pact", "libpact_ffi.so")
	if data, err := os.ReadFile(library); err != nil || string(data) != "library\n" {
		t.Errorf("the library is %q: %v", data, err)
	}
	write(t, s.dir, "bin/pact/libpact_ffi.so", "another\n")
	if out, ok := s.run(t); !ok || s.calls(t) != 2 {
		t.Errorf("a changed library: %v, npm called %d times: %s", ok, s.calls(t), out)
	}
	write(t, s.dir, "tools/pact/package-lock.json", "{ }")
	if out, ok := s.run(t); !ok || s.calls(t) != 3 {
		t.Errorf("a changed lock file: %v, npm called %d times: %s", ok, s.calls(t), out)
	}
}

func TestSetupNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*setup)
		env    string
		says   string
	}{
		{"a library that is not the pinned one", func(s *setup) { s.npm(t, "another", "program") }, "", "libpact_ffi.so is not the pinned file"},
		{"a program that is not the pinned one", func(s *setup) { s.npm(t, "library", "another") }, "", "standalone/pact is not the pinned file"},
		{"a package that npm leaves out", func(s *setup) { s.npm(t, "", "program") }, "", "npm did not install pact-core-linux-x64-glibc"},
		{"npm that fails", func(s *setup) { s.tool(t, "npm", "echo no network >&2; exit 1\n") }, "", "no network"},
		{"another platform", func(s *setup) { s.tool(t, "uname", "case $1 in -s) echo Plan9 ;; -m) echo mips ;; esac\n") }, "", "Pact publishes no library for plan9 on mips"},
		{"no C compiler", func(*setup) {}, "CC=no-such-compiler", `the C compiler "no-such-compiler" is not installed`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t)
			test.change(s)
			out, ok := s.run(t, test.env)
			if ok || !strings.Contains(out, test.says) {
				t.Errorf("%v: %s", ok, out)
			}
			if _, err := os.Stat(filepath.Join(s.dir, "bin", "pact", "done")); err == nil {
				t.Error("the set-up passes for done")
			}
		})
	}
}

// Without npm the set-up says where to get it.
func TestSetupWithoutNPM(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	if err := os.Remove(filepath.Join(s.tools, "npm")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bash", "dirname", "env", "awk", "cat", "cksum", "tr", "cut", "sha256sum", "go", "gcc", "ls"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(s.tools, name)); err != nil {
			t.Fatal(err)
		}
	}
	out, ok := s.run(t, "PATH="+s.tools)
	if ok || !strings.Contains(out, "npm is not installed") {
		t.Errorf("%v: %s", ok, out)
	}
}
