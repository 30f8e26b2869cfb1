package dashtest

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reading is what a query takes from Prometheus.
type reading struct {
	metrics map[string][]string // with the labels that they are chosen by
	labels  []string            // by which it groups or joins
}

var (
	token    = regexp.MustCompile(`"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\[[^\]]*\]|[0-9.]+(?:e-?[0-9]+|[a-z]+)?|[A-Za-z_:$][A-Za-z0-9_:]*|[{}(),]`)
	word     = regexp.MustCompile(`^[A-Za-z_:]`)
	grouping = []string{"by", "without", "on", "ignoring", "group_left", "group_right"}
	operator = []string{"and", "or", "unless", "bool", "offset"}
)

// read finds the metrics and labels of a PromQL expression. Prometheus itself
// says whether the expression is right; here it is enough to tell names apart.
func read(expr string) reading {
	r := reading{metrics: map[string][]string{}}
	tokens := token.FindAllString(expr, -1)
	metric, inBraces, inLabels := "", false, false
	for i, tok := range tokens {
		next := ""
		if i+1 < len(tokens) {
			next = tokens[i+1]
		}
		switch {
		case tok == "{":
			inBraces = true
		case tok == "}":
			inBraces = false
		case tok == ")":
			inLabels = false
		case tok == "(":
			inLabels = i > 0 && slices.Contains(grouping, tokens[i-1])
		case !word.MatchString(tok) || slices.Contains(operator, tok) || slices.Contains(grouping, tok):
		case inBraces:
			r.metrics[metric] = append(r.metrics[metric], tok)
		case inLabels:
			r.labels = append(r.labels, tok)
		case next == "(" || slices.Contains(grouping, next) && aggregates(tok):
			// a function
		default:
			metric = tok
			r.metrics[metric] = append(r.metrics[metric], []string{}...)
		}
	}
	return r
}

func aggregates(tok string) bool {
	return slices.Contains([]string{"sum", "min", "max", "avg", "count", "topk", "bottomk", "quantile"}, tok)
}

func TestRead(t *testing.T) {
	for expr, want := range map[string]reading{
		"up": {metrics: map[string][]string{"up": nil}},
		`1 - sum by (a, b) (rate(x_total{c="d, {e}", f=~'g'}[$__rate_interval])) / on (a) group_left (h) max(y) or vector(0)`: {
			metrics: map[string][]string{"x_total": {"c", "f"}, "y": nil}, labels: []string{"a", "b", "a", "h"},
		},
		"count(level:name:rate5m == 1e-3) and on () up": {metrics: map[string][]string{"level:name:rate5m": nil, "up": nil}},
		"min(min_over_time(z[1h] offset 5m))":           {metrics: map[string][]string{"z": nil}},
	} {
		got := read(expr)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(reading{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", expr, diff)
		}
	}
}

// variableQuery takes label_values(SERIES, LABEL) apart.
func variableQuery(query string) (series, label string, ok bool) {
	inner, found := strings.CutPrefix(query, "label_values(")
	inner, closed := strings.CutSuffix(inner, ")")
	at := strings.LastIndex(inner, ",")
	if !found || !closed || at < 0 {
		return "", "", false
	}
	return inner[:at], strings.TrimSpace(inner[at+1:]), true
}
