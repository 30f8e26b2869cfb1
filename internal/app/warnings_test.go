package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/app"
)

// A store in memory loses what a vendor gives in the place of a secret that it takes
// once: that is said before it happens, and of nothing else.
func TestWarnOfRotation(t *testing.T) {
	pack, err := filepath.Abs("../../packs/oauth-refresh")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ store, secrets, want string }{
		"memory":       {"store: {url: memory}\n", "refresh_token: env:PATH", `loginwatch: warning: oauth-refresh/production takes the secret "refresh_token" (env:PATH) once and replaces it`},
		"a file":       {"", "refresh_token: env:PATH", ""},
		"none to lose": {"store: {url: memory}\n", "access_token: env:PATH", ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "loginwatch.yaml")
			text := tt.store + "packs: ['" + pack + "']\ntargets:\n  production:\n    vendor: oauth-refresh\n    base_url: https://login.example.com\n    secrets: {client_id: env:PATH, client_secret: env:PATH, " + tt.secrets + "}\n"
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			files, _ := app.Files{Config: file}.Read()
			var said strings.Builder
			app.WarnOfRotation(&said, files)
			if got := said.String(); strings.Count(got, "\n") != strings.Count(tt.want, "warning") || !strings.HasPrefix(got, tt.want) {
				t.Errorf("said %q, want %q", got, tt.want)
			}
		})
	}
}
