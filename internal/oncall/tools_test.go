//go:build oncall

package oncall

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestPrometheusReadsTheRules(t *testing.T) {
	out := tool(t, dashboards+"/prometheus", "promtool", "check", "config", "prometheus.example.yml")
	if strings.Contains(out, "FAILED") || strings.Count(out, "rules found") != len(matching(t, dashboards+"/prometheus/rules/*.yml")) {
		t.Errorf("promtool says:\n%s", out)
	}
}

func TestRulesFireAndDoNot(t *testing.T) {
	for _, file := range matching(t, dashboards+"/prometheus/tests/*.yml") {
		t.Run(base(file), func(t *testing.T) {
			t.Parallel()
			tool(t, dashboards+"/prometheus/tests", "promtool", "test", "rules", filepath.Base(file))
			// Prometheus puts the error of a template into the text.
			if strings.Contains(text(t, file), "error expanding template") {
				t.Error("an annotation that is expected has an error in it")
			}
		})
	}
}

const routing = dashboards + "/alertmanager/alertmanager.example.yml"

func TestAlertmanagerReadsTheExample(t *testing.T) {
	if out := tool(t, ".", "amtool", "check-config", routing); strings.Contains(out, "FAILED") {
		t.Error(out)
	}
}

// TestRoutes sends every alert where its severity belongs.
func TestRoutes(t *testing.T) {
	want := map[string]string{"page": "on-call", "ticket": "tickets", "none": "heartbeat"}
	for _, a := range alerts(t) {
		labels := []string{"alertname=" + a.Alert, "vendor=alpha", "job=loginwatch"}
		for k, v := range a.Labels {
			labels = append(labels, k+"="+v)
		}
		// The warning about an Alertmanager's address is of no interest here.
		out := tool(t, ".", "amtool", append([]string{"config", "routes", "test", "--config.file=" + routing}, labels...)...)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if got := lines[len(lines)-1]; got != want[a.Labels["severity"]] {
			t.Errorf("%s goes to %q", a.Alert, got)
		}
	}
	out := tool(t, ".", "amtool", "config", "routes", "test", "--config.file="+routing, "alertname=Other", "severity=other")
	if !strings.HasSuffix(strings.TrimSpace(out), "tickets") {
		t.Errorf("an alert of unknown severity goes to %q", out)
	}
}

// TestMessages renders the templates with one alert.
func TestMessages(t *testing.T) {
	data := write(t, t.TempDir(), "data.json", `{"status": "firing", "alerts": [{"status": "firing",
		"labels": {"alertname": "LoginDown"}, "annotations": {"summary": "S", "description": "D", "runbook_url": "R", "dashboard": "/d/x"}}]}`)
	for name, want := range map[string]string{
		"title":     "FIRING S",
		"dashboard": "https://grafana.example.com/d/x",
		"text":      "FIRING LoginDown: S\nD\nWhat to do: R\nDashboard: https://grafana.example.com/d/x",
	} {
		out := tool(t, ".", "amtool", "template", "render", "--template.glob="+dashboards+"/alertmanager/loginwatch.tmpl",
			"--template.data="+data, `--template.text={{ template "loginwatch.`+name+`" . }}`)
		if strings.TrimSpace(out) != want {
			t.Errorf("%s is %q, not %q", name, strings.TrimSpace(out), want)
		}
	}
}
