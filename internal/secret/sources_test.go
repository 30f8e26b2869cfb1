package secret_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loginwatch/loginwatch/internal/secret"
)

// marker is a secret of the tests: no error may show any part of it.
const marker = "qX7w-hunter2-9ZbL-correct-horse"

func hasPart(text string) bool {
	for i := range len(marker) - 7 {
		if strings.Contains(text, marker[i:i+8]) {
			return true
		}
	}
	return false
}

func write(t *testing.T, path, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReferences(t *testing.T) {
	for text, want := range map[string]secret.Reference{
		"env:_A1":                {Kind: secret.Env, From: "_A1"},
		"file:a b/c:d":           {Kind: secret.File, From: "a b/c:d"},
		"systemd:db-password@1":  {Kind: secret.Systemd, From: "db-password@1"},
		"exec:pass":              {Kind: secret.Exec, From: "pass"},
		"exec:pass acme/user x":  {Kind: secret.Exec, From: "pass", Key: "acme/user x"},
		"exec:pass $(id)":        {Kind: secret.Exec, From: "pass", Key: "$(id)"}, // no shell sees it
		"env:":                   {},
		"env:A B":                {},
		"file:":                  {},
		"file:a\x00":             {},
		"systemd:":               {},
		"systemd:.":              {},
		"systemd:..":             {},
		"systemd:../etc/shadow":  {},
		"systemd:/etc/shadow":    {},
		"systemd:a/b":            {},
		"systemd:a\nb":           {},
		"exec:":                  {},
		"exec:/bin/cat /etc/abc": {},
		"exec:pass -c":           {},
		"exec:pass ":             {},
		"exec:pass  two":         {},
		"exec:pass a\nb":         {},
		"exec:Pass":              {},
		"vault":                  {},
		"secret":                 {},
		"http://host/":           {},
		"":                       {},
	} {
		got, ok := secret.Parse(text)
		if ok != (want.Kind != "") || ok && got != want {
			t.Errorf("%q: %+v, %t, want %+v", text, got, ok, want)
		}
		if ok && got.String() != text {
			t.Errorf("%q is written as %q", text, got)
		}
	}
}

func TestSystemdCredentials(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "password"), marker+"\n", 0o400)
	write(t, filepath.Join(dir, "large"), strings.Repeat("x", 64<<10+1), 0o400)
	write(t, filepath.Join(dir, "blank"), " \n", 0o400)
	outside := write(t, filepath.Join(t.TempDir(), "outside"), marker, 0o600)
	if err := errors.Join(os.Symlink(outside, filepath.Join(dir, "link")), os.Mkdir(filepath.Join(dir, "folder"), 0o700),
		syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ value, err string }{
		"password": {marker, ""},
		"blank":    {"", ""},
		"absent":   {"", "systemd:absent: no such file or directory in $CREDENTIALS_DIRECTORY: what LoadCredential of the unit names is handed over when it is started"},
		"large":    {"", "systemd:large: larger than 64 KiB"},
		"link":     {"", "systemd:link: path escapes from parent"},
		"folder":   {"", "systemd:folder: not a regular file"},
		"pipe":     {"", "systemd:pipe: not a regular file"},
	} {
		t.Setenv("CREDENTIALS_DIRECTORY", dir)
		value, err := (&secret.Sources{}).Read().Value(secret.Reference{Kind: secret.Systemd, From: name})
		if value != tt.value || said(err) != tt.err {
			t.Errorf("%s: %d bytes, %q, want %q", name, len(value), said(err), tt.err)
		}
		if errors.Is(err, fs.ErrNotExist) != (name == "absent") {
			t.Errorf("%s: it has not come yet: %v", name, err)
		}
		for _, elsewhere := range []string{"", filepath.Join(dir, "none")} {
			t.Setenv("CREDENTIALS_DIRECTORY", elsewhere)
			if value, err := (&secret.Sources{}).Read().Value(secret.Reference{Kind: secret.Systemd, From: name}); err == nil || value != "" || !strings.Contains(err.Error(), "$CREDENTIALS_DIRECTORY") {
				t.Errorf("%s in %q: %v", name, elsewhere, err)
			}
		}
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Each place is asked once for a run, and again for the next one.
func TestReadOnceForARun(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "secret"), "first", 0o600)
	ref := secret.Reference{Kind: secret.File, From: path}
	var sources *secret.Sources
	run := sources.Read()
	for range 2 {
		if v, err := run.Value(ref); v != "first" || err != nil {
			t.Errorf("%q, %v", v, err)
		}
		write(t, path, "second", 0o600)
	}
	if v, err := sources.Read().Value(ref); v != "second" || err != nil {
		t.Errorf("the next run: %q, %v", v, err)
	}
}
