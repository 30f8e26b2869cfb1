//go:build exports

package exporttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/exporter"
	"github.com/loginwatch/loginwatch/internal/exporter/openapi"
	"github.com/loginwatch/loginwatch/internal/pack/packtest"
)

// redocly runs its command, which neither tells nor asks anybody anything.
func redocly(t *testing.T, dir string, args ...string) (stdout []byte, code int) {
	t.Helper()
	program, err := filepath.Abs(filepath.Join(packages, "node_modules", "@redocly", "cli", "bin", "cli.js"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", append([]string{program}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "CI=true", "NO_COLOR=1")
	var out, says bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &says
	err = cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("%v\n%s", err, says.String())
	}
	return out.Bytes(), cmd.ProcessState.ExitCode()
}

// problem is what Redocly says of a document.
type problem struct {
	RuleID   string
	Message  string
	Location []struct{ Source struct{ Ref string } }
}

// lint gives what Redocly finds in the documents of a folder, warnings included.
func lint(t *testing.T, dir string) []problem {
	t.Helper()
	config, err := filepath.Abs(filepath.Join("..", "..", "tools", "exports", "redocly.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"lint", "--config", config, "--max-problems", "1000", "--format", "json"}
	for _, file := range files {
		args = append(args, filepath.Base(file))
	}
	out, code := redocly(t, dir, args...)
	var found []problem
	judged := 0
	// It writes one JSON for each document.
	for d := json.NewDecoder(bytes.NewReader(out)); ; judged++ {
		var one struct{ Problems []problem }
		if err := d.Decode(&one); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		found = append(found, one.Problems...)
	}
	if judged != len(files) {
		t.Fatalf("%d of %d documents were looked at, and the end was %d:\n%s", judged, len(files), code, out)
	}
	return found
}

// Redocly has no objection to any of our documents.
func TestRedoclyLints(t *testing.T) {
	dir, workflows := exported(t, packtest.All(t))
	for _, p := range lint(t, dir) {
		t.Errorf("%s: %s: %s", p.Location[0].Source.Ref, p.RuleID, p.Message)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.openapi.yaml"))
	t.Logf("%d OpenAPI documents and %d of Arazzo: Redocly has no objection", len(files), len(workflows))
}

// A judge that takes everything would prove nothing.
func TestRedoclyObjects(t *testing.T) {
	dir, workflows := exported(t, packtest.All(t))
	vendor, broken := slices.Min(slices.Collect(maps.Keys(workflows))), t.TempDir()
	changes := map[string]struct{ rule, kind, from, to string }{
		"lost-schema":   {"no-unresolved-refs", "openapi", "#/components/schemas/", "#/components/schemas/no-such-"},
		"no-responses":  {"struct", "openapi", "responses:", "answers:"},
		"no-security":   {"security-defined", "openapi", "security:", "x-security:"},
		"wrong-example": {"no-invalid-media-type-examples", "openapi", "\n      type: object", "\n      type: array"},
		"no-step":       {"struct", "arazzo", "stepId:", "step:"},
	}
	for name, change := range changes {
		text, err := os.ReadFile(filepath.Join(dir, vendor+"."+change.kind+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(text), change.from, change.to, 1)
		if changed == string(text) {
			t.Fatalf("%s has no %q", vendor, change.from)
		}
		if err := os.WriteFile(filepath.Join(broken, name+".yaml"), []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found := lint(t, broken)
	for name, change := range changes {
		if !slices.ContainsFunc(found, func(p problem) bool {
			return p.RuleID == change.rule && strings.HasSuffix(p.Location[0].Source.Ref, name+".yaml")
		}) {
			t.Errorf("%s: %s has no objection, but %v", name, change.rule, found)
		}
	}
}

// group is what one run of Redocly can have together: documents that ask for the same
// values under the same names.
type group struct {
	vendors []string
	input   map[string]string
}

// groups puts the documents together. Their values are those of the simulators.
func groups(workflows map[string]exporter.Map, contracts []*loginwatch.Contract) []*group {
	var all []*group
	for _, c := range contracts {
		if workflows[c.Vendor] == nil {
			continue
		}
		own := map[string]string{}
		asked := func(name, value string) {
			for _, w := range workflows[c.Vendor].Get("workflows").([]any) {
				inputs, _ := w.(exporter.Map).Get("inputs").(exporter.Map)
				if properties, _ := inputs.Get("properties").(exporter.Map); properties.Get(name) != nil {
					own[name] = value
				}
			}
		}
		for _, s := range c.Secrets {
			asked(s.Name, s.Demo)
		}
		for _, v := range c.Variables {
			asked(v.Name, v.Default)
		}
		i := slices.IndexFunc(all, func(g *group) bool {
			for name, value := range own {
				if other, known := g.input[name]; known && other != value {
					return false
				}
			}
			return true
		})
		if i < 0 {
			i, all = len(all), append(all, &group{input: map[string]string{}})
		}
		all[i].vendors = append(all[i].vendors, c.Vendor)
		maps.Copy(all[i].input, own)
	}
	return all
}

// respect runs the workflows of a group against the simulators, and gives how many there
// were and what failed.
func respect(t *testing.T, dir string, g *group, targets map[string][]*loginwatch.Target) (ran int, failed []string) {
	t.Helper()
	input, err := json.Marshal(g.input)
	if err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(t.TempDir(), "report.json")
	args := []string{"respect", "--json-output", report, "--input", string(input)}
	for _, vendor := range g.vendors {
		args = append(args, "--server", vendor+"="+targets[vendor][0].BaseURL.String(), vendor+".arazzo.yaml")
	}
	says, _ := redocly(t, dir, args...)
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatalf("%v\n%s", err, says)
	}
	var found struct {
		Files map[string]struct {
			ExecutedWorkflows []workflow
		}
	}
	if err := json.Unmarshal(text, &found); err != nil {
		t.Fatal(err)
	}
	for file, of := range found.Files {
		for _, w := range of.ExecutedWorkflows {
			ran++
			failed = append(failed, w.failures(filepath.Base(file))...)
		}
	}
	return ran, failed
}

// workflow is what Redocly says of one.
type workflow struct {
	WorkflowID    string
	ExecutedSteps []struct {
		StepID   string
		Response struct{ StatusCode int }
		Checks   []struct {
			Name, Message string
			Passed        bool
		}
	}
}

func (w workflow) failures(file string) (all []string) {
	if len(w.ExecutedSteps) == 0 {
		return []string{file + ": " + w.WorkflowID + " has no step"}
	}
	for _, s := range w.ExecutedSteps {
		for _, c := range s.Checks {
			if !c.Passed {
				all = append(all, fmt.Sprintf("%s: %s, %s: status %d: %s: %s", file, w.WorkflowID, s.StepID, s.Response.StatusCode, c.Name, c.Message))
			}
		}
	}
	return all
}

// beyond tells what Redocly's runner, and not Arazzo, can't do of a workflow: it reads and
// writes JSON under the names of JSON alone, and sends an empty object as no body.
func beyond(c *loginwatch.Contract, workflow exporter.Map) bool {
	own := slices.ContainsFunc(c.Operations, func(o *loginwatch.Operation) bool {
		return o.Request.Format() == loginwatch.BodyJSON && len(o.Request.Headers) > 0 && !jsonName(openapi.MediaType(o))
	})
	for _, s := range workflow.Get("steps").([]any) {
		body, _ := s.(exporter.Map).Get("requestBody").(exporter.Map)
		payload, isMap := body.Get("payload").(exporter.Map)
		own = own || isMap && len(payload) == 0
	}
	return own
}

func jsonName(media string) bool {
	name, _, err := mime.ParseMediaType(media)
	return err == nil && (name == "application/json" || strings.HasSuffix(name, "+json"))
}

// Redocly runs every workflow, and our simulators answer each as is documented.
func TestRedoclyRuns(t *testing.T) {
	catalog := packtest.All(t)
	dir, workflows := exported(t, catalog)
	targets, stop, err := app.StartSimulators(t.Context(), catalog.Contracts, catalog.Probes)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	want, left, ran := 0, 0, 0
	for vendor, document := range workflows {
		all := document.Get("workflows").([]any)
		some := slices.DeleteFunc(slices.Clone(all), func(w any) bool { return beyond(catalog.Contract(vendor), w.(exporter.Map)) })
		want, left = want+len(some), left+len(all)-len(some)
		if len(some) == 0 {
			delete(workflows, vendor)
			continue
		}
		document.Set("workflows", some)
		write(t, filepath.Join(dir, vendor+".arazzo.yaml"), document)
	}
	all := groups(workflows, catalog.Contracts)
	for _, g := range all {
		n, failed := respect(t, dir, g, targets)
		ran += n
		for _, f := range failed {
			t.Error(f)
		}
	}
	if ran != want || left*5 > want {
		t.Errorf("%d of %d workflows were run, and %d left out", ran, want, left)
	}
	t.Logf("%d workflows of %d logins: Redocly runs them against our simulators; its runner can't do %d", ran, len(workflows), left)
	fails(t, dir, all[0], targets)
}

// fails holds that Redocly sees a login that is refused, and one that a simulator answers
// in another way than the workflow says.
func fails(t *testing.T, dir string, g *group, targets map[string][]*loginwatch.Target) {
	t.Helper()
	for from, to := range map[string]string{"$statusCode == 20": "$statusCode == 29", "$inputs.password": "wrong"} {
		alone := &group{input: g.input}
		for _, vendor := range g.vendors {
			file := filepath.Join(dir, vendor+".arazzo.yaml")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if changed := strings.ReplaceAll(string(text), from, to); changed != string(text) {
				alone.vendors = []string{vendor}
				if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
					t.Fatal(err)
				}
				break
			}
		}
		if len(alone.vendors) == 0 {
			t.Fatalf("no workflow has %q", from)
		}
		if _, failed := respect(t, dir, alone, targets); len(failed) == 0 {
			t.Errorf("%s: Redocly has no objection to %q", alone.vendors[0], to)
		}
	}
}
