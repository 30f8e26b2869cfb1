package dashtest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/loginwatch/loginwatch/internal/dashboards"
	"github.com/loginwatch/loginwatch/internal/metrics"
)

// exported gives the labels of every metric that Prometheus has: the program's,
// those that the recording rules make, and those that scraping adds to each.
func exported(t *testing.T) map[string][]string {
	t.Helper()
	// A test of internal/metrics holds this file to the registry; it has no metrics
	// of the process, which a scrape has.
	golden, err := os.ReadFile(filepath.Join("..", "metrics", "testdata", "metrics.txt"))
	if err != nil {
		t.Fatal(err)
	}
	scrape := httptest.NewRecorder()
	metrics.New(metrics.Options{}).Handler().ServeHTTP(scrape, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	sample := regexp.MustCompile(`(?m)^([a-z_]+)(?:\{(.*)\})? `)
	label := regexp.MustCompile(`([a-z0-9_]+)="(?:\\.|[^"\\])*"`)
	all := map[string][]string{}
	for _, m := range sample.FindAllStringSubmatch(string(golden)+scrape.Body.String(), -1) {
		labels := []string{"job", "instance"}
		for _, l := range label.FindAllStringSubmatch(m[2], -1) {
			labels = append(labels, l[1])
		}
		all[m[1]] = labels
	}
	for name, labels := range recorded(t) {
		all[name] = labels
	}
	return all
}

// recorded gives the labels of the series that the recording rules make: those
// that a rule groups by and those that it adds. A rule over recorded series alone
// has theirs.
func recorded(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "..", "prometheus", "rules", "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recording rules: %v", err)
	}
	all := map[string][]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var rules struct {
			Groups []struct {
				Rules []struct {
					Record, Expr string
					Labels       map[string]string
				}
			}
		}
		if err := yaml.Unmarshal(data, &rules); err != nil {
			t.Fatal(err)
		}
		for _, g := range rules.Groups {
			for _, r := range g.Rules {
				if r.Record == "" {
					continue
				}
				used := read(r.Expr)
				labels := used.labels
				for metric := range used.metrics {
					labels = append(labels, all[metric]...)
				}
				for l := range r.Labels {
					labels = append(labels, l)
				}
				all[r.Record] = append(all[r.Record], labels...)
			}
		}
	}
	return all
}

// query is one question that a dashboard asks.
type query struct {
	file, panel, ref string
	column           string // of a table
	expr             string
	target           *dashboards.Target // none for a variable's
}

func (q query) String() string { return strings.TrimRight(q.file+": "+q.panel+" "+q.ref, " ") }

// queries gives every query of every panel and variable.
func queries(t *testing.T) []query {
	t.Helper()
	var all []query
	for file, d := range readDashboards(t) {
		for _, v := range d.Templating.List {
			if v.Type != "query" {
				continue
			}
			series, _, ok := variableQuery(v.Definition)
			if !ok {
				t.Errorf("%s: variable %s is not asked by label_values: %q", file, v.Name, v.Definition)
			}
			all = append(all, query{file: file, panel: "variable " + v.Name, expr: series})
		}
		for _, p := range shown(d) {
			for i, q := range p.Targets {
				all = append(all, query{file, p.Title, q.RefID, columnOf(p, q), q.Expr, &p.Targets[i]})
			}
		}
	}
	if len(all) == 0 {
		t.Fatal("no queries")
	}
	return all
}

// columnOf gives the title of the column that shows a table's query.
func columnOf(p dashboards.Panel, q dashboards.Target) string {
	for _, change := range p.Transformations {
		if names, ok := change.Options["renameByName"].(dashboards.Object); ok {
			for _, value := range []string{"Value #" + q.RefID, "Value"} {
				if title, ok := names[value].(string); ok {
					return title
				}
			}
		}
	}
	return ""
}

