//go:build prometheus

package dashtest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/exporter"
	"github.com/loginwatch/loginwatch/internal/exporter/openslo"
	"github.com/loginwatch/loginwatch/internal/metrics"
)

// countsObjectives holds the queries that are exported as OpenSLO against the rules: of each
// hour in which no daemon started both have the same runs, and the same bad ones of them.
func (a *archive) countsObjectives(t *testing.T, ctx context.Context) {
	compared, bad := 0, map[string]bool{}
	for _, j := range a.jobs {
		key := j.Key()
		documents := openslo.Documents(j.Probe.Contract, []openslo.Login{{Probe: j.Probe, Target: j.Target.Name}}, metrics.LatencyBucket)
		for i, slo := range []string{"availability", "correctness", "latency"} {
			ratio := member(t, member(t, documents[1+2*i], "spec"), "ratioMetric")
			exported := func(which string) []float64 {
				source := member(t, member(t, ratio, which), "metricSource")
				query, _ := lookup(member(t, source, "spec"), "query").(string)
				return a.hours(t, ctx, fmt.Sprintf("%[1]s - last_over_time((%[1]s)[1s:1s] offset 1h)", query))
			}
			recorded := func(of string) []float64 {
				return a.hours(t, ctx, fmt.Sprintf("login:slo_%s:increase1h{vendor=%q,probe=%q,target=%q,slo=%q}", of, key.Vendor, key.Probe, key.Target, slo))
			}
			good, total, wantBad, want := exported("good"), exported("total"), recorded("bad"), recorded("total")
			if n := len(want); len(good) != n || len(total) != n || len(wantBad) != n {
				t.Fatalf("%s %s: %d, %d, %d and %d hours", key, slo, len(good), len(total), len(wantBad), n)
			}
			for h := range want {
				if slices.ContainsFunc([]float64{good[h], total[h], wantBad[h], want[h]}, math.IsNaN) {
					continue
				}
				compared++
				bad[slo] = bad[slo] || wantBad[h] > 0
				if total[h] != want[h] || total[h]-good[h] != wantBad[h] {
					t.Errorf("%s %s, hour %d: %v runs, %v of them bad; the rules have %v and %v", key, slo, h, total[h], total[h]-good[h], want[h], wantBad[h])
				}
			}
		}
	}
	if least := len(a.jobs) * 3 * 20; compared < least || len(bad) != 3 {
		t.Errorf("%d hours are compared, at least %d should be; bad runs in %v", compared, least, bad)
	}
	t.Logf("%d hours of %d logins", compared, len(a.jobs))
}

// hours are what a query gives at the end of each hour of the day but those in which the
// daemon started; NaN where it gives nothing.
func (a *archive) hours(t *testing.T, ctx context.Context, expr string) (all []float64) {
	t.Helper()
	started := a.from.Add(time.Duration(restart * float64(time.Hour)))
	for at := a.from.Truncate(time.Hour).Add(2 * time.Hour); !at.After(a.to); at = at.Add(time.Hour) {
		if begins := at.Add(-time.Hour - 5*time.Minute); started.After(begins) && !started.After(at) {
			continue
		}
		found, err := a.ask(ctx, fmt.Sprintf("last_over_time((%s)[1s:1s] @ %d)", expr, at.Unix()), 0)
		if err != nil || len(found) > 1 {
			t.Fatalf("%s: %v, %v", expr, found, err)
		}
		value := math.NaN()
		if len(found) == 1 {
			value = found[0][len(found[0])-1]
		}
		all = append(all, value)
	}
	return all
}

func lookup(m exporter.Map, key string) any {
	for _, one := range m {
		if one.Key == key {
			return one.Value
		}
	}
	return nil
}

func member(t *testing.T, m exporter.Map, key string) exporter.Map {
	t.Helper()
	of, ok := lookup(m, key).(exporter.Map)
	if !ok {
		t.Fatalf("no %s in %v", key, m)
	}
	return of
}
