//go:build oncall

package alerttest

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSilencesOfTheRunbooks runs each runbook's command with the labels of its
// alert: it silences that one, and none with another job, vendor, target, ….
func TestSilencesOfTheRunbooks(t *testing.T) {
	m := manage(t, t.TempDir(), text(t, routing), newReceiver(t).URL)
	kinds := labelsOfAlerts(t)
	var all []labels
	want := map[string]bool{}
	for name, l := range kinds {
		command := silence(t, name)
		if command == "" {
			continue
		}
		constant := []string{"alertname", "severity", "cause"}
		if !strings.Contains(command, "slo=") {
			constant = append(constant, "slo") // an alert about one objective alone
		}
		fill := []string{"amtool ", "amtool --alertmanager.url=http://" + m.address + " "}
		for _, label := range slices.Sorted(maps.Keys(l)) {
			fill = append(fill, strings.ToUpper(label), l[label])
			if !slices.Contains(constant, label) {
				other := l.with(label, l[label]+" elsewhere")
				all = append(all, other)
				want[other.String()] = false
			}
		}
		all = append(all, l)
		want[l.String()] = true
		tool(t, ".", "bash", "-c", strings.NewReplacer(fill...).Replace(command))
	}
	m.post(t, all)
	// What the runbook of our network promises.
	until(t, "a cause that is silenced mutes LoginDown", time.Minute, func() error {
		if inhibited, _ := m.muted(t); !inhibited[kinds["LoginDown"].String()] {
			return errors.New("it does not")
		}
		return nil
	})
	_, got := m.muted(t)
	for _, l := range all {
		if got[l.String()] != want[l.String()] {
			t.Errorf("silenced is %t: %v", got[l.String()], l)
		}
	}
}

// silence gives the command of a runbook; "" for what is never silenced.
func silence(t *testing.T, alert string) string {
	t.Helper()
	for line := range strings.Lines(text(t, runbooks+"/"+alert+".md")) {
		if strings.HasPrefix(line, "amtool silence add ") {
			return line
		}
	}
	if !strings.Contains(text(t, runbooks+"/"+alert+".md"), "## How to silence it rightly\n\nNever.") {
		t.Errorf("%s.md has no command to silence it", alert)
	}
	return ""
}
