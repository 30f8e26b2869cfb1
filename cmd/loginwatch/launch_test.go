package main

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// daemonProcess is loginwatch serve in a process of its own.
type daemonProcess struct {
	logins int
	cmd    *exec.Cmd
	base   string
	log    *output
	ended  chan struct{} // closed once it has ended
}

// launching is how a daemon is started.
type launching struct {
	file, address string
	env           []string
	in            []string            // a program in front of ours, with its arguments
	as            *syscall.Credential // nil for this user
	program       string              // "" for this one
}

// theProgram is the one that was built where its path is given, and otherwise this one.
func theProgram() string { return cmp.Or(os.Getenv("LOGINWATCH_PROGRAM"), "loginwatch") }

// start starts it, and does not wait until it watches.
func (l launching) start(t *testing.T) *daemonProcess {
	t.Helper()
	program := cmp.Or(l.program, theProgram())
	args := slices.Concat(l.in, []string{program, "serve", "--config", l.file})
	d := &daemonProcess{base: "http://" + l.address, log: &output{}, cmd: exec.Command(args[0], args[1:]...), ended: make(chan struct{})}
	d.cmd.Env, d.cmd.Stdout, d.cmd.Stderr, d.cmd.Dir = l.env, d.log, d.log, filepath.Dir(l.file)
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: l.as}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(d.ended)
		_ = d.cmd.Wait() // how it ended says its state
	}()
	t.Cleanup(d.stop)
	return d
}

// ready waits until it watches; false when it has ended instead.
func (d *daemonProcess) ready() bool {
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(20 * time.Millisecond) {
		select {
		case <-d.ended:
			return false
		default:
		}
		if res, err := apart.Get(d.base + "/-/ready"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return true
			}
		}
	}
	return false
}

// apart keeps no connection, which would be a goroutine and a descriptor of the daemon.
var apart = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}

// stop ends it as a supervisor does.
func (d *daemonProcess) stop() {
	_ = d.cmd.Process.Signal(os.Interrupt)
	<-d.ended
}

func (d *daemonProcess) get(t *testing.T, path string) []byte {
	t.Helper()
	code, body, err := d.ask(http.MethodGet, path)
	if err != nil || code != http.StatusOK {
		t.Fatalf("%s: %d, %v\n%s", path, code, err, d.log)
	}
	return body
}

// ask asks for a page, or that something is done.
func (d *daemonProcess) ask(method, path string) (code int, body []byte, err error) {
	r, err := http.NewRequest(method, d.base+path, nil)
	if err != nil {
		return 0, nil, err
	}
	res, err := apart.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

// anonymous is the memory that is the process's own, in bytes.
func (d *daemonProcess) anonymous(t *testing.T) int {
	t.Helper()
	return d.status(t, "RssAnon:")
}

func (d *daemonProcess) memory(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("%d MB of memory, %d MB with the program's file", d.status(t, "RssAnon:")>>20, d.status(t, "VmRSS:")>>20)
}

// status reads a line of the kernel's account, in bytes.
func (d *daemonProcess) status(t *testing.T, name string) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) == 3 && words[0] == name {
			kB, err := strconv.Atoi(words[1])
			if err != nil {
				t.Fatal(err)
			}
			return kB << 10
		}
	}
	t.Fatalf("no %s in:\n%s", name, text)
	return 0
}

// counters reads what is counted, by the whole line in front of the number.
func (d *daemonProcess) counters(t *testing.T) map[string]float64 {
	t.Helper()
	all := map[string]float64{}
	for line := range strings.Lines(string(d.get(t, "/metrics"))) {
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || line[0] == '#' {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(line[at:]), 64)
		if err != nil {
			t.Fatal(err)
		}
		all[line[:at]] = v
	}
	return all
}

// sum adds up a metric's series, of which each has all the words.
func sum(all map[string]float64, metric string, words ...string) (total int) {
	for series, v := range all {
		if name, labels, _ := strings.Cut(series, "{"); name == metric &&
			!slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(labels, w) }) {
			total += int(v)
		}
	}
	return total
}

// footprint is what a process has taken.
type footprint struct{ memory, goroutines, descriptors int }

// footprint looks a few times, since logins are under way: what stays is the least of it, and
// of the memory the middle.
func (d *daemonProcess) footprint(t *testing.T) (least footprint) {
	t.Helper()
	var readers sync.WaitGroup
	for range 4 { // as many connections to the store as are kept for those who read
		readers.Go(func() { _, _, _ = d.ask(http.MethodGet, "/") })
	}
	readers.Wait()
	var memory, goroutines, descriptors []int
	for range 15 {
		all := d.counters(t)
		goroutines = append(goroutines, sum(all, "go_goroutines"))
		descriptors = append(descriptors, sum(all, "process_open_fds"))
		memory = append(memory, d.anonymous(t))
		time.Sleep(70 * time.Millisecond) // no divisor of a second, at which logins are due
	}
	slices.Sort(memory)
	return footprint{memory[len(memory)/2], slices.Min(goroutines), slices.Min(descriptors)}
}

func (f footprint) String() string {
	return fmt.Sprintf("%.1f MB, %d goroutines, %d descriptors", float64(f.memory)/(1<<20), f.goroutines, f.descriptors)
}
