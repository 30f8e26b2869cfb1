package dashtest

import (
	"bytes"
	"encoding/json"
	"flag"
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
)

var update = flag.Bool("update", false, "write the dashboards anew from their sources")

// linkFile is dashboards/links.yaml, which rules and dashboards share.
type linkFile struct {
	Runbooks   string            `yaml:"runbooks"`
	Dashboards map[string]string `yaml:"dashboards"`
}

func readLinks(t *testing.T) linkFile {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "..", "links.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var l linkFile
	if err := yaml.UnmarshalWithOptions(data, &l, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return l
}

// linksOf lead from one dashboard to the others, with the same Prometheus, and
// to the runbooks. The chosen login is not carried to the overview, which would
// show nothing else then; several jobs not to one login, which has one.
func linksOf(s *source, all []*source, shared linkFile) []link {
	var links []link
	for _, other := range all {
		if other == s {
			continue
		}
		_, name, _ := strings.Cut(other.Title, " / ")
		job := "&${job:queryparam}"
		if slices.Contains(other.Variables, "job") {
			job = ""
		}
		links = append(links, link{
			Title: name, Type: "link", Icon: "dashboard", Tooltip: other.Description, KeepTime: true,
			URL: "/d/" + other.UID + "?${datasource:queryparam}" + job,
		})
	}
	return append(links, link{
		Title: "Runbooks", Type: "link", Icon: "doc", Tooltip: "What each alert means and what to do", URL: shared.Runbooks, TargetBlank: true,
	})
}

func TestDashboardsAreCurrent(t *testing.T) {
	shared, sources := readSources(t)
	links := readLinks(t)
	for _, s := range sources {
		made, err := shared.render(s, linksOf(s, sources, links))
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(made); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, s.File)
		if *update {
			if err := os.WriteFile(file, want.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), string(got)); diff != "" {
			t.Errorf("%s is not what its source says; go generate ./internal/dashtest makes it anew (-want +got):\n%s", s.File, diff)
		}
	}
}

// readDashboards reads the JSON that Grafana will read, strictly.
func readDashboards(t *testing.T) map[string]*dashboard {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	all := map[string]*dashboard{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		d := &dashboard{}
		if err := decoder.Decode(d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[filepath.Base(file)] = d
	}
	return all
}

// shown are the panels that show something: all but the rows' headings.
func (d *dashboard) shown() []panel {
	return slices.DeleteFunc(slices.Clone(d.Panels), func(p panel) bool { return p.Type == "row" })
}

func TestDashboardsHaveTheirUIDs(t *testing.T) {
	var got, want []string
	for _, d := range readDashboards(t) {
		got = append(got, d.UID)
	}
	for _, uid := range readLinks(t).Dashboards {
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
		for _, p := range d.shown() {
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
		for _, p := range d.shown() {
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
			if v.Type == "query" && (v.Datasource == nil || *v.Datasource != prometheus) {
				t.Errorf("%s: variable %s asks another datasource", file, v.Name)
			}
		}
		for _, p := range d.shown() {
			if p.Datasource == nil || *p.Datasource != prometheus {
				t.Errorf("%s: %q asks another datasource", file, p.Title)
			}
			for _, q := range p.Targets {
				if q.Datasource != prometheus {
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
		case object:
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
		for _, p := range d.shown() {
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
	shared, _ := readSources(t)
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
		for _, p := range d.shown() {
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
			to := func(l link) bool { return strings.HasPrefix(l.URL, "/d/"+o.UID+"?") }
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
			known := to != nil && slices.ContainsFunc(slices.Collect(maps.Values(all)), func(o *dashboard) bool { return o.UID == to[1] })
			if !known && m[1] != readLinks(t).Runbooks && m[1] != statusPage {
				t.Errorf("%s: a link leads nowhere: %s", file, m[1])
			}
		}
	}
}
