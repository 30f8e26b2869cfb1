//go:build !race

package openslo_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter/openslo"
	"github.com/loginwatch/loginwatch/internal/metrics"
	"github.com/loginwatch/loginwatch/internal/pack/packtest"
)

// document has what an object of OpenSLO v1 may have of the kinds that are written.
type document struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name        string `yaml:"name"`
		DisplayName string `yaml:"displayName"`
	} `yaml:"metadata"`
	Spec struct {
		Description string `yaml:"description"`
		RatioMetric *struct {
			Counter bool   `yaml:"counter"`
			Good    source `yaml:"good"`
			Total   source `yaml:"total"`
		} `yaml:"ratioMetric"`
		Service      string `yaml:"service"`
		IndicatorRef string `yaml:"indicatorRef"`
		TimeWindow   []struct {
			Duration  string `yaml:"duration"`
			IsRolling bool   `yaml:"isRolling"`
		} `yaml:"timeWindow"`
		BudgetingMethod string `yaml:"budgetingMethod"`
		Objectives      []struct {
			DisplayName string  `yaml:"displayName"`
			Target      float64 `yaml:"target"`
		} `yaml:"objectives"`
	} `yaml:"spec"`
}

type source struct {
	MetricSource struct {
		Type string `yaml:"type"`
		Spec struct {
			Query string `yaml:"query"`
		} `yaml:"spec"`
	} `yaml:"metricSource"`
}

// dnsLabel is what a name of OpenSLO is (RFC 1123, 2.1).
var dnsLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// written reads what is written, and holds it to be whole.
func written(t *testing.T, c *loginwatch.Contract, logins []openslo.Login) (slis, slos []document) {
	t.Helper()
	seen := map[string]bool{}
	for i, text := range strings.Split(string(openslo.YAML(openslo.Documents(c, logins, metrics.LatencyBucket))), "---\n") {
		var d document
		if err := yaml.UnmarshalWithOptions([]byte(text), &d, yaml.Strict()); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		name := d.Metadata.Name
		if d.APIVersion != "openslo/v1" || !dnsLabel.MatchString(name) || seen[d.Kind+name] || len([]rune(d.Metadata.DisplayName)) > 63 || len(d.Spec.Description) > 1050 {
			t.Errorf("it is no object, or is there twice:\n%s", text)
		}
		switch seen[d.Kind+name] = true; {
		case i == 0 && d.Kind == "Service" && name == c.Vendor:
		case d.Kind == "SLI":
			slis = append(slis, d)
		case d.Kind == "SLO" && seen["SLI"+d.Spec.IndicatorRef] && d.Spec.Service == c.Vendor && d.Spec.BudgetingMethod == "Occurrences" &&
			len(d.Spec.Objectives) == 1 && d.Spec.Objectives[0].Target > 0 && d.Spec.Objectives[0].Target < 1 && len(d.Spec.TimeWindow) == 1 && d.Spec.TimeWindow[0].IsRolling:
			slos = append(slos, d)
		default:
			t.Errorf("out of place:\n%s", text)
		}
	}
	if len(slis) != 3*len(logins) || len(slos) != 3*len(logins) {
		t.Errorf("%d indicators and %d objectives of %d logins", len(slis), len(slos), len(logins))
	}
	return slis, slos
}

// Every probe of the repository has three objectives, of which all names hold.
func TestAllContracts(t *testing.T) {
	catalog := packtest.All(t)
	for _, c := range catalog.Contracts {
		var logins []openslo.Login
		for _, p := range catalog.ProbesOf(c.Vendor) {
			logins = append(logins, openslo.Login{Probe: p}, openslo.Login{Probe: p, Target: "production"})
		}
		written(t, c, logins)
	}
}

