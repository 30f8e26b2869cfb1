//go:build prometheus

package dashtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// archive is a real Prometheus that has the day of a demo.
type archive struct {
	*demo
	dir, url string
	stop     func()
}

func newArchive(t *testing.T, d *demo) *archive {
	t.Helper()
	a := &archive{demo: d, dir: t.TempDir(), stop: func() {}}
	history, err := os.Create(filepath.Join(a.dir, "history"))
	if err != nil {
		t.Fatal(err)
	}
	d.pass(t, history)
	if err := history.Close(); err != nil {
		t.Fatal(err)
	}
	a.promtool(t, "openmetrics", "--quiet", "history", "data")
	a.open(t)
	t.Cleanup(func() { a.stop() })
	return a
}

func (a *archive) promtool(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "promtool", append([]string{"tsdb", "create-blocks-from", "--max-block-duration=744h"}, args...)...)
	cmd.Dir = a.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v (make dashboards installs what is missing)\n%s", cmd.Args, err, out)
	}
}

// open starts Prometheus over the blocks that there are by now.
func (a *archive) open(t *testing.T) {
	t.Helper()
	a.stop()
	if err := os.WriteFile(filepath.Join(a.dir, "prometheus.yml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String() // free in a moment: Prometheus does not tell which one it took
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	a.url = "http://" + address
	cmd := exec.Command("prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.listen-address="+address, "--log.level=warn")
	var said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = a.dir, &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // by the signal
		close(ended)
	}()
	a.stop = func() {
		_ = cmd.Process.Kill() // it may have ended
		<-ended
	}
	for {
		response, err := http.Get(a.url + "/-/ready")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-ended:
			t.Fatalf("prometheus ended:\n%s", said.String())
		case <-t.Context().Done():
			t.Fatal("prometheus does not answer")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

type recordingRule struct {
	Record string            `json:"record"`
	Expr   string            `json:"expr"`
	Labels map[string]string `json:"labels,omitempty"`
}

// levels are the recording rules, first those that need no other, then those
// that need these, and so on: promtool computes each over the whole day.
func levels(t *testing.T) [][]recordingRule {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "..", "prometheus", "rules", "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no rules: %v", err)
	}
	var left []recordingRule
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var content struct {
			Groups []struct{ Rules []recordingRule }
		}
		if err := yaml.Unmarshal(data, &content); err != nil {
			t.Fatal(err)
		}
		for _, g := range content.Groups {
			left = append(left, g.Rules...)
		}
	}
	left = slices.DeleteFunc(left, func(r recordingRule) bool { return r.Record == "" })
	var made [][]recordingRule
	for len(left) > 0 {
		waits := func(r recordingRule) bool {
			uses := read(r.Expr).metrics
			return slices.ContainsFunc(left, func(other recordingRule) bool {
				_, used := uses[other.Record]
				return used && other.Record != r.Record // one may look at its own past
			})
		}
		ready := slices.DeleteFunc(slices.Clone(left), waits)
		if len(ready) == 0 {
			t.Fatalf("recording rules wait for each other: %v", left)
		}
		var next []recordingRule
		for _, r := range left {
			if waits(r) {
				next = append(next, r)
			}
		}
		made, left = append(made, ready), next
	}
	return made
}

// recordAll adds what the recording rules make of the day.
func (a *archive) recordAll(t *testing.T) {
	t.Helper()
	for _, rules := range levels(t) {
		a.record(t, rules)
	}
}

func (a *archive) record(t *testing.T, rules []recordingRule) {
	t.Helper()
	// Where a rule brings a metric as it is or something else, promtool takes the
	// two names for two series; a product has none.
	for i := range rules {
		rules[i].Expr = "(" + rules[i].Expr + "\n) * 1"
	}
	data, err := json.Marshal(map[string]any{"groups": []any{map[string]any{"name": "all", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(a.dir, "rules.yml"), data, 0o600); err != nil { // JSON is YAML
		t.Fatal(err)
	}
	a.promtool(t, "rules", "--url="+a.url, "--output-dir=data", "--eval-interval=1m",
		"--start="+a.from.Format(time.RFC3339), "--end="+a.to.Format(time.RFC3339), "rules.yml")
	a.open(t)
}

// ask sends a query, about the day or with no step about its end, and gives the
// numbers of each series.
func (a *archive) ask(ctx context.Context, expr string, step time.Duration) ([][]float64, error) {
	path, values := "/api/v1/query_range", url.Values{
		"query": {expr}, "step": {fmt.Sprint(step.Seconds())},
		"start": {fmt.Sprint(a.from.Truncate(max(step, 1)).Unix())}, "end": {fmt.Sprint(a.to.Unix())},
	}
	if step == 0 {
		path, values = "/api/v1/query", url.Values{"query": {expr}, "time": {fmt.Sprint(a.to.Unix())}}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url+path, strings.NewReader(values.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Status, Error string
		Data          struct {
			Result []struct {
				Value  [2]any
				Values [][2]any
			}
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if answer.Status != "success" {
		return nil, fmt.Errorf("prometheus: %s", answer.Error)
	}
	var all [][]float64
	for _, found := range answer.Data.Result {
		var numbers []float64
		for _, v := range append(found.Values, found.Value) {
			text, _ := v[1].(string)
			if n, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(n) {
				numbers = append(numbers, n)
			}
		}
		if len(numbers) > 0 {
			all = append(all, numbers)
		}
	}
	return all, nil
}