func TestEveryMetricIsExported(t *testing.T) {
	all := exported(t)
	for _, q := range queries(t) {
		used := read(q.expr)
		if len(used.metrics) == 0 {
			t.Errorf("%s: uses no metric: %s", q, q.expr)
		}
		var known []string
		for metric, chosenBy := range used.metrics {
			labels, ok := all[metric]
			if !ok {
				t.Errorf("%s: nobody exports or records %s", q, metric)
				continue
			}
			known = append(known, labels...)
			for _, l := range chosenBy {
				if !slices.Contains(labels, l) {
					t.Errorf("%s: %s has no label %s", q, metric, l)
				}
			}
		}
		for _, l := range used.labels {
			if !slices.Contains(known, l) {
				t.Errorf("%s: groups by %s, which none of its metrics has", q, l)
			}
		}
	}
}

// A label that a variable or a legend shows must be there.
func TestEveryShownLabelIsThere(t *testing.T) {
	all := exported(t)
	for file, d := range readDashboards(t) {
		for _, v := range d.Templating.List {
			if series, label, ok := variableQuery(v.Definition); ok {
				for metric := range read(series).metrics {
					if !slices.Contains(all[metric], label) {
						t.Errorf("%s: variable %s: %s has no label %s", file, v.Name, metric, label)
					}
				}
			}
		}
	}
	shown := regexp.MustCompile(`\{\{([a-z0-9_]+)\}\}`)
	for _, q := range queries(t) {
		if q.target == nil {
			continue
		}
		var labels []string
		for metric := range read(q.expr).metrics {
			labels = append(labels, all[metric]...)
		}
		for _, m := range shown.FindAllStringSubmatch(q.target.LegendFormat, -1) {
			if !slices.Contains(labels, m[1]) {
				t.Errorf("%s: the legend shows %s, which no metric of the query has", q, m[1])
			}
		}
	}
}

// An objective is a ratio of counters. A gauge such as loginwatch_up is what the
// last run said: averaged over time it weighs how long nobody asked.
func TestObjectivesAreCounted(t *testing.T) {
	objective := regexp.MustCompile(`(?i)\bavailab|correct|objective|budget (left|spent)`)
	gauge := regexp.MustCompile(`(^|[_:])up($|[_:])`)
	averaged := regexp.MustCompile(`(avg|sum|count|quantile)_over_time\(\s*[a-z_:]*up\b`)
	found := 0
	for _, q := range queries(t) {
		if averaged.MatchString(q.expr) {
			t.Errorf("%s: averages a gauge over time", q)
		}
		what := q.panel
		if q.column != "" {
			what = q.column
		}
		if !objective.MatchString(what) && !strings.Contains(q.expr, "slo_objective") {
			continue
		}
		found++
		for metric := range read(q.expr).metrics {
			if gauge.MatchString(metric) {
				t.Errorf("%s: an objective uses the gauge %s", q, metric)
			}
		}
	}
	if found == 0 {
		t.Error("no query is about an objective: the words to look for have changed")
	}
}

// A label's value that is written in a query or a legend must be one that the
// program uses; variables stand for all others.
func TestNoLabelValueIsMadeUp(t *testing.T) {
	matcher := regexp.MustCompile(`(vendor|probe|target|job|instance|credential)\s*(?:=~?|!~|!=)\s*"([^"]*)"`)
	for _, q := range queries(t) {
		for _, m := range matcher.FindAllStringSubmatch(q.expr, -1) {
			if !strings.HasPrefix(m[2], "$") {
				t.Errorf("%s: %s is written as %q; a variable chooses it", q, m[1], m[2])
			}
		}
	}
}

// Prometheus' own increase and rate lose what came between the last scrape before
// a window and the first within it; they are what is left where nothing can be
// subtracted. CPU time is no count.
func TestNoCountIsAnEstimateAlone(t *testing.T) {
	estimate := regexp.MustCompile(`\b(?:increase|rate|irate|delta)\(((?:loginwatch|promhttp)[^\]]*\])\)`)
	for _, q := range queries(t) {
		for _, m := range estimate.FindAllStringSubmatch(q.expr, -1) {
			if !strings.Contains(q.expr, "unless resets("+m[1]+") > 0") {
				t.Errorf("%s: counts by %s alone", q, m[0])
			}
		}
	}
}
