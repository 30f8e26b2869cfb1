package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// reloading is a daemon that is told to read its files again, and the files.
type reloading struct {
	t       *testing.T
	d       *daemonProcess
	dir     string
	base    string
	steady  int // targets that stay as they are
	moving  int // and that come, go and change
	address string
	rand    *rand.Rand

	mu            sync.Mutex
	read          int // of the log
	well, refused int // reloads that it tells of
}

// pooled is how many descriptors the connections to the store have that are kept for those
// who read, and opened once two read at a time: two of two each.
const pooled = 4

// TestCountsReload has a daemon under load read its files again and again, many of them
// such as can't be read: no slot is lost or doubled by the vendor's count, no counter begins
// again, and neither goroutines nor descriptors nor memory become more.
//
// "make bench", which sets FIGURES, does it a thousand times, a hundred of them with bad files.
func TestCountsReload(t *testing.T) {
	steady, moving, rounds, badEvery := 12, 6, 2*len(badFiles), 2
	judged := os.Getenv("FIGURES") != ""
	if judged {
		steady, moving, rounds, badEvery = 80, 50, 700, 7
	}
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any will do
	v := newCountingVendor(t)
	r := &reloading{t: t, dir: ownFolder(t), base: v.base, address: freeAddress(t), steady: steady, moving: moving, rand: rand.New(rand.NewPCG(1, seed))} //nolint:gosec // of a test
	r.start()
	watched := life{from: time.Now()}
	var start footprint
	var memory []int
	counted, bad := r.d.counters(t), 0
	for i := 1; i <= rounds; i++ {
		if i == rounds/10 {
			r.write(r.good(0))
			r.post(http.StatusOK)
			start = r.d.footprint(t)
		}
		damage := -1
		if i%badEvery == 0 {
			damage = bad % len(badFiles)
			bad++
		}
		r.reload(i, r.good(i), damage)
		if i%(rounds/20) == 0 {
			counted = r.noneBegins(counted)
			memory = append(memory, r.d.anonymous(t))
		}
	}
	took := time.Since(watched.from)
	r.write(r.good(0))
	r.post(http.StatusOK)
	end := r.d.footprint(t)
	grown := func() bool {
		return end.goroutines > start.goroutines || end.descriptors > start.descriptors+pooled
	}
	for range 20 { // on a busy machine there may be no moment without a login under way
		if !grown() {
			break
		}
		end = r.d.footprint(t)
	}
	watched.to = time.Now()
	r.d.stop()
	if code := r.d.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("it ended with %d\n%s", code, r.d.log)
	}
	b := readBooks(t, filepath.Join(r.dir, "loginwatch.db"), v)
	well, refused := r.lines(http.StatusOK), r.lines(http.StatusInternalServerError)
	t.Logf("%d reloads, %d of them of bad files, in %.0f s, seed %d: %s", well+refused, refused, took.Seconds(), seed, b)
	t.Logf("after a tenth of them %s; at the end %s", start, end)
	r.adds(b, watched)
	if grown() {
		t.Errorf("at first %s, at the end %s", start, end)
	}
	if before, after := halves(memory); judged && float64(after) > 1.2*float64(before) {
		t.Errorf("%d MB of memory in the first half, %d MB in the second", before>>20, after>>20)
	}
}

// halves gives the middle of what was measured first, and of what was measured later.
func halves(all []int) (first, second int) {
	half := len(all) / 2
	first, second = middle(all[:half]), middle(all[half:])
	return first, second
}

