package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// What one hostile answer may cost, from its first byte to what the recorders keep.
const (
	hostileCPU    = 5 * time.Millisecond
	hostileMemory = 32 << 20
)

// hostileEnv says how often a process of this test is to judge the answer that it reads.
const hostileEnv = "LOGINWATCH_TEST_HOSTILE"

// hostile is an answer that is made to hurt who reads it.
type hostile struct {
	Name string
	Kind string // of the login, by kinds
	Head string // lines of it, beside the type
	Body string
}

// kinds are the logins that hostile answers are sent to: what they are documented as,
// and an answer that is well, or nearly.
var kinds = map[string]struct {
	arrange           func(*testing.T, *loginwatch.Job)
	status, mediaType string
	well              string
}{
	"json":   {nil, "200 OK", "application/json", success},
	"page":   {nil, "403 Forbidden", "text/html", "<html>no</html>"},
	"jwt":    {func(t *testing.T, j *loginwatch.Job) { ofAnHour(t, nil, j) }, "200 OK", "application/json", success},
	"cookie": {func(t *testing.T, j *loginwatch.Job) { inCookie(t, nil, j) }, "200 OK", "application/json", success},
	"jwks":   {func(t *testing.T, j *loginwatch.Job) { verified(t, nil, j) }, "200 OK", "application/json", `{"keys":[]}`},
	"xml":    {placed("xml"), "200 OK", "text/xml", "<a><b>c</b></a>"},
	"form":   {placed("form"), "200 OK", "application/x-www-form-urlencoded", "access_token=a&token_type=b&expires_in=1"},
	"text":   {placed("text"), "200 OK", "text/plain", "abcdef"},
	"header": {placed("header"), "201 Created", "application/json", `{"token":{}}`},
}

// placed has the login be a case of the pack whose tokens are everywhere.
func placed(id string) func(*testing.T, *loginwatch.Job) {
	return func(t *testing.T, j *loginwatch.Job) {
		folder := filepath.Join("..", "check", "testdata", "pack")
		catalog, problems := pack.Load(pack.Options{}, pack.Source{Dir: folder, FS: os.DirFS(folder)})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		p := *j.Probe
		p.Contract = catalog.Contract("places")
		p.Steps = []loginwatch.Step{{Case: p.Contract.Case(id), Role: loginwatch.RoleSubject}}
		j.Probe = &p
		j.Target.Secrets = secrets{"username": "robot", "password": password}
	}
}

// carrier answers the first request with the text, and others as documented, in the
// place of the network.
type carrier struct {
	first string
	sent  int
}

func (c *carrier) Carry(req *http.Request, _ *loginwatch.Case, _ map[string]string, _ http.RoundTripper) (*http.Response, error) {
	text := c.first
	if c.sent++; c.sent > 1 {
		text = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + success
	}
	return http.ReadResponse(bufio.NewReader(strings.NewReader(text)), req)
}

// meet is one run of the daemon's engine that gets the answer, and what it costs.
func (h *hostile) meet(t *testing.T, head, body string) (cpu time.Duration, memory uint64) {
	t.Helper()
	kind, known := kinds[h.Kind]
	if !known {
		t.Fatalf("no login is called %q", h.Kind)
	}
	j := job(t, "http://login.example")
	if kind.arrange != nil {
		kind.arrange(t, &j)
	}
	if !strings.Contains(head, "Content-Type:") {
		head += "Content-Type: " + kind.mediaType + "\r\n"
	}
	answer := &carrier{first: "HTTP/1.1 " + kind.status + "\r\n" + head + "Connection: close\r\n\r\n" + body}
	w := newWatch(t, app.EngineOptions{Runner: probe.New(probe.Options{Carrier: answer})}, j)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := processTime(t)
	w.slot(context.Background(), j)
	cpu = processTime(t) - began
	runtime.ReadMemStats(&after)
	if len(w.notes.runs) != 1 || len(w.notes.runs[0].Steps) == 0 {
		t.Fatalf("%d runs, skipped %v", len(w.notes.runs), w.notes.skips)
	}
	if r := w.notes.runs[0]; r.Reason == loginwatch.ReasonInternal {
		t.Fatalf("%s: %s", r.Verdict, r.Detail)
	}
	// The process can't have grown by more than all that was asked for, nor by more than its heap had room for.
	asked, room := after.TotalAlloc-before.TotalAlloc, after.HeapSys-before.HeapInuse
	return cpu, min(asked, room) + after.StackSys - min(before.StackSys, after.StackSys)
}

