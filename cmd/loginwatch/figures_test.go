package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"maps"
	"math"
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

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/store/storetest"
)

// A full run (claim, send, validate, record) against the simulator is compared
// with a bare net/http loop that does the same POST over new connections. Both
// alternate in this process, so that the machine's noise hits both; the best of
// a few rounds counts. With the simulator in a process of its own the client is
// measured alone; that figure is held to the limit for plain HTTP, and the one
// with both ends to that for TLS, where the handshake costs both ends alike.
//
// Only "make bench", which sets FIGURES, judges the figure: no other test depends
// on speed. The rest of the time this is one round that must work.
func TestFiguresRunCost(t *testing.T) {
	judged := os.Getenv("FIGURES") != ""
	for _, tt := range []struct {
		name  string
		tls   bool
		start func(t *testing.T, args ...string) (base string)
		limit float64 // 0: printed only
	}{
		{"plain HTTP, client alone", false, simulatorProcess, 2.0},
		{"plain HTTP, client and simulator", false, simulatorHere, 0},
		{"TLS, client alone", true, simulatorProcess, 0},
		{"TLS, client and simulator", true, simulatorHere, 1.1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ca := filepath.Join(t.TempDir(), "ca.pem")
			args := []string{"signzy-ezkra"}
			if tt.tls {
				args = append(args, "--tls", "--ca-out", ca)
			}
			base := tt.start(t, args...)
			full, bare := fullRun(t, base, ca, tt.tls), bareLoop(t, base, ca, tt.tls)
			best := math.Inf(1)
			for round := 0; round < 1 || judged && (round < 3 || best > tt.limit && tt.limit > 0 && round < 30); round++ {
				best = min(best, compare(full, bare))
			}
			t.Logf("%s: a full run costs %.2f times the CPU of a bare net/http POST", tt.name, best)
			if best > tt.limit && tt.limit > 0 && judged {
				t.Errorf("%.2f times, want at most %.1f", best, tt.limit)
			}
		})
	}
}

// compare gives the ratio of the medians of alternating batches.
func compare(full, bare func()) float64 {
	const batches = 15
	var fullCPU, bareCPU []time.Duration
	for range batches {
		fullCPU = append(fullCPU, cpu(full, batch))
		bareCPU = append(bareCPU, cpu(bare, batch))
	}
	f, b := median(fullCPU), median(bareCPU)
	return float64(f) / float64(b)
}

// batch is how many calls are measured at once: one alone is below the clock's
// resolution.
const batch = 10

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// cpu gives the process's CPU time for n calls.
func cpu(f func(), n int) time.Duration {
	before := storetest.ProcessCPU()
	for range n {
		f()
	}
	return storetest.ProcessCPU() - before
}

// simulatorProcess starts this test binary as loginwatch simulate.
func simulatorProcess(t *testing.T, args ...string) (base string) {
	t.Helper()
	return listening(t, exec.Command("loginwatch", append([]string{"simulate", "--listen", "127.0.0.1:0"}, args...)...))
}

// listening starts a process that prints where it listens, for as long as the test.
func listening(t *testing.T, cmd *exec.Cmd) (base string) {
	t.Helper()
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return firstAddress(t, out)
}

// simulatorHere serves loginwatch simulate in this process.
func simulatorHere(t *testing.T, args ...string) (base string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx, append([]string{"simulate", "--listen", "127.0.0.1:0"}, args...), environment{stdout: in, stderr: io.Discard})
	}()
	t.Cleanup(func() { cancel(); <-done })
	return firstAddress(t, out)
}

// firstAddress reads the base URL of the first vendor that simulate prints.
func firstAddress(t *testing.T, out io.Reader) string {
	t.Helper()
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return strings.Fields(first)[1]
}

// fullRun executes one slot as the daemon does, with its ledger and recorders.
func fullRun(t *testing.T, base, ca string, encrypted bool) func() {
	t.Helper()
	run := fullRuns(t, base, ca, encrypted, 1)
	return func() { run(0) }
}

// fullRuns does so for one of many logins, each with an account of its own.
func fullRuns(t *testing.T, base, ca string, encrypted bool, many int) func(i int) {
	t.Helper()
	files, problems := app.Files{}.Read()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	catalog, engine := files.Catalog, app.NewEngine(app.EngineOptions{})
	c := catalog.Contract("signzy-ezkra")
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	demo := map[string]string{}
	for _, s := range c.Secrets {
		demo[s.Name] = s.Demo
	}
	jobs := make([]loginwatch.Job, many)
	for i := range jobs {
		own := maps.Clone(demo)
		if i > 0 {
			own["username"] += strconv.Itoa(i)
		}
		jobs[i] = loginwatch.Job{
			Probe:  catalog.ProbesOf(c.Vendor)[0],
			Target: &loginwatch.Target{Name: "simulator-" + strconv.Itoa(i), BaseURL: u, Secrets: config.Static("test", own), Credential: "test-" + strconv.Itoa(i)},
		}
		if encrypted {
			jobs[i].Target.Transport.CAFile = ca
		}
	}
	if _, err := engine.Tasks(jobs); err != nil {
		t.Fatal(err)
	}
	engine.SetJobs(t.Context(), jobs)
	verdicts := &verdictCount{}
	engine.Executor.Recorders = append(engine.Executor.Recorders, verdicts)
	t.Cleanup(func() {
		if verdicts.other+verdicts.skipped > 0 {
			t.Errorf("%d runs were not ok, %d slots were skipped", verdicts.other, verdicts.skipped)
		}
	})
	return func(i int) {
		now := time.Now()
		engine.Executor.Execute(t.Context(), jobs[i], loginwatch.Slot{Key: jobs[i].Key(), Due: now, Planned: now})
	}
}

// bareLoop posts the same body and reads the answer, over a new connection.
func bareLoop(t *testing.T, base, ca string, encrypted bool) func() {
	t.Helper()
	tr := &http.Transport{DisableKeepAlives: true}
	if encrypted {
		pem, err := os.ReadFile(ca)
		if err != nil {
			t.Fatal(err)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		tr.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	client := &http.Client{Transport: tr}
	body := []byte(`{"password":"password@123","username":"username"}`)
	address := base + "/kra-handler/api/customers/login"
	return func() {
		res, err := client.Post(address, "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatal(res.Status)
		}
	}
}
