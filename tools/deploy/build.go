package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// output runs a program in a folder and gives what it prints.
func output(dir string, env []string, name string, args ...string) (string, error) {
	var stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), env...), &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return string(out), nil
}

// build compiles the program for each architecture and has it write its manual and
// completions.
func (r release) build() error {
	for _, arch := range r.arches {
		if err := r.compile("linux", arch, filepath.Join(r.stage(arch), "loginwatch")); err != nil {
			return err
		}
	}
	own := r.stage("own")
	program := filepath.Join(r.stage(runtime.GOARCH), "loginwatch") // one that runs here
	if runtime.GOOS != "linux" || !slices.Contains(r.arches, runtime.GOARCH) {
		program = filepath.Join(own, "loginwatch")
		if err := r.compile(runtime.GOOS, runtime.GOARCH, program); err != nil {
			return err
		}
	}
	if err := r.describe(program, own); err != nil {
		return err
	}
	if err := r.notices(own); err != nil {
		return err
	}
	changes, err := os.ReadFile(filepath.Join(r.repo, "CHANGELOG.md"))
	if err != nil {
		return err
	}
	if err := writeGzip(filepath.Join(own, "CHANGELOG.md.gz"), changes); err != nil {
		return err
	}
	// Debian's own form (deb-changelog(5)), for what reads it.
	entry := fmt.Sprintf("loginwatch (%s) unstable; urgency=medium\n\n  * What has changed is in CHANGELOG.md.gz beside this file.\n\n -- The loginwatch authors <loginwatch@example.com>  %s\n",
		r.version, r.date.Format(time.RFC1123Z))
	return writeGzip(filepath.Join(own, "changelog.gz"), []byte(entry))
}

func (r release) compile(goos, arch, program string) error {
	at, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	_, err = output(r.repo, []string{"CGO_ENABLED=0", "GOOS=" + goos, "GOARCH=" + arch, "GOFLAGS="}, "go", "build", "-trimpath",
		"-ldflags=-s -w -buildid= -X main.version="+r.version, "-o", at, "./cmd/loginwatch")
	return err
}

// describe writes the manual, compressed, and the completions.
func (r release) describe(program, dir string) error {
	for _, sub := range []string{"man", "completion"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	at, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if program, err = filepath.Abs(program); err != nil {
		return err
	}
	if _, err := output(at, nil, program, "man", "--date", r.date.Format("2006-01-02"), filepath.Join(at, "man")); err != nil {
		return err
	}
	pages, err := filepath.Glob(filepath.Join(at, "man", "*.1"))
	if err != nil {
		return err
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		if err := writeGzip(page+".gz", text); err != nil {
			return err
		}
		if err := os.Remove(page); err != nil {
			return err
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		script, err := output(at, nil, program, "completion", shell)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(at, "completion", shell), []byte(script), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// notices writes under which terms everything is that a release has: copyright for who has
// nothing else, and copyright.deb for who has the texts that are on every Debian system.
func (r release) notices(dir string) error {
	ours, err := os.ReadFile(filepath.Join(r.repo, "deploy/package/copyright"))
	if err != nil {
		return err
	}
	audit, err := filepath.Abs(r.stage("audit"))
	if err != nil {
		return err
	}
	if _, err := output(r.repo, nil, "go", "-C", "tools/audit", "build", "-o", audit, "."); err != nil {
		return err
	}
	for name, args := range map[string][]string{"copyright": {"notices"}, "copyright.deb": {"notices", "debian"}} {
		theirs, err := output(r.repo, nil, audit, args...)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), append(slices.Clip(ours), theirs...), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// writeGzip compresses without a name and a time, as Debian's policy asks for.
func writeGzip(file string, content []byte) error {
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, buf.Bytes(), 0o644)
}
