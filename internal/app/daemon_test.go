package app_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/app"
)

// configFile has one daily login of each target, which is never due in a test.
func configFile(targets ...string) string {
	text := "targets:\n"
	for _, name := range targets {
		text += "  " + name + ":\n    vendor: konsign\n    base_url: http://127.0.0.1:1\n" +
			"    secrets: {client_id: \"env:ID_" + name + "\", authorization_id: \"env:SECRET_" + name + "\"}\n"
	}
	return text + "probes:\n  konsign/login: {schedule: \"@every 24h\"}\n"
}

// startDaemon starts one of a file, and gives what writes the file anew.
func startDaemon(t *testing.T, text string) (_ *app.Daemon, write func(text string)) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "loginwatch.yaml")
	write = func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(text)
	files := app.Files{Config: file}
	read, problems := files.Read()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d, err := app.NewDaemon(t.Context(), read.Config, app.DaemonOptions{Files: files, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	if err := d.Start(t.Context(), read); err != nil {
		t.Fatal(err)
	}
	return d, write
}

// A reload that the planner refuses changes nothing that is shown: the log says
// that the old configuration stays in force.
func TestRefusedReloadShowsNothing(t *testing.T) {
	d, write := startDaemon(t, configFile("first"))
	write(configFile("first", "second"))
	if _, err := d.Reload(t.Context()); err != nil || d.Jobs() != 2 || !tellsOf(t, d, "second") {
		t.Fatalf("%d jobs: %v", d.Jobs(), err)
	}
	d.Stop()
	write(configFile("third"))
	if _, err := d.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "the planner was stopped") {
		t.Errorf("a reload of a daemon that ends: %v", err)
	}
	if d.Jobs() != 2 || tellsOf(t, d, "third") || !tellsOf(t, d, "first") || !tellsOf(t, d, "second") {
		t.Errorf("after a refused reload: %d jobs", d.Jobs())
	}
}

// How much is told of each login is changed by a reload, and by none that fails.
func TestReloadChangesTheDetail(t *testing.T) {
	d, write := startDaemon(t, "metrics: {detail: summary}\n"+configFile("first"))
	defer d.Stop()
	for i, test := range []struct {
		detail string // "" reloads nothing
		full   bool
	}{{"", false}, {"full", true}, {"summary", false}, {"some", false}, {"full", true}, {"some", true}} {
		if test.detail != "" {
			write("metrics: {detail: " + test.detail + "}\n" + configFile("first"))
			if restart, err := d.Reload(t.Context()); (err != nil) != (test.detail == "some") || len(restart) > 0 {
				t.Errorf("%d: %v, %v", i, restart, err)
			}
		}
		w := httptest.NewRecorder()
		d.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if full := strings.Contains(w.Body.String(), `verdict="skipped"`); full != test.full {
			t.Errorf("%d: after %q all is told: %t", i, test.detail, full)
		}
	}
}

// tellsOf tells whether both the status page and the metrics have a target.
func tellsOf(t *testing.T, d *app.Daemon, target string) bool {
	t.Helper()
	var found []bool
	for _, path := range []string{"/api/v1/probes", "/metrics"} {
		w := httptest.NewRecorder()
		d.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		body, err := io.ReadAll(w.Result().Body)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, strings.Contains(string(body), `"`+target+`"`))
	}
	if found[0] != found[1] {
		t.Errorf("%s is shown by one alone: %v", target, found)
	}
	return found[0]
}
