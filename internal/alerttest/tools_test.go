//go:build oncall

package alerttest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// TestMessages renders the templates: what fires comes first, what is resolved
// tells no failure again, and nothing is said twice.
func TestMessages(t *testing.T) {
	one := func(status, name string) string {
		return fmt.Sprintf(`{"status": %q, "annotations": {"summary": "%[2]s happens", "description": "%[2]s in numbers", "runbook_url": "https://docs/%[2]s", "dashboard": "/d/%[2]s"}, "labels": {%[3]s}}`, status, name, map[string]string{"C": `"vendor": "alpha", "probe": "login", "target": "t"`}[name])
	}
	const (
		status = "Us, our credential or the vendor? https://loginwatch.example.com"
		b      = "B in numbers\nWhat to do: https://docs/B\nDashboard: https://grafana.example.com/d/B\n"
		c      = "C in numbers\nWhat to do: https://docs/C\nDashboard: https://grafana.example.com/d/C\nIts runs: loginwatch history --vendor alpha --probe login --target t --since 1h\n"
	)
	for _, m := range []struct {
		status                 string
		alerts                 []string
		title, dashboard, text string
	}{
		{"firing", []string{one("firing", "B")}, "FIRING B happens", "/d/B", b + status},
		{"resolved", []string{one("resolved", "B")}, "RESOLVED B happens", "/d/B", status},
		{
			"firing", []string{one("resolved", "A"), one("firing", "B")}, "FIRING B happens", "/d/B",
			"FIRING B happens\n" + b + "\nRESOLVED A happens\n" + status,
		},
		{
			"firing", []string{one("firing", "B"), one("firing", "C")}, "FIRING (2) B happens", "/d/B",
			"FIRING B happens\n" + b + "\nFIRING C happens\n" + c + "\n" + status,
		},
		{
			"resolved", []string{one("resolved", "A"), one("resolved", "B")}, "RESOLVED (2) A happens", "/d/A",
			"RESOLVED A happens\nRESOLVED B happens\n" + status,
		},
	} {
		data := write(t, t.TempDir(), "data.json", fmt.Sprintf(`{"status": %q, "alerts": [%s]}`, m.status, strings.Join(m.alerts, ",")))
		for name, want := range map[string]string{"title": m.title, "dashboard": "https://grafana.example.com" + m.dashboard, "text": m.text} {
			out := tool(t, ".", "amtool", "template", "render", "--template.glob="+dashboards+"/alertmanager/loginwatch.tmpl",
				"--template.data="+data, `--template.text={{ template "loginwatch.`+name+`" . }}`)
			// amtool ends its output with a line break of its own.
			if diff := cmp.Diff(want, strings.TrimSuffix(out, "\n")); diff != "" {
				t.Errorf("%s of %d alerts, %s (-want +got):\n%s", name, len(m.alerts), m.status, diff)
			}
		}
	}
}
