package alerttest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPageOnMetrics compares the tables of docs/metrics.md with the registry,
// both ways: name, type, labels.
func TestPageOnMetrics(t *testing.T) {
	registry, _ := exported(t)
	row := regexp.MustCompile("(?m)^\\| `((?:loginwatch|promhttp)_[a-z_]+)` \\| ([a-z]+) \\| ([^|]+) \\| ([^|]+) \\|$")
	page := text(t, root+"/docs/metrics.md")
	documented := map[string]family{}
	for _, m := range row.FindAllStringSubmatch(page, -1) {
		labels := strings.Fields(strings.ReplaceAll(m[3], "`", ""))
		if m[3] == "none" {
			labels = nil
		}
		slices.Sort(labels)
		documented[m[1]] = family{m[2], labels}
	}
	examples := strings.Join(queriesOf(page), "\n")
	for name := range registry {
		if client(name) {
			delete(registry, name)
		} else if !strings.Contains(examples, name) {
			t.Errorf("%s has no example query", name)
		}
	}
	if diff := cmp.Diff(registry, documented, cmp.AllowUnexported(family{})); diff != "" {
		t.Errorf("docs/metrics.md (-registry +page):\n%s", diff)
	}
}

var fenced = regexp.MustCompile("(?s)```promql\n(.*?)```|\\d\\. `([^`]*loginwatch_[^`]*)`")

// queriesOf gives the queries of a page.
func queriesOf(page string) (found []string) {
	for _, m := range fenced.FindAllStringSubmatch(page, -1) {
		found = append(found, strings.TrimSpace(m[1]+m[2]))
	}
	return found
}

// expression is a query and where it stands.
type expression struct{ place, query string }

// expressions gives every query of rules, their annotations, runbooks and the
// page on metrics.
func expressions(t *testing.T) (all []expression) {
	t.Helper()
	quoted := regexp.MustCompile(`printf "([^"]+)"`)
	filled := regexp.MustCompile(`%(\[\d\])?s`)
	for _, r := range allRules(t) {
		name := r.Alert + r.Record
		all = append(all, expression{name, r.Expr})
		for _, a := range r.Annotations {
			for _, m := range quoted.FindAllStringSubmatch(a, -1) {
				if filled.MatchString(m[1]) {
					all = append(all, expression{name + "'s text", strings.ReplaceAll(filled.ReplaceAllString(m[1], "%s"), "'", `"`)})
				}
			}
		}
	}
	for _, file := range append(matching(t, runbooks+"/*.md"), root+"/docs/metrics.md") {
		for _, q := range queriesOf(text(t, file)) {
			all = append(all, expression{file, q})
		}
	}
	return all
}

var (
	seriesName = regexp.MustCompile(`\b(?:loginwatch_|login:|promhttp_)[a-zA-Z0-9_:]+`)
	selector   = regexp.MustCompile(`\b((?:loginwatch_|login:|promhttp_)[a-zA-Z0-9_:]+)\{([^}]*)\}`)
	matcher    = regexp.MustCompile(`([a-zA-Z_]+)\s*(?:=~|!~|!=|=)\s*"`)
	recordPage = regexp.MustCompile("(?m)^\\| `(login:[a-zA-Z0-9_:]+)` ")
)

// TestExpressionsUseWhatIsExported holds every metric and every matched label of
// a query to the registry and the recording rules.
func TestExpressionsUseWhatIsExported(t *testing.T) {
	registry, _ := exported(t)
	known := map[string][]string{} // series to labels
	for name, f := range registry {
		more := []string{"job", "instance"}
		known[name] = append(more, f.labels...)
		if f.kind == "histogram" || f.kind == "summary" {
			known[name+"_sum"], known[name+"_count"] = known[name], known[name]
			known[name+"_bucket"] = append(slices.Clone(known[name]), "le")
		}
	}
	for _, r := range allRules(t) {
		if r.Record != "" {
			labels := []string{"job", "vendor", "probe", "target", "verdict", "slo", "le", "instance", "reason", "kind"}
			known[r.Record] = labels
		}
	}
	for _, e := range expressions(t) {
		for _, name := range seriesName.FindAllString(e.query, -1) {
			if known[name] == nil {
				t.Errorf("%s uses %s, which is neither exported nor recorded", e.place, name)
			}
		}
		for _, s := range selector.FindAllStringSubmatch(e.query, -1) {
			for _, m := range matcher.FindAllStringSubmatch(s[2], -1) {
				if known[s[1]] != nil && !slices.Contains(known[s[1]], m[1]) {
					t.Errorf("%s matches the label %q, which %s has not", e.place, m[1], s[1])
				}
			}
		}
	}
}

