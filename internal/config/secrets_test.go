package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loginwatch/loginwatch/internal/secret"
)

func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path, want string
		err        string // what the error ends with
	}{
		{write("plain", marker), marker, ""},
		{write("line", marker+"\n"), marker, ""},
		{write("windows", marker+"\r\n"), marker, ""},
		{write("largest", strings.Repeat("x", 64<<10)), strings.Repeat("x", 64<<10), ""},
		{write("empty", ""), "", ""},
		{write("empty-line", "\n"), "", ""},
		{write("larger", marker+strings.Repeat("x", 64<<10)), "", ": larger than 64 KiB"},
		{filepath.Join(dir, "absent"), "", ": no such file or directory"},
		{dir, "", ": not a regular file"},
		{pipe, "", ": not a regular file"},
	}
	for _, test := range tests {
		t.Run(filepath.Base(test.path), func(t *testing.T) {
			source := &references{of: map[string]secret.Reference{"token": {Kind: secret.File, From: test.path}}}
			value, found, err := source.Secret("token")
			if value != test.want || found != (test.want != "") {
				t.Errorf("found %v, %d characters, want %d", found, len(value), len(test.want))
			}
			switch {
			case test.err == "" && err != nil:
				t.Errorf("error %v", err)
			case test.err != "" && (err == nil || err.Error() != "secret file "+test.path+test.err):
				t.Errorf("error %v, want one that ends with %q", err, test.err)
			}
		})
	}
}

// TestSecretsAreReadWhenUsed: a file that the operator replaced counts at once.
func TestSecretsAreReadWhenUsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	source := &references{of: map[string]secret.Reference{"token": {Kind: secret.File, From: path}}}
	for _, want := range []string{"first", "second"} {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, _, err := source.Secret("token"); got != want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("LOGINWATCH_ACME_LOGIN_PUBLIC_KEY", marker)
	t.Setenv("LOGINWATCH_ACME_LOGIN_USER", "")
	source := FromEnvironment("acme-login")
	if value, found, err := source.Secret("public_key"); value != marker || !found || err != nil {
		t.Errorf("a set variable: found %v, %v", found, err)
	}
	for _, missing := range []string{"user", "password"} {
		if value, found, err := source.Secret(missing); value != "" || found || err != nil {
			t.Errorf("%s is empty or unset, and so missing: %q, %v, %v", missing, value, found, err)
		}
	}
	if got := source.Origin("public_key"); got != "env:LOGINWATCH_ACME_LOGIN_PUBLIC_KEY" {
		t.Errorf("origin %q", got)
	}
}

func TestStatic(t *testing.T) {
	source := Static("the simulator", map[string]string{"password": marker, "user": ""})
	if value, found, err := source.Secret("password"); value != marker || !found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	if _, found, _ := source.Secret("user"); found {
		t.Error("an empty secret is a missing one")
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if text := fmt.Sprintf(verb, source); strings.Contains(text, marker) || strings.Contains(text, fmt.Sprintf("%x", marker)) {
			t.Errorf("%s prints the secret: %s", verb, text)
		}
	}
	if source.Origin("password") != "the simulator" {
		t.Errorf("origin %q", source.Origin("password"))
	}
}
