package main

import (
	"errors"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

const (
	// mostLate is how late of a hundred runs 99 start at most on an idle machine.
	mostLate = 20 * time.Millisecond
	// mostOfBare is what a run may cost beside a post of a bare loop that is paced the same.
	mostOfBare = 4.0
)

// TestFiguresLate has a daemon log in a thousand times a second, to a vendor in another
// process, and asks both how late that was: the daemon, and the vendor of which login came
// when. Before and after it a bare loop posts as often to the same vendor: where that is late, the
// machine has other work, and the figure is told and not judged; CPU is, beside that loop's. The
// best of some short windows counts, since no other work of the machine makes a run earlier.
//
// Only "make bench", which sets FIGURES, judges the figures.
func TestFiguresLate(t *testing.T) {
	judged := os.Getenv("FIGURES") != ""
	rate, windows, window := 50, 1, time.Second
	if judged {
		rate, windows, window = 1000, 5, 2*time.Second
	}
	base := vendorProcess(t)
	for _, store := range []string{"memory", "sqlite:loginwatch.db"} {
		bare := paced(t, base, rate, int(window/time.Second))
		d := watch(t, base, rate, time.Second, "store: {url: '"+store+"'}")
		time.Sleep(window)
		due := d.dueTimes(t)
		best := lateness{own: math.MaxInt64, seen: math.MaxInt64, cpu: math.MaxInt64}
		for i := range windows {
			now := d.lateness(t, base, due, window)
			if now.runs < rate/2 {
				t.Errorf("%d runs in %s", now.runs, window)
			}
			best = lateness{min(best.own, now.own), min(best.seen, now.seen), min(best.cpu, now.cpu), max(best.runs, now.runs)}
			if i >= windows/2 && max(best.own, best.seen) <= mostLate {
				break
			}
		}
		d.stop()
		again := paced(t, base, rate, int(window/time.Second))
		bare = lateness{seen: max(bare.seen, again.seen), cpu: min(bare.cpu, again.cpu)}
		t.Logf("%d runs a second, store %s: of a hundred 99 start within %s, and are at the vendor within %s; those of a bare loop within %s. A run costs %s of CPU, %.2f times that of the bare loop",
			rate, store, best.own.Round(100*time.Microsecond), best.seen.Round(100*time.Microsecond), bare.seen.Round(100*time.Microsecond),
			best.cpu.Round(time.Microsecond), float64(best.cpu)/float64(bare.cpu))
		if bare.seen > mostLate/2 {
			t.Logf("the machine has other work, and is no measure of %s", mostLate)
		} else if judged && max(best.own, best.seen) > mostLate {
			t.Errorf("late by more than %s", mostLate)
		}
		if judged && float64(best.cpu) > mostOfBare*float64(bare.cpu) {
			t.Errorf("a run costs more than %.1f times the CPU of the bare loop", mostOfBare)
		}
	}
}

// lateness is what a window shows: of a hundred runs 99 were at most so late.
type lateness struct {
	own, seen time.Duration // by its own account, and at the vendor
	cpu       time.Duration // of a run
	runs      int
}

// paced has a process of its own post to the vendor.
func paced(t *testing.T, base string, rate, seconds int) lateness {
	t.Helper()
	arrivals(t, base)
	cmd := exec.Command("paced", base, strconv.Itoa(rate), strconv.Itoa(seconds))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	cpu, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	var late []time.Duration
	for name, came := range arrivals(t, base) {
		due, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		late = append(late, came[0].Sub(time.Unix(0, due)))
	}
	return lateness{seen: of99(late), cpu: time.Duration(cpu), runs: len(late)}
}

// of99 gives what 99 of a hundred do not exceed.
func of99(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return math.MaxInt64
	}
	slices.Sort(all)
	return all[min(len(all)*99/100, len(all)-1)]
}

// dueTimes gives a time at which each of the logins of watch was due, by its user.
func (d *daemonProcess) dueTimes(t *testing.T) map[string]time.Time {
	t.Helper()
	all := map[string]time.Time{}
	for line := range strings.Lines(string(d.get(t, "/metrics?name[]=loginwatch_next_run_timestamp_seconds"))) {
		_, rest, found := strings.Cut(line, `target="account-`)
		if !found {
			continue
		}
		i, err := strconv.Atoi(rest[:5])
		if err != nil {
			t.Fatal(err)
		}
		at, err := strconv.ParseFloat(strings.Fields(line)[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		all["user-"+strconv.Itoa(i)] = time.UnixMilli(int64(math.Round(at * 1000)))
	}
	if len(all) != d.logins {
		t.Fatalf("%d of %d logins say when they are due", len(all), d.logins)
	}
	return all
}

// lateness looks at a daemon, each of whose logins is due every second, for a while.
func (d *daemonProcess) lateness(t *testing.T, base string, due map[string]time.Time, window time.Duration) lateness {
	t.Helper()
	arrivals(t, base)
	before, began := d.costOf(t), d.ownLateness(t)
	time.Sleep(window)
	after, ended := d.costOf(t), d.ownLateness(t)
	var late []time.Duration
	for name, came := range arrivals(t, base) {
		for _, at := range came {
			late = append(late, (at.Sub(due[name])%time.Second+time.Second)%time.Second)
		}
	}
	runs := after.runs - before.runs
	return lateness{
		own: ended.since(t, began), seen: of99(late), runs: int(runs),
		cpu: time.Duration((after.cpu - before.cpu) / runs * float64(time.Second)),
	}
}

// spread is a native histogram: how many runs began in which bucket.
type spread struct {
	schema int32
	counts map[int]int64
}

func (d *daemonProcess) ownLateness(t *testing.T) spread {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.base+"/metrics?name[]=loginwatch_slot_lateness_seconds", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")
	res, err := apart.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var f dto.MetricFamily
	if err := expfmt.NewDecoder(res.Body, expfmt.ResponseFormat(res.Header)).Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	h := f.GetMetric()[0].GetHistogram()
	s := spread{h.GetSchema(), map[int]int64{}}
	key, i, count := 0, 0, int64(0)
	for _, span := range h.PositiveSpan {
		key += int(span.GetOffset())
		for range span.GetLength() {
			count += h.PositiveDelta[i]
			s.counts[key] = count
			key, i = key+1, i+1
		}
	}
	return s
}

// since gives the end of the bucket below which 99 of a hundred of the runs since then are.
func (s spread) since(t *testing.T, before spread) time.Duration {
	t.Helper()
	if s.schema != before.schema {
		t.Fatal("the buckets have changed")
	}
	var keys []int
	all := int64(0)
	for key, n := range s.counts {
		keys, all = append(keys, key), all+n-before.counts[key]
	}
	slices.Sort(keys)
	sum := int64(0)
	for _, key := range keys {
		if sum += s.counts[key] - before.counts[key]; sum*100 >= all*99 {
			return time.Duration(math.Exp2(float64(key)/math.Exp2(float64(s.schema))) * float64(time.Second))
		}
	}
	return 0
}
