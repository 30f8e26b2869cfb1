package alerttest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// selected is a metric in a query, with what it is chosen by, if anything.
var selected = regexp.MustCompile(`\b(loginwatch_[a-z0-9_]+)(?:\{([^}]*)\})?`)

// TestSummaryFeedsTheRules: what a rule chooses of all metrics is in the summary as well. A
// series that is left out for good must be one that no rule's value depends on: the buckets
// are chosen by the label that the rules themselves make of the threshold.
func TestSummaryFeedsTheRules(t *testing.T) {
	full, summary := scraped(t, false, time.Second), scraped(t, true, time.Second)
	asked := 0
	for _, r := range allRules(t) {
		for _, s := range selected.FindAllStringSubmatch(r.Expr, -1) {
			asked++
			lacking := slices.DeleteFunc(chosen(full, s[1], s[2]), func(line string) bool {
				return strings.Contains(summary, line) ||
					s[1] == "loginwatch_run_duration_seconds_bucket" || // the next test is of those
					strings.Contains(line, `verdict="skipped"`) && strings.HasSuffix(line, "} 0\n") // which stays 0
			})
			if len(lacking) > 0 {
				t.Errorf("%s%s asks for what a summary lacks:\n%s", r.Alert, r.Record, strings.Join(lacking, ""))
			}
		}
	}
	if asked < 50 {
		t.Errorf("the rules ask for metrics %d times", asked)
	}
}

// chosen gives the samples of a page that a selector matches.
func chosen(page, metric, matchers string) (all []string) {
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, metric+"{") && !strings.HasPrefix(line, metric+" ") {
			continue
		}
		matches := true
		for _, m := range matched.FindAllStringSubmatch(matchers, -1) {
			value := ""
			if found := regexp.MustCompile(`[{,]` + m[1] + `="([^"]*)"`).FindStringSubmatch(line); found != nil {
				value = found[1]
			}
			is := value == m[3]
			if strings.HasSuffix(m[2], "~") {
				is = regexp.MustCompile(`^(?:` + m[3] + `)$`).MatchString(value)
			}
			matches = matches && is == (m[2][0] != '!')
		}
		if matches {
			all = append(all, line)
		}
	}
	return all
}

var matched = regexp.MustCompile(`([a-z_]+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)

// judged is a line of the rule that says which bucket holds a threshold.
var judged = regexp.MustCompile(`0 \* \(login:latency_threshold_seconds:max <= ([0-9.]+)\) \+ ([0-9.]+)`)

// TestSummaryHasTheJudgedBucket: whatever the threshold, the bucket that the rules judge by
// is there, and so are those that a quantile needs to be within its factor of three.
func TestSummaryHasTheJudgedBucket(t *testing.T) {
	var bounds [][]string
	for _, r := range allRules(t) {
		if r.Record == "login:latency_bucket:info" {
			bounds = judged.FindAllStringSubmatch(r.Expr, -1)
		}
	}
	if len(bounds) < 10 {
		t.Fatalf("the rule knows %d buckets", len(bounds))
	}
	for _, b := range bounds {
		threshold, err := strconv.ParseFloat(b[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		for _, share := range []float64{1, 0.9} {
			page := scraped(t, true, time.Duration(share*threshold*float64(time.Second)))
			for _, le := range []string{b[2], "30", "+Inf"} {
				if !strings.Contains(page, `,le="`+le+`"} `) {
					t.Errorf("threshold %v s: no bucket %s", share*threshold, le)
				}
			}
		}
	}
}
