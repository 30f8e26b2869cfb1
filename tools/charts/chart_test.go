package charts

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	operator "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"helm.sh/helm/v3/pkg/action"
	helm "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

const (
	repo  = "../.."
	chart = repo + "/deploy/helm/loginwatch"
)

func values(t *testing.T, file string) chartutil.Values {
	t.Helper()
	v, err := chartutil.ReadValuesFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// cases are the examples of values that stand beside the chart.
func cases(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(chart + "/ci/*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("examples %q, %v", files, err)
	}
	return files
}

// helm lint, in its strict form, says nothing but that there is no icon.
func TestLint(t *testing.T) {
	for _, file := range cases(t) {
		lint := action.NewLint()
		lint.Strict = true
		result := lint.Run([]string{chart}, values(t, file))
		for _, m := range result.Messages {
			if !strings.Contains(m.Error(), "icon is recommended") {
				t.Errorf("%s: %v", filepath.Base(file), m)
			}
		}
	}
}

// A release has the chart, with the version of the release and all that is in the folder.
func TestPacked(t *testing.T) {
	dir := t.TempDir()
	pack := exec.CommandContext(t.Context(), "go", "-C", repo+"/tools/deploy", "run", ".", "-repo", repo, "-what", "chart", "-version", "9.8.7", "-out", dir+"/made")
	if out, err := pack.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file := dir + "/made/loginwatch-9.8.7.tgz"
	packed, err := loader.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if m := packed.Metadata; m.Version != "9.8.7" || m.AppVersion != "9.8.7" {
		t.Errorf("version %s of %s", m.Version, m.AppVersion)
	}
	whole, err := loader.Load(chart)
	if err != nil {
		t.Fatal(err)
	}
	files := func(c *helm.Chart) map[string]string {
		all := map[string]string{}
		for _, f := range c.Raw {
			if f.Name != "Chart.yaml" && f.Name != ".helmignore" {
				all[f.Name] = string(f.Data)
			}
		}
		return all
	}
	if got, want := files(packed), files(whole); !maps.Equal(got, want) || len(want) < 10 {
		t.Errorf("packed %q, want %q", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	lint := action.NewLint()
	lint.Strict = true
	for _, m := range lint.Run([]string{file}, values(t, cases(t)[0])).Messages {
		if !strings.Contains(m.Error(), "icon is recommended") {
			t.Error(m)
		}
	}
}

// render gives the objects that helm template prints.
func render(t *testing.T, v chartutil.Values) (string, error) {
	t.Helper()
	c, err := loader.Load(chart)
	if err != nil {
		t.Fatal(err)
	}
	install := action.NewInstall(&action.Configuration{Log: func(string, ...any) {}})
	install.DryRun, install.ClientOnly, install.Replace = true, true, true
	install.ReleaseName, install.Namespace = "watch", "prod"
	release, err := install.Run(c, v)
	if err != nil {
		return "", err
	}
	return release.Manifest, nil
}

// objects decodes a manifest into Kubernetes' own types; a key that they don't have is an
// error.
func objects(t *testing.T, manifest string) (all []runtime.Object) {
	t.Helper()
	types := runtime.NewScheme()
	if err := scheme.AddToScheme(types); err != nil {
		t.Fatal(err)
	}
	if err := operator.AddToScheme(types); err != nil {
		t.Fatal(err)
	}
	decoder := serializer.NewCodecFactory(types, serializer.EnableStrict).UniversalDeserializer()
	documents := yaml.NewYAMLReader(bufio.NewReader(strings.NewReader(manifest)))
	for {
		document, err := documents.Read()
		if err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		o, _, err := decoder.Decode(document, nil, nil)
		if err != nil {
			t.Errorf("%v\n%.300s", err, document)
			continue
		}
		all = append(all, o)
	}
}

// The objects of each example are Kubernetes', and their configuration is one that vet
// takes, with a store that a pod can write.
func TestObjects(t *testing.T) {
	for _, file := range cases(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			manifest, err := render(t, values(t, file))
			if err != nil {
				t.Fatal(err)
			}
			kinds := map[string]int{}
			for _, o := range objects(t, manifest) {
				kinds[fmt.Sprintf("%T", o)]++
				switch o := o.(type) {
				case *core.ConfigMap:
					if text := o.Data["loginwatch.yaml"]; text != "" {
						vet(t, text)
					}
				case *apps.StatefulSet:
					pod := o.Spec.Template.Spec
					if c := pod.Containers[0]; !*pod.SecurityContext.RunAsNonRoot || !*c.SecurityContext.ReadOnlyRootFilesystem || strings.HasSuffix(c.Image, ":") {
						t.Errorf("pod: %+v", pod)
					}
					mounted(t, o)
				case *core.Service:
					if o.Labels["app.kubernetes.io/name"] != "loginwatch" || o.Spec.Ports[0].Name != "http" {
						t.Errorf("the ServiceMonitor does not find %+v", o)
					}
				}
			}
			t.Logf("%s: %d kinds of objects decoded strictly", filepath.Base(file), len(kinds))
			with := strings.Contains(read(t, file), "monitoring: {enabled: true}")
			if got := kinds["*v1.ServiceMonitor"] == 1 && kinds["*v1.PrometheusRule"] > 3; got != with {
				t.Errorf("monitoring %t, and there are %v", with, kinds)
			}
		})
	}
}

// mounted holds that every volume that is mounted is there.
func mounted(t *testing.T, s *apps.StatefulSet) {
	t.Helper()
	there := map[string]bool{}
	for _, v := range s.Spec.Template.Spec.Volumes {
		there[v.Name] = true
	}
	for _, v := range s.Spec.VolumeClaimTemplates {
		there[v.Name] = true
	}
	for _, m := range s.Spec.Template.Spec.Containers[0].VolumeMounts {
		if !there[m.Name] {
			t.Errorf("there is no volume %q", m.Name)
		}
	}
}

// What can't work is refused before anything is installed.
func TestRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(chartutil.Values)
		want   string
	}{
		"no target":     {func(v chartutil.Values) { v["config"] = map[string]any{"targets": map[string]any{}} }, "names no target"},
		"no image":      {func(v chartutil.Values) { v["image"] = map[string]any{"repository": ""} }, "where you have put the image"},
		"no store":      {func(v chartutil.Values) { v["replicas"] = 2 }, "a store that they share"},
		"unknown value": {func(v chartutil.Values) { v["replica"] = 2 }, "additional properties 'replica' not allowed"},
	} {
		v := values(t, chart+"/ci/one.yaml")
		tt.change(v)
		if _, err := render(t, v); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// vet has the program read a configuration.
func vet(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "loginwatch.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), repo+"/bin/loginwatch", "vet", "--config", file).CombinedOutput(); err != nil {
		t.Errorf("vet: %v\n%s", err, out)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // helm tells of the link to dashboards/kubernetes
	os.Exit(m.Run())
}