// scales choose a bucket and count the instances: they are no measurement.
var scales = []string{"login:latency_bucket:info", "login:instances:count"}

// counted are the objectives and what they are made of.
var counted = regexp.MustCompile(`^login:(runs|slo_total|slo_bad):increase`)

// TestObjectivesAreRatiosOfCounters: a gauge that was up at the moment of a
// scrape says nothing about what happened between two.
func TestObjectivesAreRatiosOfCounters(t *testing.T) {
	registry, _ := exported(t)
	objectives := 0
	for _, r := range allRules(t) {
		switch {
		case !counted.MatchString(r.Record):
			continue
		case strings.HasPrefix(r.Record, "login:slo_"):
			objectives++
		}
		for _, name := range seriesName.FindAllString(r.Expr, -1) {
			if k := registry[familyOf(name, registry)].kind; k != "counter" && k != "histogram" && !slices.Contains(scales, name) && !counted.MatchString(name) {
				t.Errorf("%s reads %s, a %s", r.Record, name, k)
			}
		}
	}
	if objectives == 0 {
		t.Error("no recording rule of an objective found")
	}
}

// TestLatencyBucketsAreTheHistograms: the rule can't ask for the bounds, so it
// repeats them.
func TestLatencyBucketsAreTheHistograms(t *testing.T) {
	_, page := exported(t)
	var want, got []string
	bound := regexp.MustCompile(`loginwatch_run_duration_seconds_bucket\{.*le="([0-9.]+)"`)
	for _, m := range bound.FindAllStringSubmatch(page, -1) {
		want = append(want, m[1])
	}
	branch := regexp.MustCompile(`<= ([0-9.]+)\) \+ ([0-9.]+)`)
	for _, r := range allRules(t) {
		if r.Record != "login:latency_bucket:info" {
			continue
		}
		for _, m := range branch.FindAllStringSubmatch(r.Expr, -1) {
			if m[1] != m[2] {
				t.Errorf("a threshold up to %s is put into the bucket %s", m[1], m[2])
			}
			got = append(got, m[1])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("buckets (-histogram +rule):\n%s", diff)
	}
}

// TestRecordedSeriesAreDocumented compares the last table of docs/metrics.md
// with the recording rules.
func TestRecordedSeriesAreDocumented(t *testing.T) {
	documented := map[string]bool{}
	for _, m := range recordPage.FindAllStringSubmatch(text(t, root+"/docs/metrics.md"), -1) {
		documented[m[1]] = true
	}
	line := regexp.MustCompile("(?m)^\\| `(login:[a-z_]+:increase)15m` and ((?:`[0-9]+[hd]` )+)")
	for _, m := range line.FindAllStringSubmatch(text(t, root+"/docs/metrics.md"), -1) {
		for _, w := range strings.Fields(m[2]) {
			documented[m[1]+strings.Trim(w, "`")] = true
		}
	}
	recorded := map[string]bool{}
	for _, r := range allRules(t) {
		if r.Record != "" {
			recorded[r.Record] = true
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(recorded)), slices.Sorted(maps.Keys(documented))); diff != "" {
		t.Errorf("recorded series (-rules +page):\n%s", diff)
	}
}

// TestNoCountIsAnEstimateAlone: increase loses what came between the last scrape
// before a window and the first within it, and which scrape that is depends on
// the version of Prometheus. It is for windows in which a counter began.
func TestNoCountIsAnEstimateAlone(t *testing.T) {
	estimate := regexp.MustCompile(`\b(?:increase|rate|irate|delta)\((loginwatch[^\[]*)\[(\w+)\]\)`)
	for _, r := range allRules(t) {
		for _, m := range estimate.FindAllStringSubmatch(r.Expr, -1) {
			known := fmt.Sprintf("last_over_time(%[1]s[5m]) - last_over_time(%[1]s[5m] offset %[2]s) >= 0", m[1], m[2])
			texts := fmt.Sprintf("(%[1]s - %[1]s offset %[2]s >= 0 or %[1]s or", m[1], m[2])
			if !strings.Contains(r.Expr, known) && !strings.Contains(r.Expr, texts) {
				t.Errorf("%s%s counts by %s alone", r.Alert, r.Record, m[0])
			}
		}
	}
}
