package alerttest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sections are those of every runbook, in this order.
var sections = []string{
	"What it means", "What the user of the login sees", "How to look", "What to do",
	"Whom to call at the vendor", "How to silence it rightly",
}

func TestAlertsTellWhatToDo(t *testing.T) {
	var to links
	read(t, dashboards+"/links.yaml", &to)
	dashboard := regexp.MustCompile(`^/d/([a-z-]+)((\?|&)var-[a-z]+=\{\{ \$labels\.[a-z]+ \}\})*$`)
	variable := regexp.MustCompile(`var-([a-z]+)=\{\{ \$labels\.([a-z]+) \}\}`)
	var uids []string
	for _, uid := range to.Dashboards {
		uids = append(uids, uid)
	}
	seen := map[string]bool{}
	for _, a := range alerts(t) {
		if seen[a.Alert] {
			t.Errorf("%s is defined twice", a.Alert)
		}
		seen[a.Alert] = true
		if !slices.Contains([]string{"page", "ticket", "none"}, a.Labels["severity"]) {
			t.Errorf("%s has the severity %q", a.Alert, a.Labels["severity"])
		}
		if a.Labels["cause"] == "" {
			t.Errorf("%s has no cause: Alertmanager can't mute by it", a.Alert)
		}
		for _, name := range []string{"summary", "description", "runbook_url", "dashboard"} {
			if a.Annotations[name] == "" {
				t.Errorf("%s has no %s", a.Alert, name)
			}
		}
		if want := to.Runbooks + a.Alert + ".md"; a.Annotations["runbook_url"] != want {
			t.Errorf("%s: runbook_url is %q, not %q", a.Alert, a.Annotations["runbook_url"], want)
		}
		// Before the first daemon no job is known.
		address := strings.Replace(a.Annotations["dashboard"], "{{ with $labels.job }}?var-job={{ . }}{{ end }}", "?var-job={{ $labels.job }}", 1)
		link := dashboard.FindStringSubmatch(address)
		if link == nil || !slices.Contains(uids, link[1]) {
			t.Errorf("%s: no dashboard of links.yaml at %q", a.Alert, address)
		}
		for _, m := range variable.FindAllStringSubmatch(address, -1) {
			if m[1] != m[2] {
				t.Errorf("%s: the dashboard's %s is the alert's %s", a.Alert, m[1], m[2])
			}
		}
		// With two environments both have a login of that name.
		told := strings.Contains(a.Annotations["summary"], "$labels.job") && strings.Contains(address, "?var-job=")
		if !told && a.Expr != "vector(1)" {
			t.Errorf("%s does not tell the job, in its summary and to its dashboard", a.Alert)
		}
		if strings.HasPrefix(a.Alert, "Login") && !strings.HasPrefix(a.Alert, "Loginwatch") &&
			!strings.Contains(a.Annotations["dashboard"], "var-vendor") {
			t.Errorf("%s is about a login, and its dashboard link does not choose it", a.Alert)
		}
	}
}

func TestEveryAlertHasARunbookAndTheReverse(t *testing.T) {
	severity := map[string]string{}
	for _, a := range alerts(t) {
		severity[a.Alert] = a.Labels["severity"]
	}
	index := text(t, runbooks+"/README.md")
	pages := map[string]bool{}
	for _, file := range matching(t, runbooks+"/*.md") {
		name := base(file)
		if name == "README" {
			continue
		}
		pages[name] = true
		if severity[name] == "" {
			t.Errorf("%s is about no alert", file)
			continue
		}
		page := text(t, file)
		if want := "# " + name + "\n\nSeverity: " + severity[name]; !strings.HasPrefix(page, want) {
			t.Errorf("%s does not begin with %q", file, want)
		}
		if got := headings(page); !slices.Equal(got, sections) {
			t.Errorf("%s has the sections %q", file, got)
		}
		if !strings.Contains(index, "| ["+name+"]("+name+".md) | "+severity[name]+" |") {
			t.Errorf("the list of runbooks lacks %s, or its severity", name)
		}
	}
	for name := range severity {
		if !pages[name] {
			t.Errorf("the alert %s has no runbook", name)
		}
	}
}

