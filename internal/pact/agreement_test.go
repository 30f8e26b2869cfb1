//go:build pact

package pact_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pact-foundation/pact-go/v2/consumer"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pact"
	"github.com/loginwatch/loginwatch/internal/pact/native"
)

// The verifier and our own check accept and refuse the same answers, but for
// what the declared differences name.
func TestAgreement(t *testing.T) {
	tally := &tally{rows: map[string]*[3]int{}, used: map[string]int{}}
	t.Run("samples", func(t *testing.T) {
		for _, c := range catalog(t).Contracts {
			for _, s := range samples(t, c) {
				t.Run(c.Vendor+" "+s.k.ID, func(t *testing.T) {
					one := interaction(t, s, func() {})
					t.Parallel() // pact-go is not safe for it, the verifier is
					for batch := range slices.Chunk(s.mutations(), batchSize) {
						for i, pact := range verifierOn(t, one, batch) {
							tally.compare(t, batch[i], pact)
						}
					}
				})
			}
		}
	})
	for _, name := range slices.Sorted(maps.Keys(tally.rows)) {
		r := tally.rows[name]
		t.Logf("%s: %d mutations, %d agreed, %d declared to differ", name, r[0], r[1], r[2])
	}
	for _, d := range differences {
		t.Logf("declared, %d times: %s: %s", tally.used[d.name], d.name, d.reason)
		if tally.used[d.name] == 0 {
			t.Errorf("the difference %q is declared and does not occur", d.name)
		}
	}
}

// tally counts mutations: made, agreed, declared to differ.
type tally struct {
	mu   sync.Mutex
	rows map[string]*[3]int // by the sort of the mutation, and of all
	used map[string]int     // by the declared difference
}

func (y *tally) compare(t *testing.T, m mutation, pact bool) {
	j := m.judge()
	ours := j.Verdict == loginwatch.OK
	d := declared(m, j, ours)
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, name := range []string{m.sort, "all"} {
		r := y.rows[name]
		if r == nil {
			r = new([3]int)
			y.rows[name] = r
		}
		r[0]++
		switch {
		case ours == pact:
			r[1]++
		case d != "":
			r[2]++
		}
	}
	switch {
	case m.sort == "as documented" && (!ours || !pact):
		t.Errorf("as documented: ours %v (%s), Pact %v", ours, brief(j), pact)
	case ours == pact:
	case d == "":
		t.Errorf("%s %s %s: ours %v (%s), Pact %v", m.sort, m.pointer, m.name, ours, brief(j), pact)
	default:
		y.used[d]++
	}
}

func brief(j loginwatch.Judgement) string {
	var parts []string
	for _, f := range j.Findings {
		parts = append(parts, fmt.Sprintf("%s %s %s", f.Class, f.Kind, f.Pointer))
	}
	return strings.Join(parts, ", ")
}

// batchSize is how many mutations one pact holds: the verifier's time grows
// with the square of it.
const batchSize = 16

// verifierOn lets the verifier judge mutations of a sample in one go: a pact
// with the sample's interaction once for each, told apart by their paths.
func verifierOn(t *testing.T, one map[string]any, all []mutation) []bool {
	t.Helper()
	s := all[0].sample
	file := filepath.Join(t.TempDir(), "pact.json")
	if err := os.WriteFile(file, multiplied(t, one, len(all)), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil || i >= len(all) {
			panic(http.ErrAbortHandler)
		}
		for name, values := range all[i].header {
			w.Header()[name] = values
		}
		w.WriteHeader(all[i].status)
		_, _ = w.Write(all[i].body)
	}))
	defer server.Close()
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(at.Port())
	if err != nil {
		t.Fatal(err)
	}
	results, err := native.Verify(native.Request{
		File: file, Provider: s.contract.Vendor, Host: "127.0.0.1", Port: port, Timeout: 10 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	verdicts := make([]bool, len(all))
	seen := 0
	for _, r := range results {
		i, err := strconv.Atoi(r.Description)
		if err != nil || r.NoAnswer {
			t.Fatalf("%s %s: the verifier could not judge %s", s.contract.Vendor, s.k.ID, r.Description)
		}
		verdicts[i] = r.OK
		seen++
	}
	if seen != len(all) {
		t.Fatalf("%d of %d mutations judged", seen, len(all))
	}
	return verdicts
}

// interaction is a pact of pact-go's making for a sample; during is called while
// the mock server runs.
func interaction(t *testing.T, s sample, during func()) (whole map[string]any) {
	t.Helper()
	i, err := pact.Of(s.k, s.contract)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mock, err := consumer.NewV4Pact(consumer.MockHTTPProviderConfig{
		Consumer: pact.Consumer, Provider: s.contract.Vendor, PactDir: dir, LogDir: dir, Host: "127.0.0.1",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := expect(mock, i).ExecuteTest(t, func(at consumer.MockServerConfig) error { during(); return ask(at, i) }); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, pact.Consumer+"-"+s.contract.Vendor+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &whole); err != nil {
		t.Fatal(err)
	}
	return whole
}

// multiplied is a pact with its one interaction n times.
func multiplied(t *testing.T, whole map[string]any, n int) []byte {
	t.Helper()
	one := whole["interactions"].([]any)[0].(map[string]any)
	many := make([]any, n)
	for i := range many {
		request := maps.Clone(one["request"].(map[string]any))
		request["path"] = fmt.Sprintf("/%d", i)
		delete(request, "generators") // nobody is asked for credentials
		next := maps.Clone(one)
		next["description"], next["request"] = strconv.Itoa(i), request
		many[i] = next
	}
	whole = maps.Clone(whole)
	whole["interactions"] = many
	data, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// ask sends the interaction's request, so that the mock server is content.
func ask(at consumer.MockServerConfig, i *pact.Interaction) error {
	u := url.URL{Scheme: "http", Host: fmt.Sprintf("%s:%d", at.Host, at.Port), Path: i.Path, RawQuery: i.QueryString()}
	req, err := http.NewRequest(i.Method, u.String(), nil)
	if err != nil {
		return err
	}
	for _, h := range i.Headers {
		req.Header.Set(h.Name, h.Example)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return errors.Join(err, res.Body.Close())
}
