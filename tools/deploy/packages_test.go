package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Each package is installed, upgraded, removed and, by dpkg, purged in a root of its own.
func TestInstall(t *testing.T) {
	for _, format := range []string{"deb", "rpm"} {
		t.Run(format, func(t *testing.T) {
			script := filepath.Join(t.TempDir(), "script")
			place(t, script, read(t, "testdata/common.sh")+read(t, "testdata/"+format+".sh"), 0o644)
			words := []string{"unshare", "--mount", "sh", "testdata/root.sh", made, script}
			if os.Geteuid() != 0 { // packages make a user
				words = append([]string{"sudo", "-n"}, words...)
			}
			if out, err := command(t, words[0], words[1:]...); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// lintian finds no error in a package, and no warning that its overrides give no reason for.
func TestLintian(t *testing.T) {
	deb := filepath.Join(made, "1.0.0/loginwatch_1.0.0_"+runtime.GOARCH+".deb")
	if out, err := command(t, "lintian", "--allow-root", "--fail-on", "error,warning", deb); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
