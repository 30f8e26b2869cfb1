package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What the daemon may take, by its own account and that of the kernel. Memory is what is
// the process's own, so that the kernel could not drop it: the program's file is not.
const (
	mostMemoryOfFew  = 40 << 20
	mostMemoryOfMany = 200 << 20
	mostScrape       = time.Second
	mostCPURatio     = 1.2
)

// TestFiguresScale watches many logins with the whole program in a process of its own, with
// its store in a file, against a server in this process that answers as documented. Ten
// logins and ten thousand run beside each other, so that the machine's noise hits both.
//
// Only "make bench", which sets FIGURES, judges the figures.
func TestFiguresScale(t *testing.T) {
	judged := os.Getenv("FIGURES") != ""
	many, perSecond, settle, watched := 500, 20, 2*time.Second, 3*time.Second
	if judged {
		many, perSecond, settle, watched = 10_000, 200, 45*time.Second, 30*time.Second
	}
	base := answering(t)
	few, small, same := watch(t, base, 200, 10*time.Second), watch(t, base, 10, time.Second), watch(t, base, perSecond, time.Second)
	large := watch(t, base, many, time.Duration(many)*time.Second/time.Duration(perSecond))
	time.Sleep(settle)
	few.scrape(t)
	t.Logf("200 logins, every 10 s: %s", few.memory(t))
	if anonymous := few.anonymous(t); judged && anonymous > mostMemoryOfFew {
		t.Errorf("%d MB of memory, want at most %d", anonymous>>20, mostMemoryOfFew>>20)
	}
	few.stop()

	var took []time.Duration
	var size, packed int
	for round := 0; round < 5 || judged && slices.Min(took) > mostScrape && round < 30; round++ {
		d, all, sent := large.scrape(t)
		took, size, packed = append(took, d), all, sent
	}
	slices.Sort(took)
	page := large.get(t, "/")
	t.Logf("%d logins: %s; a scrape of %.1f MB, %.1f MB compressed, takes %s at best, %s at worst; the status page has %d kB",
		many, large.memory(t), float64(size)/1e6, float64(packed)/1e6, took[0].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond), len(page)/1000)
	if anonymous := large.anonymous(t); judged && anonymous > mostMemoryOfMany {
		t.Errorf("%d MB of memory, want at most %d", anonymous>>20, mostMemoryOfMany>>20)
	}
	if judged && took[0] > mostScrape {
		t.Errorf("a scrape takes %s, want at most %s", took[0], mostScrape)
	}
	ratio := 0.0
	for round := 0; round < 1 || judged && ratio > mostCPURatio && round < 4; round++ {
		s, e, l := small.costOf(t), same.costOf(t), large.costOf(t)
		time.Sleep(watched)
		a, b, c := small.since(t, s), same.since(t, e), large.since(t, l)
		ratio = float64(c) / float64(a)
		t.Logf("a run costs %s of CPU with 10 logins, %s with %d that run as often in all as %d, %s with those: %.2f and %.2f times",
			a.Round(time.Microsecond), b.Round(time.Microsecond), perSecond, many, c.Round(time.Microsecond), ratio, float64(c)/float64(b))
	}
	if judged && ratio > mostCPURatio {
		t.Errorf("%.2f times, want at most %.1f", ratio, mostCPURatio)
	}
	for _, d := range []*daemonProcess{small, same, large} {
		d.stop()
		if log := d.log.String(); strings.Contains(log, "level=ERROR") { // a slow machine skips slots, and says so
			t.Errorf("errors in the log of %d logins:\n%s", d.logins, log[:min(len(log), 2000)])
		}
	}
}

// answering serves what the simulator of a vendor answers to a valid login, without being one:
// it accepts whoever asks.
func answering(t *testing.T) (base string) {
	t.Helper()
	well := documentedAnswer(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		well(w)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// documentedAnswer answers what the simulator does to a valid login.
func documentedAnswer(t *testing.T) func(http.ResponseWriter) {
	t.Helper()
	res, err := http.Post(simulatorHere(t, "signzy-ezkra")+"/kra-handler/api/customers/login", "application/json",
		strings.NewReader(`{"username":"username","password":"password@123"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res.Status, err)
	}
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		_, _ = w.Write(body)
	}
}

// watch starts a daemon that watches so many logins, each with an account of its own.
func watch(t *testing.T, base string, logins int, every time.Duration, more ...string) *daemonProcess {
	t.Helper()
	dir := t.TempDir()
	var conf strings.Builder
	address := freeAddress(t)
	fmt.Fprintf(&conf, "listen: %s\nlog: {level: warn}\n%s\ntargets:\n", address, strings.Join(more, "\n"))
	env := append(os.Environ(), "PASSWORD=password@123")
	for i := range logins {
		fmt.Fprintf(&conf, "  account-%05d:\n    vendor: signzy-ezkra\n    base_url: %s\n    insecure_http: true\n    secrets: {username: env:USER_%d, password: env:PASSWORD}\n", i, base, i)
		env = append(env, fmt.Sprintf("USER_%d=user-%d", i, i))
	}
	fmt.Fprintf(&conf, "probes:\n  signzy-ezkra/login: {schedule: '@every %s'}\n", every)
	file := filepath.Join(dir, "loginwatch.yaml")
	if err := os.WriteFile(file, []byte(conf.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	d := launching{file: file, address: address, env: env}.start(t)
	d.logins = logins
	if !d.ready() {
		t.Fatalf("it did not start:\n%s", d.log)
	}
	return d
}

// freeAddress is one that nobody listened on a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// scrape asks for the metrics as Prometheus does, compressed.
func (d *daemonProcess) scrape(t *testing.T) (took time.Duration, size, packed int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.base+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("Accept", "application/openmetrics-text;version=1.0.0")
	before := time.Now()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	took = time.Since(before)
	unpacked, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, unpacked)
	if err != nil {
		t.Fatal(err)
	}
	return took, int(n), len(body)
}

// cost is what has been used and done up to a moment.
type cost struct {
	cpu  float64 // seconds
	runs float64
}

func (d *daemonProcess) costOf(t *testing.T) (c cost) {
	t.Helper()
	body := string(d.get(t, "/metrics?name[]=process_cpu_seconds_total&name[]=loginwatch_runs_total"))
	for line := range strings.Lines(body) {
		words := strings.Fields(line)
		if len(words) != 2 || words[0] == "#" {
			continue
		}
		v, err := strconv.ParseFloat(words[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "process_") {
			c.cpu = v
		} else {
			c.runs += v
		}
	}
	return c
}

// since is the CPU of a run since then.
func (d *daemonProcess) since(t *testing.T, before cost) time.Duration {
	t.Helper()
	now := d.costOf(t)
	runs := now.runs - before.runs
	if runs == 0 {
		t.Fatalf("no run of %d logins\n%s", d.logins, d.log)
	}
	return time.Duration((now.cpu - before.cpu) / runs * float64(time.Second))
}
