package charts

import (
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

const compose = repo + "/deploy/compose"

func project(t *testing.T, env ...string) (*types.Project, error) {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{compose + "/compose.yaml"}, cli.WithEnv(env))
	if err != nil {
		t.Fatal(err)
	}
	return options.LoadProject(t.Context())
}

// What docker compose itself is made of takes the file, every file that it mounts is
// there, and every secret that the configuration reads is one that its service has.
func TestCompose(t *testing.T) {
	if _, err := project(t); err == nil || !strings.Contains(err.Error(), "where you have put the image") {
		t.Errorf("without an image: %v", err)
	}
	p, err := project(t, "LOGINWATCH_IMAGE=registry.example.com/loginwatch:1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	mounted := 0
	for _, s := range p.Services {
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind {
				continue
			}
			mounted++
			if _, err := os.Stat(v.Source); err != nil {
				t.Errorf("%s: %v", s.Name, err)
			}
		}
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s is open to the network: %+v", s.Name, port)
			}
		}
	}
	if mounted < 6 || len(p.Services) != 5 {
		t.Errorf("%d services, %d mounts", len(p.Services), mounted)
	}
	var has []string
	for _, secret := range p.Services["loginwatch"].Secrets {
		has = append(has, secret.Source)
	}
	config := read(t, compose+"/loginwatch.yaml")
	for _, m := range regexp.MustCompile(`file:/run/secrets/(\S+)`).FindAllStringSubmatch(config, -1) {
		if !slices.Contains(has, m[1]) {
			t.Errorf("the service has no secret %q, but %q", m[1], has)
		}
	}
	vet(t, config)
}

// Each of the services reads its own file, which names the others as compose does.
func TestComposeFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "rules"), os.DirFS(repo+"/dashboards/prometheus/rules")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/prometheus.yml", []byte(read(t, compose+"/prometheus.yml")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, words := range [][]string{
		{"promtool", "check", "config", dir + "/prometheus.yml"},
		{"amtool", "check-config", compose + "/alertmanager.yml"},
	} {
		out, err := exec.CommandContext(t.Context(), words[0], words[1:]...).CombinedOutput()
		if err != nil || words[0] == "promtool" && !strings.Contains(string(out), "rules found") {
			t.Errorf("%s: %v\n%s", words[0], err, out)
		}
	}
	p, err := project(t, "LOGINWATCH_IMAGE=registry.example.com/loginwatch:1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`targets: \['([^']+)'\]`).FindAllStringSubmatch(read(t, compose+"/prometheus.yml"), -1) {
		host, port, err := net.SplitHostPort(m[1])
		published := err == nil && slices.ContainsFunc(p.Services[host].Ports, func(c types.ServicePortConfig) bool { return c.Published == port })
		if !published {
			t.Errorf("%s is no service", m[1])
		}
	}
	source := read(t, compose+"/grafana-datasource.yaml")
	at, err := url.Parse(regexp.MustCompile(`url: (\S+)`).FindStringSubmatch(source)[1])
	if err != nil || at.Port() != "9090" || p.Services[at.Hostname()].Name == "" {
		t.Errorf("%v is no service: %v", at, err)
	}
	uid := regexp.MustCompile(`uid: (\S+)`)
	provisioned := read(t, repo+"/dashboards/grafana/provisioning/datasources/loginwatch.yaml")
	if got, want := uid.FindString(source), uid.FindString(provisioned); got != want {
		t.Errorf("the dashboards look for %s, not %s", want, got)
	}
}
