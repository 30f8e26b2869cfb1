package alerttest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// speed is how much faster than life the end-to-end test goes: what is a minute
// in the rules is a second there, and a probe of every 5 minutes runs every 5
// seconds. Days of certificates and seconds of clocks stay what they are.
const speed = 60

var (
	ranges = regexp.MustCompile(`(\[|offset )(\d+)([smhd])\b`)
	waits  = regexp.MustCompile(`(?m)((?:for|keep_firing_for|group_wait|group_interval|repeat_interval): )(\d+)([smhd])$`)
)

// hurry gives rules or routes in the time of the test. Rules write spans of
// seconds as 60 * MINUTES, so that nothing else needs to be understood.
func hurry(text string) string {
	text = ranges.ReplaceAllStringFunc(text, func(s string) string {
		m := ranges.FindStringSubmatch(s)
		return m[1] + shorter(m[2], m[3])
	})
	text = waits.ReplaceAllStringFunc(text, func(s string) string {
		m := waits.FindStringSubmatch(s)
		return m[1] + shorter(m[2], m[3])
	})
	return strings.ReplaceAll(text, "60 * ", fmt.Sprintf("%d * ", 60/speed))
}

func shorter(number, unit string) string {
	n, _ := strconv.Atoi(number) // the pattern matched digits
	of := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[unit]
	return fmt.Sprintf("%dms", (time.Duration(n) * of / speed).Milliseconds())
}

func TestHurry(t *testing.T) {
	for in, want := range map[string]string{
		"increase(x[1d])":          "increase(x[1440000ms])",
		"x[5m] offset 1h":          "x[5000ms] offset 60000ms",
		"        for: 1m":          "        for: 1000ms",
		"group_wait: 30s":          "group_wait: 500ms",
		"x > 60 * 5 <= 60 * 15":    "x > 1 * 5 <= 1 * 15",
		"x - time() < 86400 * 14":  "x - time() < 86400 * 14",
		"abs(skew) > 60":           "abs(skew) > 60",
		"description: for 1m long": "description: for 1m long",
	} {
		if got := hurry(in); got != want {
			t.Errorf("hurry(%q) = %q, not %q", in, got, want)
		}
	}
}

// A span that keeps its length would look back over more than the whole test.
func TestHurryLeavesNoSpan(t *testing.T) {
	span := regexp.MustCompile(`(?:\[|offset\s+)[^\]\s]*\d(?:[smhdwy])\b`)
	for _, r := range allRules(t) {
		for _, text := range append(slices.Collect(maps.Values(r.Annotations)), r.Expr) {
			for _, left := range span.FindAllString(hurry(text), -1) {
				if !strings.HasSuffix(left, "ms") {
					t.Errorf("%s%s: %q stays as long as in life", r.Alert, r.Record, left)
				}
			}
		}
	}
}
