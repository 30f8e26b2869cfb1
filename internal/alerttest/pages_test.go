//go:build oncall

package alerttest

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMonth counts the pages and tickets of a month in the shapes that matter.
func TestMonth(t *testing.T) {
	began := time.Now()
	a := newArchive(t)
	t.Logf("%d days of history after %.1f s", days, time.Since(began).Seconds())
	a.recordAll(t)
	t.Logf("recording rules after %.1f s", time.Since(began).Seconds())

	var all []episode
	for _, r := range alerts(t) {
		if r.Labels["severity"] != "none" && !strings.HasPrefix(r.Alert, "Loginwatch") {
			all = append(all, a.episodes(t, r)...)
		}
	}
	rules := inhibitions(t)
	for _, s := range shapes() {
		told := map[string][]string{}
		for _, e := range all {
			if e.labels["vendor"] == s.vendor && !muted(e, all, rules) {
				told[e.labels["severity"]] = append(told[e.labels["severity"]], fmt.Sprintf("%s %s", e.labels["alertname"], e.from.Sub(a.from)))
			}
		}
		t.Logf("%-9s %d pages, %d tickets", s.vendor, len(told["page"]), len(told["ticket"]))
		if len(told["page"]) != s.pages {
			t.Errorf("%s pages %d times and not %d: %q", s.vendor, len(told["page"]), s.pages, told["page"])
		}
		if len(told["ticket"]) != s.tickets {
			t.Errorf("%s makes %d tickets and not %d: %q", s.vendor, len(told["ticket"]), s.tickets, told["ticket"])
		}
	}
}

// recordAll computes the recording rules that the alerts need, each after those
// that it reads. promtool shows no rule its own past.
func (a *archive) recordAll(t *testing.T) {
	t.Helper()
	var left []rule
	for _, r := range allRules(t) {
		if r.Record != "" && !strings.Contains(r.Record, "latency") && r.Labels["slo"] != "latency" {
			left = append(left, r)
		}
	}
	for round := 1; len(left) > 0; round++ {
		var now, later []rule
		for _, r := range left {
			waits := slices.ContainsFunc(left, func(x rule) bool { return x.Record != r.Record && strings.Contains(r.Expr, x.Record) })
			if waits {
				later = append(later, r)
			} else {
				now = append(now, r)
			}
		}
		if len(now) == 0 {
			t.Fatalf("these rules read each other: %v", later)
		}
		a.record(t, fmt.Sprintf("round%d", round), now)
		left = later
	}
}

// episode is one time from firing to resolved.
type episode struct {
	labels   map[string]string
	from, to time.Time
}

// span reads "15m" or "1d".
func span(t *testing.T, text string) time.Duration {
	t.Helper()
	if text == "" {
		return 0
	}
	if n, inDays := strings.CutSuffix(text, "d"); inDays {
		return 24 * span(t, n+"h")
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// episodes gives every time that an alert fired in the month: from when its
// expression had held without a gap for its "for", until it had not held for its
// "keep_firing_for".
func (a *archive) episodes(t *testing.T, r rule) (all []episode) {
	t.Helper()
	wait, keep := span(t, r.For), span(t, r.KeepFiringFor)
	held := map[string][]int64{}
	labels := map[string]map[string]string{}
	const chunk = 10 * 24 * time.Hour // Prometheus answers 11,000 points at most
	for from := a.from; from.Before(a.from.Add(days * 24 * time.Hour)); from = from.Add(chunk) {
		series, err := query(t.Context(), a.url, "query_range", url.Values{
			"query": {r.Expr}, "step": {scrapes.String()},
			"start": {strconv.FormatInt(from.Unix(), 10)}, "end": {strconv.FormatInt(from.Add(chunk-scrapes).Unix(), 10)},
		})
		if err != nil {
			t.Fatalf("%s: %v", r.Alert, err)
		}
		for _, s := range series {
			delete(s.Metric, "__name__")
			key := fmt.Sprint(s.Metric)
			labels[key] = s.Metric
			for _, v := range s.Values {
				at, _ := v[0].(float64)
				held[key] = append(held[key], int64(at))
			}
		}
	}
	for key, times := range held {
		more := maps.Clone(labels[key])
		maps.Copy(more, r.Labels)
		more["alertname"] = r.Alert
		first := len(all)
		for i := 0; i < len(times); {
			j := i
			for j+1 < len(times) && times[j+1]-times[j] <= int64(scrapes.Seconds()) {
				j++
			}
			fires, ends := time.Unix(times[i], 0).Add(wait), time.Unix(times[j], 0)
			if last := len(all) - 1; last >= first && !all[last].to.Before(time.Unix(times[i], 0)) {
				all[last].to = ends.Add(keep) // it was still kept
			} else if !fires.After(ends) {
				all = append(all, episode{more, fires, ends.Add(keep)})
			}
			i = j + 1
		}
	}
	return all
}

type inhibition struct {
	Source []string `yaml:"source_matchers"`
	Target []string `yaml:"target_matchers"`
	Equal  []string `yaml:"equal"`
}

func inhibitions(t *testing.T) []inhibition {
	t.Helper()
	example := text(t, routing)
	var f struct {
		Rules []inhibition `yaml:"inhibit_rules"`
	}
	dir := t.TempDir()
	part := example[strings.Index(example, "\ninhibit_rules:"):strings.Index(example, "\nreceivers:")]
	read(t, write(t, dir, "inhibit.yml", part), &f)
	return f.Rules
}

// muted tells whether an episode is muted from its first moment to its last, as
// Alertmanager would.
func muted(e episode, all []episode, rules []inhibition) bool {
	var sources []episode
	for _, r := range rules {
		if !matchesAll(r.Target, e.labels) {
			continue
		}
		for _, s := range all {
			same := !slices.ContainsFunc(r.Equal, func(l string) bool { return s.labels[l] != e.labels[l] })
			if same && matchesAll(r.Source, s.labels) && !matchesAll(r.Target, s.labels) {
				sources = append(sources, s)
			}
		}
	}
	for at := e.from; !at.After(e.to); at = at.Add(scrapes) {
		if !slices.ContainsFunc(sources, func(s episode) bool { return !at.Before(s.from) && !at.After(s.to) }) {
			return false
		}
	}
	return true
}

var labelMatcher = regexp.MustCompile(`^(\w+) (=~?) "?([^"]*)"?$`)

func matchesAll(matchers []string, labels map[string]string) bool {
	for _, m := range matchers {
		p := labelMatcher.FindStringSubmatch(m)
		if p == nil {
			return false // the routing tests would have refused the file
		}
		if p[2] == "=" && labels[p[1]] != p[3] || p[2] == "=~" && !regexp.MustCompile("^(?:"+p[3]+")$").MatchString(labels[p[1]]) {
			return false
		}
	}
	return true
}
