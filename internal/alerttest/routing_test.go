//go:build oncall

package alerttest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRoutesKeepTime: Alertmanager tells a group's news at its interval, and
// repeats what fires at the first of these after the repeat interval.
func TestRoutesKeepTime(t *testing.T) {
	var f struct {
		Route struct {
			Routes []struct {
				Receiver string `yaml:"receiver"`
				Group    string `yaml:"group_interval"`
				Repeat   string `yaml:"repeat_interval"`
			} `yaml:"routes"`
		} `yaml:"route"`
	}
	readPart(t, routing, &f)
	told := map[string]time.Duration{}
	for _, r := range f.Route.Routes {
		group, _ := time.ParseDuration(r.Group) // 0 when it is inherited
		repeat, err := time.ParseDuration(r.Repeat)
		switch {
		case r.Receiver == "on-call":
			told[r.Receiver] = group
		case r.Receiver == "heartbeat" && err == nil && group > 0:
			told[r.Receiver] = repeat.Truncate(group) + group
		}
	}
	if diff := cmp.Diff(map[string]time.Duration{"on-call": time.Minute, "heartbeat": time.Minute}, told); diff != "" {
		t.Errorf("a new page waits at most, the heartbeat comes every (-want +got):\n%s", diff)
	}
}
