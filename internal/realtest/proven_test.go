//go:build real

package realtest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
)

// programs are the servers by the names that contracts know them by: what starts
// them, and what says which version is installed.
var programs = map[string]struct {
	script  string
	version func(*testing.T) string
}{
	"Django":           {"djangologins.py", debian("python3-django")},
	"LoopBack":         {"loopback.js", npm("loopback")},
	"Node-RED":         {"node-red.js", npm("node-red")},
	"PouchDB Server":   {"pouchdb-server.js", npm("pouchdb-server")},
	"Simple JWT":       {"djangologins.py", debian("python3-djangorestframework-simplejwt")},
	"django-otp":       {"djangologins.py", debian("python3-django-otp")},
	"etcd":             {"etcd.js", debian("etcd-server")},
	"json-server-auth": {"json-server-auth.js", npm("json-server-auth")},
	"oidc-provider":    {"oidc-provider.js", npm("oidc-provider")},
	"soap":             {"soap.js", npm("soap")},
	"zitadel/oidc":     {"zitadel", goModule("github.com/zitadel/oidc/v3")},
}

// TestProvenOn holds what contracts say they were proven on to the servers that are
// started here, and to their versions.
func TestProvenOn(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob(filepath.Join("..", "..", "packs", "*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no packs: %v", err)
	}
	names := []string{}
	for _, l := range logins {
		names = append(names, l.vendor)
	}
	for _, folder := range folders {
		names = append(names, filepath.Base(folder))
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		said, started := map[string]bool{}, map[string]bool{}
		for _, s := range load(t, name).ProvenOn {
			said[programs[s.Name].script] = true
			ofVersion(t, name, s)
		}
		for _, l := range logins {
			if script, _, _ := strings.Cut(l.server, " "); l.vendor == name {
				started[script] = true
				if !said[script] {
					t.Errorf("%s is held against %s, which its contract does not say", name, script)
				}
			}
		}
		for script := range said {
			if !started[script] {
				t.Errorf("%s says that it was proven on a server that is not started for it", name)
			}
		}
	}
}

// ofVersion holds a server to the version that is installed.
func ofVersion(t *testing.T, name string, s loginwatch.Server) {
	t.Helper()
	program, known := programs[s.Name]
	if !known {
		t.Errorf("%s was proven on %s, which is none of the servers", name, s)
		return
	}
	if installed := program.version(t); installed != s.Version && !strings.HasPrefix(installed, s.Version+".") {
		t.Errorf("%s was proven on %s, and version %s is installed", name, s, installed)
	}
}

func npm(pkg string) func(*testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		data, err := os.ReadFile(filepath.Join("..", "..", "bin", "real", "node_modules", pkg, "package.json"))
		if err != nil {
			t.Fatal(err)
		}
		var about struct{ Version string }
		if err := json.Unmarshal(data, &about); err != nil {
			t.Fatal(err)
		}
		return about.Version
	}
}

// debian gives the version of the makers, without what Debian puts around it.
func debian(pkg string) func(*testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "dpkg-query", "-W", "-f", "${Version}", pkg).Output()
		if err != nil {
			t.Fatal(err)
		}
		return regexp.MustCompile("^([0-9]+:)?([0-9.]+).*$").ReplaceAllString(string(out), "$2")
	}
}

func goModule(path string) func(*testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		data, err := os.ReadFile(filepath.Join("..", "..", "tools", "real", "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(regexp.QuoteMeta(path) + " v([0-9.]+)").FindSubmatch(data)
		if found == nil {
			t.Fatalf("tools/real/go.mod has no %s", path)
		}
		return string(found[1])
	}
}