func headings(page string) (found []string) {
	for line := range strings.Lines(page) {
		if h, ok := strings.CutPrefix(strings.TrimSpace(line), "## "); ok {
			found = append(found, h)
		}
	}
	return found
}

// anchored is the heading that a link's fragment stands for, for headings of
// plain words.
func anchored(fragment string) string {
	words := strings.ReplaceAll(fragment, "-", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

func TestLinksOfRunbooksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)]+)\)`)
	silence := regexp.MustCompile("alertname=([A-Za-z]+)")
	for _, file := range append(matching(t, runbooks+"/*.md"), root+"/docs/metrics.md") {
		page := text(t, file)
		for _, m := range link.FindAllStringSubmatch(page, -1) {
			path, part, _ := strings.Cut(m[1], "#")
			path = filepath.Join(filepath.Dir(file), path)
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %v", file, err)
			} else if part != "" && !slices.Contains(headings(text(t, path)), anchored(part)) {
				t.Errorf("%s: %s has no part %q", file, path, part)
			}
		}
		// A silence copied from another page would hide the wrong alert.
		for _, m := range silence.FindAllStringSubmatch(page, -1) {
			if m[1] != base(file) {
				t.Errorf("%s silences %s", file, m[1])
			}
		}
	}
}

type promtoolFile struct {
	RuleFiles  []string `yaml:"rule_files"`
	Evaluation string   `yaml:"evaluation_interval"`
	Order      []string `yaml:"group_eval_order"`
	Tests      []struct {
		Name     string              `yaml:"name"`
		Interval string              `yaml:"interval"`
		Series   []map[string]string `yaml:"input_series"`
		Alerts   []struct {
			Time   string           `yaml:"eval_time"`
			Alert  string           `yaml:"alertname"`
			Expect []map[string]any `yaml:"exp_alerts"`
		} `yaml:"alert_rule_test"`
		Expressions []map[string]any `yaml:"promql_expr_test"`
	} `yaml:"tests"`
}

// groups gives the names of all groups of rules, sorted.
func groups(t *testing.T) (recording, alerting []string) {
	t.Helper()
	for _, file := range matching(t, dashboards+"/prometheus/rules/*.yml") {
		var f ruleFile
		read(t, file, &f)
		for _, g := range f.Groups {
			if g.Rules[0].Record != "" {
				recording = append(recording, g.Name)
			} else {
				alerting = append(alerting, g.Name)
			}
		}
	}
	slices.Sort(recording)
	slices.Sort(alerting)
	return recording, alerting
}

func TestEveryAlertIsTestedToFireAndNotTo(t *testing.T) {
	fires, quiet := map[string]bool{}, map[string]bool{}
	for _, file := range matching(t, dashboards+"/prometheus/tests/*.yml") {
		var f promtoolFile
		read(t, file, &f)
		if !slices.Equal(f.RuleFiles, []string{"../rules/*.yml"}) {
			t.Errorf("%s tests %q: all rules together are what runs", file, f.RuleFiles)
		}
		// promtool evaluates a group that is not named here at any place, so that its
		// alerts may see what is recorded one evaluation late.
		recording, alerting := groups(t)
		first, then := f.Order, []string(nil)
		if n := len(recording); len(f.Order) >= n {
			first, then = slices.Sorted(slices.Values(f.Order[:n])), slices.Sorted(slices.Values(f.Order[n:]))
		}
		if !slices.Equal(first, recording) || !slices.Equal(then, alerting) {
			t.Errorf("%s evaluates %q, not first %q and then %q", file, f.Order, recording, alerting)
		}
		for _, test := range f.Tests {
			for _, a := range test.Alerts {
				if len(a.Expect) > 0 {
					fires[a.Alert] = true
				} else {
					quiet[a.Alert] = true
				}
			}
		}
	}
	for _, a := range alerts(t) {
		if !fires[a.Alert] {
			t.Errorf("no test in which %s fires", a.Alert)
		}
		// What fires always has nothing to be quiet about.
		if !quiet[a.Alert] && a.Expr != "vector(1)" {
			t.Errorf("no test in which %s does not fire", a.Alert)
		}
	}
}
