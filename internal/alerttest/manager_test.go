//go:build oncall

package alerttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// manager is a running Alertmanager.
type manager struct{ address string }

// manage starts Alertmanager with the routes and inhibition rules of the example;
// each receiver is a path below one address.
func manage(t *testing.T, dir, example, receiver string) manager {
	t.Helper()
	routes := example[strings.Index(example, "\nroute:"):strings.Index(example, "\nreceivers:")]
	write(t, dir, "alertmanager.yml", routes+fmt.Sprintf(`
receivers:
  - {name: on-call, webhook_configs: [{url: '%[1]s/on-call'}]}
  - {name: tickets, webhook_configs: [{url: '%[1]s/tickets'}]}
  - {name: heartbeat, webhook_configs: [{url: '%[1]s/heartbeat'}]}
`, receiver))
	return runManager(t, dir, filepath.Join(dir, "alertmanager.yml"))
}

// runManager starts Alertmanager in a working directory of the test's choice.
func runManager(t *testing.T, workingDir, config string) manager {
	t.Helper()
	m := manager{freeAddress(t)}
	answers(t, launch(t, workingDir, "prometheus-alertmanager", "--config.file="+config, "--storage.path="+t.TempDir(),
		"--cluster.listen-address=", "--web.listen-address="+m.address), "http://"+m.address+"/-/ready")
	return m
}

// labels of one alert.
type labels map[string]string

// with gives the same labels with one changed.
func (l labels) with(name, value string) labels {
	l = maps.Clone(l)
	l[name] = value
	return l
}

func (l labels) String() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(l)) {
		all = append(all, name+"="+l[name])
	}
	return strings.Join(all, " ")
}

// post tells Alertmanager of alerts, in this order.
func (m manager) post(t *testing.T, alerts []labels) {
	t.Helper()
	var all []map[string]any
	for _, l := range alerts {
		all = append(all, map[string]any{
			"labels": l, "endsAt": time.Now().Add(time.Hour),
			"annotations": labels{"summary": "S", "description": "D", "runbook_url": "R", "dashboard": "/d/x"},
		})
	}
	body, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+m.address+"/api/v2/alerts", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, res.Body)
	if res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
}

// muted gives the labels of the alerts that others inhibit, or that are silenced.
func (m manager) muted(t *testing.T) (inhibited, silenced map[string]bool) {
	t.Helper()
	body, err := get(t.Context(), "http://"+m.address+"/api/v2/alerts")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Labels labels `json:"labels"`
		Status struct {
			InhibitedBy []string `json:"inhibitedBy"`
			SilencedBy  []string `json:"silencedBy"`
		} `json:"status"`
	}
	if err := json.Unmarshal(body, &all); err != nil {
		t.Fatal(err)
	}
	inhibited, silenced = map[string]bool{}, map[string]bool{}
	for _, a := range all {
		inhibited[a.Labels.String()] = len(a.Status.InhibitedBy) > 0
		silenced[a.Labels.String()] = len(a.Status.SilencedBy) > 0
	}
	return inhibited, silenced
}

// labelsOfAlerts are those that the rules' own tests expect of each alert.
func labelsOfAlerts(t *testing.T) map[string]labels {
	t.Helper()
	all := map[string]labels{}
	for _, file := range matching(t, dashboards+"/prometheus/tests/*.yml") {
		var f promtoolFile
		read(t, file, &f)
		for _, test := range f.Tests {
			for _, a := range test.Alerts {
				for _, expect := range a.Expect {
					l := labels{"alertname": a.Alert}
					for name, value := range expect["exp_labels"].(map[string]any) {
						l[name] = fmt.Sprint(value)
					}
					// The daemon that no job was ever known of has none.
					if len(l) >= len(all[a.Alert]) {
						all[a.Alert] = l
					}
				}
			}
		}
	}
	for name, l := range all {
		for label, value := range map[string]string{"vendor": "alpha", "probe": "login", "target": "production", "instance": "a:9713"} {
			if l[label] != "" {
				all[name][label] = value
			}
		}
	}
	return all
}
