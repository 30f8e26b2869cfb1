package alerttest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKubernetesFilesAreCurrent makes them again, elsewhere, and compares.
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
	Spec ruleFile          `yaml:"spec"`
	Data map[string]string `yaml:"data"`
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

// TestConfigMapsHoldTheDashboards, with the label that Grafana's sidecar looks
// for, and small enough for kubectl apply, which repeats an object in an
// annotation of 256 KiB at most.
func TestConfigMapsHoldTheDashboards(t *testing.T) {
	held := map[string]string{}
	for _, file := range matching(t, dashboards+"/kubernetes/dashboard-*.yaml") {
		var o object
		read(t, file, &o)
		if o.APIVersion != "v1" || o.Kind != "ConfigMap" || o.Metadata.Labels["grafana_dashboard"] != "1" {
			t.Errorf("%s is %s %s with the labels %v", file, o.APIVersion, o.Kind, o.Metadata.Labels)
		}
		if size := len(text(t, file)); size > 250<<10 {
			t.Errorf("%s has %d bytes", file, size)
		}
		for name, content := range o.Data {
			held[strings.TrimPrefix(name, "loginwatch-")] = compact(t, content)
		}
	}
	want := map[string]string{}
	for _, file := range matching(t, dashboards+"/grafana/*.json") {
		want[filepath.Base(file)] = compact(t, text(t, file))
	}
	if diff := cmp.Diff(want, held); diff != "" {
		t.Errorf("dashboards (-grafana +kubernetes):\n%s", diff)
	}
}

func compact(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
