package main

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/app"
)

// storeVerbs are those that use a store. Those that log in come first; the others only
// look, but for the copy that a backup writes.
var storeVerbs = []string{
	"serve", "verify signzy-ezkra --case valid-credentials",
	"history list", "sla signzy-ezkra --month MONTH", "credentials list", "drift list", "store check", "store export", "export html signzy-ezkra", "store backup --to copy.db",
}

// storeCause is what is wrong with a store, and how it is told.
type storeCause struct {
	spoil func(t *testing.T, dir string)
	under []string          // a program in front of the verb
	logs  string            // say those that log in, in one line
	looks map[string]string // say others; "" for nothing of it
	codes map[string]int    // of those; 0 where they have what they need
}

// Whatever is wrong with a store, each verb says so in one line, which names the store and
// what to do; nothing is sent; and what only looks goes on where reading is enough.
func TestStoreCauses(t *testing.T) {
	sent := new(atomic.Int64)
	seed := newStoreSeed(t, sent)
	chmod := func(path string, mode os.FileMode) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Chmod(filepath.Join(dir, path), mode); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, path), 0o700) }) // or it stays for ever
		}
	}
	all := func(says string) map[string]string {
		m := map[string]string{}
		for _, verb := range storeVerbs[2:] {
			m[verb] = says
		}
		return m
	}
	key := func(says string) map[string]string {
		return map[string]string{"store check": "", "store backup --to copy.db": "loginwatch: warning: store s/the.db: its key can't be used: " + says}
	}
	const readOnly = "it can't be written: it, or its folder, is read-only for this user: make both writable"
	for name, cause := range map[string]storeCause{
		"locked":             {spoil: lockStore, logs: "another process holds it for longer than 5s: find and end that one"},
		"a read-only file":   {spoil: chmod("s/the.db", 0o400), logs: readOnly},
		"a read-only folder": {spoil: chmod("s", 0o500), logs: readOnly},
		"a full disk": {
			under: []string{"bash", "-c", `ulimit -f 0; exec "$@"`, "bash"}, logs: "the disk could not be read or written: make room",
			looks: map[string]string{"store backup --to copy.db": "the disk could not be read or written: make room"}, codes: map[string]int{"store backup --to copy.db": exitOurs},
		},
		"a missing key": {
			spoil: func(t *testing.T, dir string) { t.Helper(); inStore(t, dir, nil) },
			logs:  "its key is missing", looks: key("it is missing"), codes: map[string]int{"store check": exitOurs},
		},
		"another key": {
			spoil: func(t *testing.T, dir string) { t.Helper(); inStore(t, dir, []byte(strings.Repeat("0", 64))) },
			logs:  "is another one than it was written with: put that one back", looks: key("it is another one"), codes: map[string]int{"store check": exitOurs},
		},
		"no folder": {
			spoil: func(t *testing.T, dir string) {
				t.Helper()
				if err := os.RemoveAll(filepath.Join(dir, "s")); err != nil {
					t.Fatal(err)
				}
			},
			logs: "its folder has to be there: make it, or name another file", looks: all("there is none yet, serve makes it"), codes: map[string]int{"": exitOurs},
		},
	} {
		for i, verb := range storeVerbs {
			t.Run(name+"/"+verb, func(t *testing.T) {
				t.Parallel()
				dir := seed.again(t)
				if cause.spoil != nil {
					cause.spoil(t, dir)
				}
				says, code := cause.looks[verb], cause.codes[verb]+cause.codes[""]
				if i < 2 {
					says, code = cause.logs, exitOurs
				}
				got, told := seed.run(t, dir, append(cause.under, append([]string{filepath.Join(seed.dir, "loginwatch")}, strings.Fields(strings.Replace(verb, "MONTH", time.Now().UTC().Format("2006-01"), 1))...)...))
				if told = strings.TrimSpace(told); got != code || !strings.Contains(told, says) || (told == "") != (says == "") || strings.Contains(told, "\n") ||
					says != "" && !strings.Contains(told, "the.db") {
					t.Errorf("it ends with %d, want %d, and says\n%s\nwant %q", got, code, told, says)
				}
			})
		}
	}
	t.Cleanup(func() {
		if n := sent.Load(); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

// storeSeed is a store that was used, for copies of it that are spoilt.
type storeSeed struct {
	dir string
	as  *syscall.Credential // who is bound by the modes of files; nil for this user
}

// newStoreSeed has a daemon make one, and counts what is sent from then on.
func newStoreSeed(t *testing.T, sent *atomic.Int64) *storeSeed {
	t.Helper()
	files, problems := app.Files{}.Read()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	targets, stop, err := app.StartSimulators(t.Context(), files.Catalog.Contracts, files.Catalog.Probes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	base := targets["signzy-ezkra"][0].BaseURL
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: base.Scheme, Host: base.Host})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sent.Add(1); proxy.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	dir, err := os.MkdirTemp("", "lwcauses")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &storeSeed{dir: dir}
	if os.Getuid() == 0 { // whom no mode binds
		s.as = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	for _, secret := range files.Catalog.Contract("signzy-ezkra").Secrets {
		t.Setenv(variable("signzy-ezkra", secret.Name), secret.Demo)
	}
	config := "listen: 127.0.0.1:0\nstore: {url: 'sqlite:s/the.db'}\ntargets:\n  first:\n    vendor: signzy-ezkra\n    base_url: " + server.URL + base.Path +
		"\n    secrets: {username: env:LOGINWATCH_SIGNZY_EZKRA_USERNAME, password: env:LOGINWATCH_SIGNZY_EZKRA_PASSWORD}\nprobes:\n  signzy-ezkra/login: {schedule: '@every 1s'}\n"
	program, err := os.Executable()
	var text []byte
	if err == nil {
		text, err = os.ReadFile(program)
	}
	if err := errors.Join(err, os.WriteFile(filepath.Join(dir, "loginwatch"), text, 0o755), os.WriteFile(filepath.Join(dir, "loginwatch.yaml"), []byte(config), 0o644),
		os.Mkdir(filepath.Join(dir, "s"), 0o755), os.Chmod(dir, 0o711)); err != nil {
		t.Fatal(err)
	}
	p := startProcess(t, filepath.Join(dir, "loginwatch.yaml"))
	for range 2 { // the second that goes on is not in a month's figures yet
		p.says("run finished.*verdict=ok")
	}
	p.endsWell()
	sent.Store(0)
	return s
}

// again gives a folder with the configuration and the store.
func (s *storeSeed) again(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(s.dir, "copy")
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, "s"), 0o755)
	}
	for _, name := range []string{"loginwatch.yaml", "s/the.db", "s/the.db.key"} {
		text, failed := os.ReadFile(filepath.Join(s.dir, name))
		err = errors.Join(err, failed, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	for _, name := range []string{"", "loginwatch.yaml", "s", "s/the.db", "s/the.db.key"} {
		if s.as != nil {
			err = errors.Join(err, os.Chown(filepath.Join(dir, name), int(s.as.Uid), int(s.as.Gid)))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// run runs a verb in a folder, and gives how it ends and what it says of errors.
func (s *storeSeed) run(t *testing.T, dir string, args []string) (code int, told string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], append(args[1:], "--config", "loginwatch.yaml")...)
	var says strings.Builder
	cmd.Dir, cmd.Stderr, cmd.SysProcAttr = dir, &says, &syscall.SysProcAttr{Credential: s.as}
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), says.String()
}

// inStore gives the store another key, or none.
func inStore(t *testing.T, dir string, key []byte) {
	t.Helper()
	path := filepath.Join(dir, "s", "the.db.key")
	err := os.Remove(path)
	if key != nil {
		err = os.WriteFile(path, key, 0o600)
		if os.Getuid() == 0 {
			err = errors.Join(err, os.Chown(path, 65534, 65534))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// lockStore has another program write the store until the test ends.
func lockStore(t *testing.T, dir string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "s", "the.db"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // what SQLite has made beside it is the other user's as well
		for _, part := range []string{"-wal", "-shm"} {
			if err := os.Chown(filepath.Join(dir, "s", "the.db"+part), 65534, 65534); err != nil {
				t.Fatal(err)
			}
		}
	}
}