func processTime(t *testing.T) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// judgeAlone is the process of one answer: it prints what that costs, at best.
func judgeAlone(t *testing.T, times string) {
	var h hostile
	n, err := strconv.Atoi(times)
	if err := errors.Join(err, gob.NewDecoder(os.Stdin).Decode(&h)); err != nil {
		t.Fatal(err)
	}
	runtime.GOMAXPROCS(1)             // idle cores would collect garbage, which is no work of the answer's
	h.meet(t, "", kinds[h.Kind].well) // so that all is there that any login needs
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	debug.SetMemoryLimit(int64(now.Sys) + hostileMemory)
	least, most := time.Hour, uint64(0)
	// Others use the machine as well, for seconds on end.
	for i, patience := 0, time.Now().Add(40*time.Second); i < n || n > 1 && least > hostileCPU && time.Now().Before(patience); i++ {
		cpu, memory := h.meet(t, h.Head, h.Body)
		least, most = min(least, cpu), max(most, memory)
	}
	fmt.Printf("costs %d %d\n", least, most)
}

// TestFiguresHostileBodies has each hostile answer judged by the daemon's engine, in a
// process of its own: none ends it, and none costs more than it may. Time is judged by
// "make bench" alone, which sets FIGURES.
func TestFiguresHostileBodies(t *testing.T) {
	if times := os.Getenv(hostileEnv); times != "" {
		judgeAlone(t, times)
		return
	}
	judged, times := os.Getenv("FIGURES") != "", "1"
	if judged {
		times = "10"
	}
	var mu sync.Mutex
	var slowest, largest string
	var cpu time.Duration
	var memory uint64
	all := hostiles()
	t.Run("bodies", func(t *testing.T) {
		for _, h := range all {
			t.Run(h.Name, func(t *testing.T) {
				if !judged { // one beside the other takes longer
					t.Parallel()
				}
				took, grew := h.alone(t, times)
				if grew > hostileMemory {
					t.Errorf("%d KiB more memory", grew>>10)
				}
				if judged && took > hostileCPU {
					t.Errorf("%s of CPU", took)
				}
				mu.Lock()
				defer mu.Unlock()
				if took > cpu {
					cpu, slowest = took, h.Name
				}
				if grew > memory {
					memory, largest = grew, h.Name
				}
			})
		}
	})
	if len(all) < 100 {
		t.Errorf("only %d hostile answers", len(all))
	}
	t.Logf("hostile answers, each in a process of its own: %d; at most %.1f ms of CPU (%s) and %.1f MB of memory (%s)",
		len(all), float64(cpu)/float64(time.Millisecond), slowest, float64(memory)/1e6, largest)
}

// alone starts the process of the answer and gives what that costs.
func (h *hostile) alone(t *testing.T, times string) (cpu time.Duration, memory uint64) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var in bytes.Buffer
	if err := gob.NewEncoder(&in).Encode(h); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestFiguresHostileBodies$")
	cmd.Env, cmd.Stdin = append(os.Environ(), hostileEnv+"="+times), &in
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%.2000s", err, out)
	}
	_, costs, _ := strings.Cut(string(out), "costs ")
	if _, err := fmt.Sscan(costs, &cpu, &memory); err != nil {
		t.Fatalf("%v in\n%.2000s", err, out)
	}
	return cpu, memory
}
