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
			app.WarnOfJobs(&said, files)
			if got := said.String(); strings.Count(got, "\n") != strings.Count(tt.want, "warning") || !strings.HasPrefix(got, tt.want) {
				t.Errorf("said %q, want %q", got, tt.want)
			}
		})
	}
}

// That a quota will not last is said before anything is sent, once for each address.
func TestWarnOfQuota(t *testing.T) {
	for name, tt := range map[string]struct{ quota, schedule, want string }{
		"enough":     {"{logins: 288, per: day}", "@every 5m", ""},
		"of a day":   {"{logins: 287, per: day}", "@every 5m", "loginwatch: warning: signzy-ezkra/first: the schedules at its address ask for 288 logins a day, and the quota is 287: the slots beyond that will be skipped\n"},
		"of a month": {"{logins: 20, per: month, zone: Asia/Kolkata}", "0 0 * * *", "loginwatch: warning: signzy-ezkra/first: the schedules at its address ask for "},
		"by two targets": {"{logins: 500, per: day}\n  second:\n    vendor: signzy-ezkra\n    base_url: https://login.example.com\n    secrets: {username: env:PATH, password: env:HOME}", "@every 5m",
			"loginwatch: warning: signzy-ezkra/first: the schedules at its address ask for 576 logins a day"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "loginwatch.yaml")
			text := "targets:\n  first:\n    vendor: signzy-ezkra\n    base_url: https://login.example.com\n    secrets: {username: env:PATH, password: env:PATH}\n    quota: " +
				tt.quota + "\nprobes:\n  signzy-ezkra/login: {schedule: '" + tt.schedule + "'}\n"
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			files, problems := app.Files{Config: file}.Read()
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			var said strings.Builder
			app.WarnOfJobs(&said, files)
			if got := said.String(); !strings.HasPrefix(got, tt.want) || strings.Count(got, "\n") != strings.Count(tt.want, "warning") {
				t.Errorf("said %q, want %q", got, tt.want)
			}
		})
	}
}

// What next secrets will come to is said before a login is made with one.
func TestWarnOfNextSecrets(t *testing.T) {
	const (
		one   = ", next_secrets: {password: file:next}"
		other = ", next_secrets: {password: file:other}"
	)
	for name, tt := range map[string]struct{ store, first, second, want string }{
		"both alike": {"", one, one, ""},
		"none":       {"store: {url: memory}\n", "", "", ""},
		"one of the account": {"", one, "", "loginwatch: warning: the targets first and second log in as signzy-ezkra/password=env:HOME,username=env:PATH, " +
			"but do not name the same next secrets: once a next one has taken over, the target without it goes on with the old one\n"},
		"another one": {"", one, other, "loginwatch: warning: the targets first and second log in as"},
		"memory": {"store: {url: memory}\n", one, one, "loginwatch: warning: signzy-ezkra/first names next secrets, and a store in memory forgets what became of them: after each restart one login tries them again\n" +
			"loginwatch: warning: signzy-ezkra/second names next secrets"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "loginwatch.yaml")
			target := func(name, next string) string {
				return "  " + name + ": {vendor: signzy-ezkra, base_url: https://login.example.com, secrets: {username: env:PATH, password: env:HOME}" + next + "}\n"
			}
			if err := os.WriteFile(file, []byte(tt.store+"targets:\n"+target("first", tt.first)+target("second", tt.second)), 0o600); err != nil {
				t.Fatal(err)
			}
			files, problems := app.Files{Config: file}.Read()
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			var said strings.Builder
			app.WarnOfJobs(&said, files)
			if got := said.String(); !strings.HasPrefix(got, tt.want) || strings.Count(got, "\n") != strings.Count(tt.want, "warning") {
				t.Errorf("said %q, want %q", got, tt.want)
			}
		})
	}
}
