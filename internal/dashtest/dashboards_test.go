package dashtest

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/dashboards"
)

// folder holds the dashboards; their sources lie below it.
const folder = "../../dashboards/grafana"

func readSources(t *testing.T) *dashboards.Sources {
	t.Helper()
	sources, err := dashboards.Read(filepath.Dir(folder))
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

func TestDashboardsAreCurrent(t *testing.T) {
	made, err := readSources(t).Make()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range made {
		got, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is not what its source says; go generate ./internal/dashboards makes it again (-want +got):\n%s", name, diff)
		}
	}
	if all := readDashboards(t); len(all) != len(made) {
		t.Errorf("%d dashboards, but sources of %d", len(all), len(made))
	}
}

// readDashboards reads the JSON that Grafana will read, strictly.
func readDashboards(t *testing.T) map[string]*dashboards.Dashboard {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	all := map[string]*dashboards.Dashboard{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		d := &dashboards.Dashboard{}
		if err := decoder.Decode(d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[filepath.Base(file)] = d
	}
	return all
}

// shown are the panels that show something: all but the rows' headings.
func shown(d *dashboards.Dashboard) []dashboards.Panel {
	return slices.DeleteFunc(slices.Clone(d.Panels), func(p dashboards.Panel) bool { return p.Type == "row" })
}

func TestDashboardsHaveTheirUIDs(t *testing.T) {
	var got, want []string
	for _, d := range readDashboards(t) {
		got = append(got, d.UID)
	}
	for _, uid := range readSources(t).Links.Dashboards {
		want = append(want, uid)
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("dashboards and the links that alerts use differ (-links +dashboards):\n%s", diff)
	}
}

// sentence is a description that says something.
var sentence = regexp.MustCompile(`^[A-Z](.|\n){15,}\.$`)

func TestPanelsExplainThemselves(t *testing.T) {
	for file, d := range readDashboards(t) {
		if d.Timezone != "browser" || !slices.Contains(d.Tags, "loginwatch") || !sentence.MatchString(d.Description) {
			t.Errorf("%s: needs the browser's time zone, the tag loginwatch and a description", file)
		}
		ids, titles := map[int]bool{}, map[string]bool{}
		for _, p := range d.Panels {
			if ids[p.ID] || titles[p.Title] || p.Title == "" {
				t.Errorf("%s: %q: its id or its title is there twice", file, p.Title)
			}
			ids[p.ID], titles[p.Title] = true, true
		}
		for _, p := range shown(d) {
			if !sentence.MatchString(p.Description) {
				t.Errorf("%s: %q: the description is no sentence: %q", file, p.Title, p.Description)
			}
			if p.FieldConfig == nil || p.FieldConfig.Defaults.Unit == "" {
				t.Errorf("%s: %q: no unit", file, p.Title)
			}
			if len(p.Targets) == 0 {
				t.Errorf("%s: %q: no query", file, p.Title)
			}
		}
	}
}

// A time until something must be seen to pass it, such as a certificate's end.
func TestWhatHasEndedIsShown(t *testing.T) {
	for file, d := range readDashboards(t) {
		for _, p := range shown(d) {
			for _, q := range p.Targets {
				if strings.Contains(q.Expr, "- time()") && p.FieldConfig.Defaults.Min != nil {
					t.Errorf("%s: %q hides what lies below %v", file, p.Title, *p.FieldConfig.Defaults.Min)
				}
			}
		}
	}
}

// Whoever imports a dashboard chooses the Prometheus; none is written in it.
func TestDatasourceIsChosen(t *testing.T) {
	for file, d := range readDashboards(t) {
		if len(d.Templating.List) == 0 || d.Templating.List[0].Type != "datasource" || d.Templating.List[0].Query != "prometheus" {
			t.Errorf("%s: the first variable does not choose a Prometheus", file)
		}
		for _, v := range d.Templating.List {
			if v.Type == "query" && (v.Datasource == nil || *v.Datasource != dashboards.Chosen) {
				t.Errorf("%s: variable %s asks another datasource", file, v.Name)
			}
		}
		for _, p := range shown(d) {
			if p.Datasource == nil || *p.Datasource != dashboards.Chosen {
				t.Errorf("%s: %q asks another datasource", file, p.Title)
			}
			for _, q := range p.Targets {
				if q.Datasource != dashboards.Chosen {
					t.Errorf("%s: %q: query %s asks another datasource", file, p.Title, q.RefID)
				}
			}
		}
	}
}

// A color by its name follows the theme; one by its code is unreadable on dark or
// on light.
func TestColorsFollowTheTheme(t *testing.T) {
	named := regexp.MustCompile(`^(text|((super-light|light|semi-dark|dark)-)?(green|orange|red|blue|purple|yellow))$`)
	var check func(file, title string, v any)
	check = func(file, title string, v any) {
		switch v := v.(type) {
		case dashboards.Object:
			for key, inner := range v {
				if c, is := inner.(string); is && slices.Contains([]string{"color", "fixedColor", "fill"}, key) && c != "dash" && !named.MatchString(c) {
					t.Errorf("%s: %q: color %q", file, title, c)
				}
				check(file, title, inner)
			}
		case []any:
			for _, inner := range v {
				check(file, title, inner)
			}
		}
	}
	for file, d := range readDashboards(t) {
		for _, p := range shown(d) {
			data, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			var v any
			if err := json.Unmarshal(data, &v); err != nil {
				t.Fatal(err)
			}
			check(file, p.Title, v)
		}
	}
}

// What a color is given to is a word that the program uses.
func TestColorsBelongToWords(t *testing.T) {
	shared := readSources(t).Common
	words := map[string][]string{}
	for _, v := range loginwatch.Verdicts {
		words["verdict"] = append(words["verdict"], string(v))
	}
	for _, r := range loginwatch.Reasons {
		words["reason"] = append(words["reason"], string(r))
	}
	for _, c := range loginwatch.Classes {
		words["class"] = append(words["class"], string(c))
	}
	for label, colors := range shared.Colors {
		for _, item := range colors {
			if word, ok := item.Key.(string); !ok || !slices.Contains(words[label], word) {
				t.Errorf("colors of %s: %v is none", label, item.Key)
			}
		}
	}
	for _, label := range []string{"verdict", "class"} {
		for _, word := range words[label] {
			colored := func(item yaml.MapItem) bool { return item.Key == word }
			if word != string(loginwatch.Skipped) && !slices.ContainsFunc(shared.Colors[label], colored) {
				t.Errorf("colors of %s: none for %s", label, word)
			}
		}
	}
}

func TestPanelsDoNotOverlap(t *testing.T) {
	for file, d := range readDashboards(t) {
		taken := map[[2]int]string{}
		for _, p := range d.Panels {
			g := p.GridPos
			if g.X+g.W > 24 {
				t.Errorf("%s: %q: wider than the page", file, p.Title)
			}
			for x := g.X; x < g.X+g.W; x++ {
				for y := g.Y; y < g.Y+g.H; y++ {
					if other := taken[[2]int{x, y}]; other != "" {
						t.Fatalf("%s: %q lies on %q", file, p.Title, other)
					}
					taken[[2]int{x, y}] = p.Title
				}
			}
		}
	}
}

// Two jobs may watch the same logins, such as production's and a trial's.
func TestJobsStayApart(t *testing.T) {
	for file, d := range readDashboards(t) {
		for _, v := range d.Templating.List {
			if v.Name == "job" && v.Multi && file == "login-detail.json" {
				t.Errorf("%s adds several jobs up", file)
			}
		}
		for _, p := range shown(d) {
			for _, q := range p.Targets {
				if strings.Contains(q.LegendFormat, "{{vendor}}") && !strings.Contains(q.LegendFormat, "{{job}}") {
					t.Errorf("%s: %q: logins of two jobs look alike: %s", file, p.Title, q.LegendFormat)
				}
			}
		}
		data, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"url": "[^"]*var-vendor=[^"]*"`).FindAllString(string(data), -1) {
			if !strings.Contains(m, "&var-job=${__data.fields.Job}") {
				t.Errorf("%s: a link leads to the login of another job: %s", file, m)
			}
		}
	}
}

// statusPage is that of the instance in the row of a table.
const statusPage = "http://${__data.fields.Instance}/"

// Every dashboard leads to every other one, and no link leads nowhere.
func TestLinks(t *testing.T) {
	all := readDashboards(t)
	target := regexp.MustCompile(`^/d/([a-z-]+)\?`)
	for file, d := range all {
		for other, o := range all {
			to := func(l dashboards.Link) bool { return strings.HasPrefix(l.URL, "/d/"+o.UID+"?") }
			if other != file && !slices.ContainsFunc(d.Links, to) {
				t.Errorf("%s: no link to %s", file, other)
			}
		}
		data, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"url": "([^"]+)"`).FindAllStringSubmatch(string(data), -1) {
			to := target.FindStringSubmatch(m[1])
			known := to != nil && slices.ContainsFunc(slices.Collect(maps.Values(all)), func(o *dashboards.Dashboard) bool { return o.UID == to[1] })
			if !known && m[1] != readSources(t).Links.Runbooks && m[1] != statusPage {
				t.Errorf("%s: a link leads nowhere: %s", file, m[1])
			}
		}
	}
}
