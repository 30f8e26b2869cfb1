package app_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/app"
)

// A password that is taken away while the daemon runs takes the profiles with it, but on
// this machine, and the next reload says so.
func TestProfilesGoWithThePassword(t *testing.T) {
	dir := t.TempDir()
	file, web := filepath.Join(dir, "loginwatch.yaml"), filepath.Join(dir, "web.yaml")
	place := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	place(web, "basic_auth_users:\n  ops: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi\n")
	place(file, "listen: :9713\nweb_config: web.yaml\npprof: true\n"+configFile("first"))
	files := app.Files{Config: file}
	read, problems := files.Read()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d, err := app.NewDaemon(t.Context(), read.Config, app.DaemonOptions{Files: files, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Start(t.Context(), read); err != nil {
		t.Fatal(err)
	}
	defer d.Stop()
	ask := func(local, path string) int {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = "localhost"
		at, err := net.ResolveTCPAddr("tcp", local)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		d.Handler().ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(at))))
		return w.Code
	}
	steps := func(reached int, paths ...string) {
		t.Helper()
		for _, path := range paths {
			if got := ask("192.0.2.1:9713", path); got != reached {
				t.Errorf("%s over a network: status %d, want %d", path, got, reached)
			}
			if got := ask("127.0.0.1:9713", path); got != http.StatusOK {
				t.Errorf("%s on this machine: status %d", path, got)
			}
		}
	}
	steps(http.StatusOK, "/debug/pprof/", "/debug/pprof/heap", "/metrics")
	place(web, "# nothing\n")
	steps(http.StatusForbidden, "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/profile?seconds=1", "/debug/pprof/symbol", "/debug/pprof/trace?seconds=1")
	steps(http.StatusOK, "/metrics")
	if _, err := d.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), `loginwatch.yaml:3:8: "pprof" would show profiles to whoever reaches :9713, since web_config lets everybody in`) {
		t.Errorf("a reload says: %v", err)
	}
}
