package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
)

// sourced gives the jobs of a configuration for a vendor, one for each target.
func sourced(t *testing.T, dir, text string) []loginwatch.Job {
	t.Helper()
	p, err := example()
	if err != nil {
		t.Fatal(err)
	}
	conf, problems := config.Parse(filepath.Join(dir, "loginwatch.yaml"), []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	jobs, problems := conf.Assign([]*loginwatch.Contract{p.Contract}, []*loginwatch.Probe{p}, config.Options{ParseBegins: app.ParseBegins})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return jobs
}

// A source that hangs or fails sends nothing, is told by name, and is neither the
// vendor's time nor any other login's.
func TestSecretSourcesThatFail(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	t.Setenv("LOGINWATCH_TEST_TOKEN", "a-token")
	file(t, dir, "fails", "#!/bin/sh\necho "+password+" >&2\necho "+password+"\nexit 7\n")
	file(t, dir, "hangs", "#!/bin/sh\necho "+password+"\nexec sleep 1000\n")
	file(t, dir, "prints-nothing", "#!/bin/sh\nexit 0\n")
	v := newPasswords(t)
	v.take(password, true)
	jobs := sourced(t, dir, fmt.Sprintf(`
secret_sources:
  timeout: 2s
  vault: {address: "http://127.0.0.1:1", token: env:LOGINWATCH_TEST_TOKEN}
  commands: {fails: {run: [./fails]}, hangs: {run: [./hangs]}, prints-nothing: {run: [./prints-nothing]}}
targets:
  absent: {vendor: example, base_url: %[1]q, secrets: {password: systemd:absent}}
  fails: {vendor: example, base_url: %[1]q, secrets: {password: exec:fails one}}
  hangs: {vendor: example, base_url: %[1]q, secrets: {password: exec:hangs, session: exec:hangs again}}
  prints-nothing: {vendor: example, base_url: %[1]q, secrets: {password: exec:prints-nothing}}
  vault: {vendor: example, base_url: %[1]q, secrets: {password: "vault:secret/data/example#password"}}
  works: {vendor: example, base_url: %[1]q, secrets: {password: file:password}}
`, v.URL))
	file(t, dir, "password", password)
	w := newWatch(t, app.EngineOptions{}, jobs...)
	hung := make(chan struct{})
	for _, j := range jobs {
		if j.Target.Name == "hangs" {
			go func() {
				defer close(hung)
				w.slot(t.Context(), j)
			}()
		}
	}
	for _, j := range jobs {
		if j.Target.Name != "hangs" {
			w.slot(t.Context(), j)
		}
	}
	select {
	case <-hung:
		t.Error("the others waited for the one that hangs")
	default:
	}
	<-hung
	want := map[string]string{
		"absent":         "missing or empty: password (systemd:absent: no such file or directory in $CREDENTIALS_DIRECTORY: what LoadCredential of the unit names is handed over when it is started)",
		"fails":          "missing or empty: password (exec:fails one: the command ended with exit status 7; what it wrote to stderr is not shown, run it by hand to see that)",
		"hangs":          "missing or empty: password (exec:hangs: the command had not ended after 2",
		"vault":          "missing or empty: password (vault:secret/data/example#password: our Vault at 127.0.0.1:1 can't be reached: connection refused)",
		"prints-nothing": "missing or empty: password (exec:prints-nothing)",
	}
	for _, run := range w.notes.runs {
		if run.Target == "works" {
			if run.Verdict != loginwatch.OK {
				t.Errorf("%+v", run)
			}
			continue
		}
		if run.Verdict != broken || run.Reason != loginwatch.ReasonSecretMissing || len(run.Steps) > 0 || run.Duration > time.Second ||
			!strings.HasPrefix(run.Detail, want[run.Target]) || strings.Contains(run.Detail, password) {
			t.Errorf("%s: %s %s after %v: %s", run.Target, run.Verdict, run.Reason, run.Duration, run.Detail)
		}
	}
	if len(w.notes.runs) != len(jobs) || v.logins(password) != 1 {
		t.Errorf("%d runs, %d logins", len(w.notes.runs), v.logins(password))
	}
}

func file(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
}

// What a source gives anew counts for the next login, without a reload; and a login asks
// it once, however many secrets it gives.
func TestSecretSourcesThatChange(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	file(t, dir, "counts", "#!/bin/sh\necho once >>"+dir+"/asked\nexec cat "+dir+"/value\n")
	v := newPasswords(t)
	jobs := sourced(t, dir, fmt.Sprintf(`
secret_sources: {commands: {counts: {run: [./counts]}}}
targets:
  exec: {vendor: example, base_url: %[1]q, secrets: {password: exec:counts, session: exec:counts}}
  systemd: {vendor: example, base_url: %[1]q, secrets: {password: systemd:value}}
`, v.URL))
	w := newWatch(t, app.EngineOptions{}, jobs...)
	asked := 0
	for _, value := range []string{"first-password", "second-password"} {
		v.take(value, value == "second-password") // a refused one is looked at for what came along
		file(t, dir, "value", value+"\n")
		for _, j := range w.jobs {
			w.slot(t.Context(), j)
			if j.Target.Name == "exec" {
				asked++
			}
		}
		if v.logins(value) != 2 {
			t.Errorf("%d logins with %s", v.logins(value), value)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "asked")); strings.Count(string(text), "once") != asked || err != nil {
		t.Errorf("%d logins asked for it %d times, %v", asked, strings.Count(string(text), "once"), err)
	}
}
