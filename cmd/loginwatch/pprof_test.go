package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/app"
)

// Profiles are for this machine, or for who has shown who they are; whatever lets others in
// is refused, also what looks like more than it is.
func TestWhereProfilesMayBeServed(t *testing.T) {
	tls := certificateFiles(t)
	_, authority, _ := strings.Cut(tls, "cert_file: ")
	authority, _, _ = strings.Cut(authority, "\n")
	clients := func(how string, ca bool) string {
		if ca {
			how += "\n  client_ca_file: " + authority
		}
		return tls + "  client_auth_type: " + how + "\n"
	}
	const open, everybody = "would show profiles to whoever reaches", "since web_config lets everybody in"
	for name, tt := range map[string]struct {
		address, web string
		want         string // "" where profiles may be served
	}{
		"this machine":                  {"127.0.0.1:9713", "", ""},
		"another number of it":          {"127.8.0.1:9713", "", ""},
		"IPv6":                          {"[::1]:9713", "", ""},
		"IPv4 as IPv6":                  {"[::ffff:127.0.0.1]:9713", "", ""},
		"localhost":                     {"LocalHost:9713", "", ""},
		"every interface":               {":9713", "", open},
		"every IPv4 interface":          {"0.0.0.0:9713", "", open},
		"every IPv6 interface":          {"[::]:9713", "", open},
		"a network":                     {"192.0.2.1:9713", "", open},
		"a link":                        {"[fe80::1%eth0]:9713", "", open},
		"a name":                        {"watch.example.com:9713", "", open},
		"a name that begins well":       {"localhost.example.com:9713", "", open},
		"a name that looks like it":     {"127.0.0.1.example.com:9713", "", open},
		"no address":                    {"unix:/run/loginwatch.sock", "", open},
		"a password":                    {":9713", withPassword, ""},
		"a password within TLS":         {":9713", tls + withPassword, ""},
		"verified certificates":         {":9713", clients("RequireAndVerifyClientCert", true), ""},
		"an empty web_config":           {":9713", "# nothing\n", everybody},
		"no user":                       {":9713", "basic_auth_users: {}\n", everybody},
		"TLS alone":                     {":9713", tls, everybody},
		"any certificate":               {":9713", clients("RequireAnyClientCert", false), everybody},
		"a certificate if there is one": {":9713", clients("VerifyClientCertIfGiven", true), everybody},
		"certificates of any authority": {":9713", clients("RequireAndVerifyClientCert", false), everybody},
		"a rate limit alone":            {":9713", "rate_limit: {interval: 1h, burst: 0}\n", everybody},
		"a broken web_config":           {":9713", "basic_auth_users: 7\n", everybody},
	} {
		t.Run(name, func(t *testing.T) {
			file := ""
			if tt.web != "" {
				file = filepath.Join(t.TempDir(), "web.yaml")
				if err := os.WriteFile(file, []byte(tt.web), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			err := app.CheckPprof(tt.address, file)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

const aTarget = "targets:\n  first:\n    vendor: konsign\n    base_url: http://127.0.0.1:1\n    secrets: {client_id: \"env:ID\", authorization_id: \"env:SECRET\"}\n"

// vet and serve say at the key, or by the flag, what would be open.
func TestProfilesAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		file, flags string
		vet         bool // knows of it, since it is of the file
		want        string
	}{
		"the key":                   {"listen: 0.0.0.0:0\npprof: true\n", "", true, `loginwatch.yaml:2:8: "pprof" would show profiles to whoever reaches 0.0.0.0:0: listen on 127.0.0.1, or have web_config`},
		"the key, another address":  {"listen: 127.0.0.1:0\npprof: true\n", "--listen [::]:0", false, `loginwatch.yaml:2:8: "pprof" would show profiles to whoever reaches [::]:0`},
		"the flag":                  {"listen: 0.0.0.0:0\n", "--pprof", false, "loginwatch.yaml: --pprof would show profiles to whoever reaches 0.0.0.0:0"},
		"the flag, without a file":  {"", "--pprof --listen [::]:0", false, "pprof would show profiles to whoever reaches [::]:"},
		"a web_config that is open": {"listen: :0\npprof: true\nweb_config: web.yaml\n", "", true, "since web_config lets everybody in"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "loginwatch.yaml")
			for path, text := range map[string]string{file: tt.file + aTarget, filepath.Join(dir, "web.yaml"): "# nothing\n"} {
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			watch := []string{"serve", "--simulate"}
			if tt.file != "" {
				watch = []string{"serve", "--config", file}
				if code, out := ran(t, "vet", "--config", file); strings.Contains(out, "would show profiles") != tt.vet || (code != 0) != tt.vet {
					t.Errorf("vet ends with %d and says:\n%s", code, out)
				}
			}
			if code, out := ran(t, append(watch, strings.Fields(tt.flags)...)...); code == 0 || !strings.Contains(out, tt.want) {
				t.Errorf("serve ends with %d and says:\n%s", code, out)
			}
		})
	}
}

func ran(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // what is not refused goes on
	defer cancel()
	var o output
	code = run(ctx, args, environment{stdout: &o, stderr: &o})
	return code, o.String()
}

// Where profiles are served, memory is one of them, though the program keeps none otherwise.
func TestMemoryIsProfiled(t *testing.T) {
	dir, address := ownFolder(t), freeAddress(t)
	file := filepath.Join(dir, "loginwatch.yaml")
	if err := os.WriteFile(file, []byte("listen: "+address+"\npprof: true\nstore: {url: 'sqlite:loginwatch.db'}\ntargets:\n  t:\n    vendor: konsign\n    base_url: http://127.0.0.1:1\n    secrets: {client_id: env:NONE, authorization_id: env:NONE}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	d := launching{file: file, address: address, env: os.Environ(), as: nobodyIfRoot(t, dir), program: ownProgram(t, dir)}.start(t)
	defer d.stop()
	if !d.ready() {
		t.Fatalf("it did not start:\n%s", d.log)
	}
	code, body, err := d.ask(http.MethodGet, "/debug/pprof/heap?debug=1")
	first, _, _ := strings.Cut(string(body), "\n")
	if err != nil || code != http.StatusOK || !strings.HasSuffix(first, "@ heap/"+strconv.Itoa(2*profiled)) {
		t.Errorf("%d %q %v", code, first, err)
	}
}
