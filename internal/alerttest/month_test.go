//go:build oncall

package alerttest

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const (
	days     = 30
	every    = 5 * time.Minute   // between two runs
	scrapes  = 150 * time.Second // between two samples, and two evaluations of the rules
	runCount = int(days * 24 * time.Hour / every)
)

// shape is a month of one login: which of its runs were unavailable.
type shape struct {
	vendor  string
	failed  func(run int) bool
	pages   int // that somebody gets
	tickets int
}

// shapes are the months that decide whether an alert is trusted. The random ones
// are the same in every test.
func shapes() []shape {
	random := rand.New(rand.NewPCG(1, 2))
	trickle := make([]bool, runCount)
	for i := range trickle {
		trickle[i] = random.Float64() < 0.01
	}
	isolated := make([]bool, runCount)
	for i := 50; i < runCount; i += 200 + random.IntN(300) { // 17 hours apart at least
		isolated[i] = true
	}
	middle := runCount / 2
	return []shape{
		{"isolated", func(i int) bool { return isolated[i] }, 0, 0},
		{"outage", func(i int) bool { return i >= middle && i < middle+4 }, 1, 0}, // 20 minutes
		{"trickle", func(i int) bool { return trickle[i] }, 0, 1},                 // 1 % of the runs
		{"flaky", func(i int) bool { return i >= middle && i < middle+24 && i%2 == 0 }, 1, 1},
		{"perfect", func(int) bool { return false }, 0, 0},
	}
}

// history writes a month of metrics in the format that promtool makes blocks of.
func history(t *testing.T, path string, from time.Time) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, f)
	w := bufio.NewWriter(f)
	for _, m := range []struct {
		name, kind string
		series     []string // more labels
	}{
		{"runs", "counter", []string{`,verdict="ok"`, `,verdict="unavailable"`, `,verdict="drift"`}},
		{"up", "gauge", []string{""}},
		// The daemon leaves out a 0; promtool knows no end of a series before that of its block.
		{"consecutive_failures", "gauge", []string{`,verdict="unavailable"`}},
		{"last_run_timestamp_seconds", "gauge", []string{""}},
		{"last_success_timestamp_seconds", "gauge", []string{""}},
		{"probe_interval_seconds", "gauge", []string{""}},
		{"slo_objective_ratio", "gauge", []string{`,slo="availability"`, `,slo="correctness"`}},
	} {
		end := map[string]string{"counter": "_total", "gauge": ""}[m.kind]
		fmt.Fprintf(w, "# TYPE loginwatch_%s %s\n", m.name, m.kind)
		for _, s := range shapes() {
			for _, more := range m.series {
				labels := fmt.Sprintf(`{job="loginwatch",instance="a:9713",vendor="%s",probe="login",target="production"%s}`, s.vendor, more)
				months(s, from, func(at time.Time, f facts) {
					fmt.Fprintf(w, "loginwatch_%s%s%s %v %d\n", m.name, end, labels, f.value(m.name+more), at.Unix())
				})
			}
		}
	}
	fmt.Fprintln(w, "# EOF")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// facts are what is known of a login at one scrape.
type facts struct {
	ok, bad         int
	up, streak      int
	lastRun, lastOK int64
}

func (f facts) value(name string) any {
	return map[string]any{
		`runs,verdict="ok"`: f.ok, `runs,verdict="unavailable"`: f.bad, `runs,verdict="drift"`: 0,
		"up": f.up, `consecutive_failures,verdict="unavailable"`: f.streak,
		"last_run_timestamp_seconds": f.lastRun, "last_success_timestamp_seconds": f.lastOK,
		"probe_interval_seconds":                 every.Seconds(),
		`slo_objective_ratio,slo="availability"`: 0.995,
		`slo_objective_ratio,slo="correctness"`:  0.999,
	}[name]
}

// months calls each with every scrape of a month.
func months(s shape, from time.Time, each func(time.Time, facts)) {
	f := facts{up: 1, lastRun: from.Unix(), lastOK: from.Unix()}
	run := 0
	for at := from; at.Before(from.Add(days * 24 * time.Hour)); at = at.Add(scrapes) {
		for ; run < runCount && !from.Add(time.Duration(run)*every).After(at); run++ {
			f.lastRun = from.Add(time.Duration(run) * every).Unix()
			if s.failed(run) {
				f.bad++
				f.streak++
				f.up = 0
			} else {
				f.ok++
				f.up, f.streak, f.lastOK = 1, 0, f.lastRun
			}
		}
		each(at, f)
	}
}

// archive is a Prometheus over a month that is over.
type archive struct {
	dir, address, url string
	running           *process
	from              time.Time
}

func newArchive(t *testing.T) *archive {
	t.Helper()
	a := &archive{dir: t.TempDir(), from: time.Now().Add(-(days*24 + 6) * time.Hour).Truncate(2 * time.Hour)}
	history(t, filepath.Join(a.dir, "history"), a.from)
	write(t, a.dir, "prometheus.yml", "")
	tool(t, a.dir, "promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", "--max-block-duration=744h", "history", "data")
	a.open(t)
	return a
}

// open starts Prometheus over all blocks that there are by now.
func (a *archive) open(t *testing.T) {
	t.Helper()
	if a.running != nil {
		a.running.kill()
	}
	a.address = freeAddress(t)
	a.url = "http://" + a.address
	a.running = launch(t, a.dir, "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
		"--storage.tsdb.retention.time=10y", "--web.listen-address="+a.address)
	answers(t, a.running, a.url+"/-/ready")
}

// record computes recording rules for the whole month. Rules that read others
// are computed after those.
func (a *archive) record(t *testing.T, name string, rules []rule) {
	t.Helper()
	file := "groups:\n  - name: " + name + "\n    rules:\n"
	for _, r := range rules {
		file += fmt.Sprintf("      - record: %s\n        expr: %q\n", r.Record, r.Expr)
		if slo := r.Labels["slo"]; slo != "" {
			file += "        labels: {slo: " + slo + "}\n"
		}
	}
	tool(t, a.dir, "promtool", "tsdb", "create-blocks-from", "rules", "--url="+a.url, "--output-dir=data",
		"--start="+a.from.Format(time.RFC3339), "--end="+a.from.Add(days*24*time.Hour).Format(time.RFC3339),
		"--eval-interval="+scrapes.String(), "--max-block-duration=162h", write(t, a.dir, name+".yml", file))
	a.open(t)
}