func middle(all []int) int {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// start starts the daemon.
func (r *reloading) start() {
	r.t.Helper()
	r.packs()
	r.write(r.good(0))
	env := append(os.Environ(), "PASSWORD=password@123")
	for i := range r.steady + r.moving {
		env = append(env, fmt.Sprintf("USER_%d=user-%d", i, i))
	}
	r.d = launching{file: r.file(), address: r.address, env: env, as: nobodyIfRoot(r.t, r.dir), program: ownProgram(r.t, r.dir)}.start(r.t)
	if !r.d.ready() {
		r.t.Fatalf("it did not start:\n%s", r.d.log)
	}
}

// adds holds that all is accounted for.
func (r *reloading) adds(b *books, watched life) {
	r.t.Helper()
	if b.doubled > 0 || b.unsent > 0 || b.untold > 0 || b.lost > 0 || b.open > 0 || b.executed != b.logins {
		r.t.Errorf("%s; unsent %d, not in the history %d, open %d", b, b.unsent, b.untold, b.open)
	}
	for i := range r.steady {
		if missing := b.gaps(steadyName(i), time.Second*steadyEvery, watched); len(missing) > 0 {
			r.t.Errorf("%s: %d slots are not known, the first of %s", steadyName(i), len(missing), missing[0])
		}
	}
}

// noneBegins holds that no counter of what stays has gone back.
func (r *reloading) noneBegins(before map[string]float64) (now map[string]float64) {
	r.t.Helper()
	now = r.d.counters(r.t)
	for series, was := range before {
		name, labels, _ := strings.Cut(series, "{")
		counts := strings.HasSuffix(name, "_total") || strings.HasSuffix(name, "_count")
		if counts && now[series] < was && !strings.Contains(labels, `target="moving`) {
			r.t.Errorf("%s was %g and is %g", series, was, now[series])
		}
	}
	return now
}

// reload writes the file and has it read: by a signal, by HTTP, by both at once, and by two
// who ask while the other's goes on.
func (r *reloading) reload(i int, text string, damage int) {
	r.t.Helper()
	want := http.StatusOK
	if damage < 0 {
		r.write(text)
	} else {
		r.clear()
		if err := badFiles[damage].write(r.file(), text); err != nil {
			r.t.Fatalf("%s: %v", badFiles[damage].name, err)
		}
		want = http.StatusInternalServerError
	}
	var asked sync.WaitGroup
	switch i % 4 {
	case 0:
		r.post(want)
	case 1:
		r.hangup(want)
	case 2:
		asked.Go(func() { r.post(want) })
		r.hangup(want)
	case 3:
		asked.Go(func() { r.post(want) })
		asked.Go(func() { r.post(want) })
	}
	asked.Wait()
}

// post asks by HTTP.
func (r *reloading) post(want int) {
	code, body, err := r.d.ask(http.MethodPost, "/-/reload")
	if err != nil || code != want {
		r.t.Errorf("reload: %d, want %d: %s %v", code, want, body, err)
	}
}

// hangup asks by a signal, and waits for one more line of the log.
func (r *reloading) hangup(want int) {
	before := r.lines(want)
	if err := r.d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		r.t.Error(err)
		return
	}
	for begun := time.Now(); r.lines(want) == before; time.Sleep(time.Millisecond) {
		if time.Since(begun) > patience {
			r.t.Fatalf("nothing comes of SIGHUP:\n%s", r.d.log)
		}
	}
}

// lines is how many reloads the log tells of, that have ended so.
func (r *reloading) lines(end int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	more, at := r.d.log.after(r.read)
	r.read = at
	r.well += strings.Count(more, `msg="configuration reloaded"`)
	r.refused += strings.Count(more, `msg="not reloaded`)
	if end == http.StatusOK {
		return r.well
	}
	return r.refused
}

func (r *reloading) file() string { return filepath.Join(r.dir, "loginwatch.yaml") }

// clear takes away what stands in the file's place.
func (r *reloading) clear() {
	if err := os.RemoveAll(r.file()); err != nil {
		r.t.Fatal(err)
	}
}

// write puts a whole file in its place.
func (r *reloading) write(text string) {
	r.t.Helper()
	next := r.file() + ".next"
	err := os.WriteFile(next, []byte(text), 0o644)
	if info, failed := os.Lstat(r.file()); failed == nil && !info.Mode().IsRegular() {
		r.clear()
	}
	if err := errors.Join(err, os.Rename(next, r.file())); err != nil {
		r.t.Fatal(err)
	}
}