// No two logins are called the same, whatever their names make of each other.
func TestNamesDiffer(t *testing.T) {
	c := &loginwatch.Contract{Vendor: "acme"}
	o := loginwatch.Objectives{Availability: 0.5, Correctness: 0.5, LatencyQuantile: 0.5, Latency: time.Second}
	written(t, c, []openslo.Login{
		{Probe: &loginwatch.Probe{Contract: c, Name: "login", Objectives: o}, Target: "eu-west"},
		{Probe: &loginwatch.Probe{Contract: c, Name: "login-eu", Objectives: o}, Target: "west"},
		{Probe: &loginwatch.Probe{Contract: c, Name: "login-eu-west", Objectives: o}},
	})
}

func TestObjectives(t *testing.T) {
	long := strings.Repeat("a", 62) + "b"
	for _, tt := range []struct {
		probe, target string
		latency       time.Duration
		name          string
		queries       [6]string
		description   string
	}{
		{"login", "", 1500 * time.Millisecond, "acme-login-latency", [6]string{
			`sum(loginwatch_runs_total{vendor="acme",probe="login",verdict=~"ok|drift|rejected|throttled"})`,
			`sum(loginwatch_runs_total{vendor="acme",probe="login",verdict=~"ok|drift|rejected|throttled|unavailable"})`,
			`sum(loginwatch_runs_total{vendor="acme",probe="login",verdict="ok"})`,
			`sum(loginwatch_runs_total{vendor="acme",probe="login",verdict=~"ok|drift|rejected|throttled"})`,
			`sum(loginwatch_run_duration_seconds_bucket{vendor="acme",probe="login",le="1.5"})`,
			`sum(loginwatch_run_duration_seconds_count{vendor="acme",probe="login"})`,
		}, "Runs that took at most 1.5s, of those that were timed."},
		{"login", "eu", 800 * time.Millisecond, "acme-login-eu-latency", [6]string{
			4: `sum(loginwatch_run_duration_seconds_bucket{vendor="acme",probe="login",target="eu",le=~"1|1[.]0"})`,
		}, "Runs that took at most 800ms (or up to the next bound of the histogram, 1 s), of those that were timed."},
		{"login", "eu", time.Minute, "acme-login-eu-latency", [6]string{
			4: `sum(loginwatch_run_duration_seconds_bucket{vendor="acme",probe="login",target="eu",le="+Inf"})`,
		}, "Runs that took at most 1m (or longer: no bound of the histogram holds that), of those that were timed."},
		{"login", long, time.Second, "acme-login-" + strings.Repeat("a", 41) + "-7e58f05df1", [6]string{}, "Runs that took at most 1s, of those that were timed."},
	} {
		c := &loginwatch.Contract{Vendor: "acme", Title: strings.Repeat("Ä", 70)}
		p := &loginwatch.Probe{Contract: c, Name: tt.probe, Objectives: loginwatch.Objectives{Availability: 0.995, Correctness: 0.9999, LatencyQuantile: 0.95, Latency: tt.latency}}
		slis, slos := written(t, c, []openslo.Login{{Probe: p, Target: tt.target}})
		var queries [6]string
		for i, s := range slis {
			r := s.Spec.RatioMetric
			if r == nil || !r.Counter || r.Good.MetricSource.Type != "Prometheus" || r.Total.MetricSource.Type != "Prometheus" {
				t.Fatalf("%+v", s)
			}
			queries[2*i], queries[2*i+1] = r.Good.MetricSource.Spec.Query, r.Total.MetricSource.Spec.Query
			if tt.queries[2*i] == "" {
				queries[2*i] = ""
			}
			if tt.queries[2*i+1] == "" {
				queries[2*i+1] = ""
			}
		}
		if diff := cmp.Diff(tt.queries, queries); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		var targets []float64
		for _, s := range slos {
			targets = append(targets, s.Spec.Objectives[0].Target)
		}
		if diff := cmp.Diff([]float64{0.995, 0.9999, 0.95}, targets); diff != "" || slos[0].Spec.TimeWindow[0].Duration != "30d" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if slis[2].Metadata.Name != tt.name || slis[2].Spec.Description != tt.description {
			t.Errorf("%s: %q, want %q (%s)", slis[2].Metadata.Name, slis[2].Spec.Description, tt.description, tt.name)
		}
	}
}
