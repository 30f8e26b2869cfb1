package config

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/loginwatch/loginwatch"
)

// FuzzConfig: whatever stands in the file, reading it ends without a panic, a
// configuration without a problem is complete, and the references' values never
// reach a problem.
func FuzzConfig(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "bad", "*.txtar"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		text, _ := member(archive, "loginwatch.yaml")
		f.Add(text)
	}
	f.Add([]byte(everything))
	contracts, probes := catalog()
	f.Fuzz(func(t *testing.T, text []byte) {
		c, problems := Parse("loginwatch.yaml", text)
		if c == nil {
			if len(problems) == 0 {
				t.Fatal("no config and no problem")
			}
			return
		}
		all, more := c.Assign(contracts, probes, Options{CheckSchedule: checkSchedule})
		if len(problems)+len(more) > 0 {
			return
		}
		if len(all) == 0 {
			t.Fatal("nothing to watch, and no problem")
		}
		for _, a := range all {
			if a.Target.BaseURL == nil || a.Target.BaseURL.User != nil || a.Target.Credential == "" || a.Probe.Timeout <= 0 {
				t.Fatalf("incomplete job: %+v", a.Target)
			}
			for _, step := range a.Probe.Steps {
				for _, name := range step.Case.Needs {
					if origin := a.Target.Secrets.Origin(name); strings.HasPrefix(origin, "secrets of ") && len(step.Capture) == 0 && !captured(a, name) {
						t.Fatalf("the needed secret %q has no origin", name)
					}
				}
			}
		}
	})
}

func captured(a loginwatch.Job, name string) bool {
	for _, step := range a.Probe.Steps {
		for _, c := range step.Capture {
			if c.Name == name {
				return true
			}
		}
	}
	return false
}
