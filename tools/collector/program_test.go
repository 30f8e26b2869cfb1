package collector

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is the built one.
const program = "../../bin/loginwatch"

// running is a process of the program, and what it wrote to standard error.
type running struct {
	cmd  *exec.Cmd
	done chan struct{}
	mu   sync.Mutex
	log  bytes.Buffer
}

func (r *running) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

func (r *running) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// run starts the program, which ends with the test.
func run(t *testing.T, out io.Writer, env []string, args ...string) *running {
	t.Helper()
	r := &running{cmd: exec.Command(program, args...), done: make(chan struct{})}
	r.cmd.Stdout, r.cmd.Stderr, r.cmd.Env = out, r, append(os.Environ(), env...)
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = r.cmd.Wait() // of one that is killed it tells no more
		close(r.done)
	}()
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill() // it may have ended
		<-r.done
	})
	return r
}

// end asks the process to end and tells how long that took.
func (r *running) end(t *testing.T) time.Duration {
	t.Helper()
	begun := time.Now()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-r.done:
	case <-time.After(time.Minute):
		t.Fatalf("it does not end:\n%s", r.said())
	}
	return time.Since(begun)
}

// within waits until something holds.
func within(t *testing.T, what string, log func() string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within a minute\n%s", what, log())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// freePort gives an address of a port that nobody has now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// vendors are simulators of two vendors: their addresses, and what logs in there.
type vendors struct {
	base map[string]string
	env  []string
}

var exported = regexp.MustCompile(`^ *export ([A-Z_]+=.*)$`)

func simulate(t *testing.T) vendors {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	v := vendors{base: map[string]string{}}
	names := []string{"leadsquared-portal", "signzy-ezkra"}
	run(t, w, nil, append([]string{"simulate", "--listen", freePort(t), "--fault", "signzy-ezkra=wrong-type"}, names...)...)
	_ = w.Close()
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if m := exported.FindStringSubmatch(lines.Text()); m != nil {
			v.env = append(v.env, m[1])
		}
		for _, name := range names {
			if rest, is := strings.CutPrefix(lines.Text(), name+" "); is {
				v.base[name] = strings.TrimSpace(rest)
			}
		}
		if strings.HasPrefix(lines.Text(), "Then") {
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }() // ends with the process
	if len(v.base) != len(names) || len(v.env) == 0 {
		t.Fatalf("the simulator does not say where it is: %v", v)
	}
	return v
}

// watch runs the daemon, with logins every second and traces by protocol to an address.
func watch(t *testing.T, v vendors, tracing string) (daemon *running, metrics func() string) {
	t.Helper()
	at := freePort(t)
	conf := filepath.Join(t.TempDir(), "loginwatch.yaml")
	text := fmt.Sprintf(`
listen: %s
store: {url: memory}
location: here
tracing: %s
targets:
  one: {vendor: signzy-ezkra, base_url: %s, traceparent: true, secrets: {username: "env:LOGINWATCH_SIGNZY_EZKRA_USERNAME", password: "env:LOGINWATCH_SIGNZY_EZKRA_PASSWORD"}}
  two:
    vendor: leadsquared-portal
    base_url: %s
    secrets: {email: "env:LOGINWATCH_LEADSQUARED_PORTAL_EMAIL", password: "env:LOGINWATCH_LEADSQUARED_PORTAL_PASSWORD", access_key: "env:LOGINWATCH_LEADSQUARED_PORTAL_ACCESS_KEY", secret_key: "env:LOGINWATCH_LEADSQUARED_PORTAL_SECRET_KEY"}
probes:
  signzy-ezkra/login: {schedule: "@every 1s"}
  leadsquared-portal/sign-in: {schedule: "@every 1s"}
`, at, tracing, v.base["signzy-ezkra"], v.base["leadsquared-portal"])
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon = run(t, io.Discard, v.env, "serve", "--config", conf)
	metrics = func() string {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return ""
		}
		defer func() { _ = res.Body.Close() }()
		body, _ := io.ReadAll(res.Body)
		return string(body)
	}
	return daemon, metrics
}

// sum adds up the series of a metric that have something in their labels.
func sum(metrics, name, label string) (total float64) {
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, name) && strings.Contains(line, label) {
			fields := strings.Fields(line)
			n, _ := strconv.ParseFloat(fields[len(fields)-1], 64)
			total += n
		}
	}
	return total
}
