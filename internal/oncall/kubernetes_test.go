package oncall

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKubernetesFilesAreCurrent makes them anew, elsewhere, and compares.
func TestKubernetesFilesAreCurrent(t *testing.T) {
	committed, made := dashboards+"/kubernetes", t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "bash", root+"/.ci/k8s", made).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if diff := cmp.Diff(contents(t, made), contents(t, committed)); diff != "" {
		t.Errorf("run `make k8s` (-made +committed):\n%s", diff)
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		all[e.Name()] = text(t, filepath.Join(dir, e.Name()))
	}
	return all
}

type object struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name   string            `yaml:"name"`
		Labels map[string]string `yaml:"labels"`
	} `yaml:"metadata"`
	Spec ruleFile `yaml:"spec"`
}

// TestPrometheusRulesSayTheSame as the files that Prometheus reads.
func TestPrometheusRulesSayTheSame(t *testing.T) {
	var all []rule
	names := map[string]bool{}
	for _, file := range matching(t, dashboards+"/kubernetes/rules-*.yaml") {
		var o object
		read(t, file, &o)
		if o.APIVersion != "monitoring.coreos.com/v1" || o.Kind != "PrometheusRule" || names[o.Metadata.Name] {
			t.Errorf("%s is %s %s %q", file, o.APIVersion, o.Kind, o.Metadata.Name)
		}
		names[o.Metadata.Name] = true
		for _, g := range o.Spec.Groups {
			all = append(all, g.Rules...)
		}
	}
	if diff := cmp.Diff(allRules(t), all); diff != "" {
		t.Errorf("rules (-prometheus +kubernetes):\n%s", diff)
	}
}
