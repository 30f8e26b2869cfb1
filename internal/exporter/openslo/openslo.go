package openslo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
)

// Login is a probe at a target; without one, at all that it runs against, together.
type Login struct {
	Probe  *loginwatch.Probe
	Target string
}

// Bucket tells by which bucket of loginwatch_run_duration_seconds a login counts as fast:
// its label le, as Prometheus' text format has it.
type Bucket func(threshold time.Duration) (le string)

// Most characters that a name and a title may have (RFC 1123, 2.1, which OpenSLO's names
// follow).
const most = 63

// YAML writes documents one after the other, as a stream of YAML.
func YAML(documents []exporter.Map) []byte {
	texts := make([][]byte, len(documents))
	for i, d := range documents {
		texts[i] = exporter.YAML(d)
	}
	return bytes.Join(texts, []byte("---\n"))
}

// Documents gives the service of a contract, and an indicator and an objective for each
// objective of its logins.
func Documents(c *loginwatch.Contract, logins []Login, bucket Bucket) []exporter.Map {
	all := []exporter.Map{document("Service", c.Vendor, c.Title, exporter.Map{
		{Key: "description", Value: "The login API of " + c.Vendor + ", as loginwatch sees it."},
	})}
	taken := map[string]bool{}
	for _, l := range logins {
		for _, o := range objectives(l, bucket) {
			name := o.called(l, taken)
			all = append(all, o.indicator(l, name), o.objective(l, name))
		}
	}
	return all
}

// objective is one of a login: which of its runs are good, of all that count.
type objective struct {
	name        string
	title       string
	good, total string // PromQL
	target      float64
	means       string // for people
}

const (
	answered = `verdict=~"ok|drift|rejected|throttled"`
	ran      = `verdict=~"ok|drift|rejected|throttled|unavailable"`
)

func objectives(l Login, bucket Bucket) []objective {
	o := l.Probe.Objectives
	slowest, le, upTo := loginwatch.Span(o.Latency), bucket(o.Latency), ""
	switch le {
	case strconv.FormatFloat(o.Latency.Seconds(), 'g', -1, 64):
	case "+Inf":
		upTo = " (or longer: no bound of the histogram holds that)"
	default:
		upTo = " (or up to the next bound of the histogram, " + le + " s)"
	}
	return []objective{
		{
			"availability", "is available", l.sum("loginwatch_runs_total", answered), l.sum("loginwatch_runs_total", ran), o.Availability,
			"Runs that were not unavailable, of all but those that broke on our side.",
		},
		{
			"correctness", "answers as documented", l.sum("loginwatch_runs_total", `verdict="ok"`), l.sum("loginwatch_runs_total", answered), o.Correctness,
			"Runs that were ok, of those that were answered.",
		},
		{
			"latency", "takes at most " + slowest, l.sum("loginwatch_run_duration_seconds_bucket", within(le)), l.sum("loginwatch_run_duration_seconds_count", ""), o.LatencyQuantile,
			"Runs that took at most " + slowest + upTo + ", of those that were timed.",
		},
	}
}

// sum is a counter of a login, over all instances and, where no target is named, targets.
func (l Login) sum(metric, which string) string {
	labels := []string{"vendor=" + strconv.Quote(l.Probe.Contract.Vendor), "probe=" + strconv.Quote(l.Probe.Name)}
	if l.Target != "" {
		labels = append(labels, "target="+strconv.Quote(l.Target))
	}
	if which != "" {
		labels = append(labels, which)
	}
	return "sum(" + metric + "{" + strings.Join(labels, ",") + "})"
}

// within chooses a bucket. OpenMetrics, and Prometheus 3, write the bound 1 as 1.0.
func within(le string) string {
	if strings.Contains(le, ".") || strings.Contains(le, "Inf") {
		return "le=" + strconv.Quote(le)
	}
	return fmt.Sprintf(`le=~"%s|%s[.]0"`, le, le)
}

// called is the name of an objective of a login, which none of those that are taken has:
// probe a at target b-c would else be called as probe a-b at target c is.
func (o objective) called(l Login, taken map[string]bool) string {
	parts := []string{l.Probe.Contract.Vendor, l.Probe.Name, l.Target, o.name}
	if l.Target == "" {
		parts = []string{l.Probe.Contract.Vendor, l.Probe.Name, o.name}
	}
	name := strings.Join(parts, "-")
	if len(name) > most || taken[name] {
		sum := sha256.Sum256([]byte(strings.Join(parts, "/")))
		digest := hex.EncodeToString(sum[:5])
		name = strings.TrimRight(name[:min(len(name), most-1-len(digest))], "-") + "-" + digest
	}
	taken[name] = true
	return name
}

func (o objective) indicator(l Login, name string) exporter.Map {
	source := func(query string) exporter.Map {
		return exporter.Map{{Key: "metricSource", Value: exporter.Map{
			{Key: "type", Value: "Prometheus"},
			{Key: "spec", Value: exporter.Map{{Key: "query", Value: query}}},
		}}}
	}
	return document("SLI", name, o.titled(l), exporter.Map{
		{Key: "description", Value: o.means},
		{Key: "ratioMetric", Value: exporter.Map{
			{Key: "counter", Value: true},
			{Key: "good", Value: source(o.good)},
			{Key: "total", Value: source(o.total)},
		}},
	})
}

func (o objective) objective(l Login, name string) exporter.Map {
	return document("SLO", name, o.titled(l), exporter.Map{
		{Key: "description", Value: o.means + " Slots that were skipped count for nothing."},
		{Key: "service", Value: l.Probe.Contract.Vendor},
		{Key: "indicatorRef", Value: name},
		{Key: "timeWindow", Value: []any{exporter.Map{{Key: "duration", Value: "30d"}, {Key: "isRolling", Value: true}}}},
		{Key: "budgetingMethod", Value: "Occurrences"},
		{Key: "objectives", Value: []any{exporter.Map{
			{Key: "displayName", Value: o.titled(l)},
			{Key: "target", Value: json.Number(strconv.FormatFloat(o.target, 'f', -1, 64))},
		}}},
	})
}

// titled is what people call an objective of a login.
func (o objective) titled(l Login) string {
	where := l.Probe.Name
	if l.Target != "" {
		where += " at " + l.Target
	}
	return where + " " + o.title
}

func document(kind, name, title string, spec exporter.Map) exporter.Map {
	if r := []rune(title); len(r) > most {
		title = string(r[:most-1]) + "…"
	}
	metadata := exporter.Map{{Key: "name", Value: name}}
	metadata.Add("displayName", title)
	return exporter.Map{
		{Key: "apiVersion", Value: "openslo/v1"},
		{Key: "kind", Value: kind},
		{Key: "metadata", Value: metadata},
		{Key: "spec", Value: spec},
	}
}
