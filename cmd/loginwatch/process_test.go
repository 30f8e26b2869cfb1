package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is loginwatch serve as a process of its own, for what signals do to it.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner
	log   *os.File // our end of its standard output and error
}

func startProcess(t *testing.T, file string) *process {
	t.Helper()
	ours, its, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.CommandContext(t.Context(), "loginwatch", "serve", "--config", file, "--listen", "127.0.0.1:0"), lines: bufio.NewScanner(ours), log: ours}
	p.cmd.Stdout, p.cmd.Stderr = its, its
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = its.Close()
	t.Cleanup(func() { _ = ours.Close() })
	late := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() }) // ends the reading below
	t.Cleanup(func() { late.Stop() })
	return p
}

// says waits for a line of the log.
func (p *process) says(pattern string) string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	var seen []string
	for p.lines.Scan() {
		seen = append(seen, p.lines.Text())
		if m := re.FindStringSubmatch(p.lines.Text()); m != nil {
			return m[len(m)-1]
		}
	}
	p.t.Fatalf("the log never says %s:\n%s", pattern, strings.Join(seen, "\n"))
	return ""
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) endsWell() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("it ended with: %v", err)
	}
}

// A supervisor may say SIGHUP while we still start: it is heeded once we watch.
func TestHangupBeforeReadiness(t *testing.T) {
	file, write := serviceFile(t)
	// The start reads this pipe, and so waits until we write.
	pipe := filepath.Join(t.TempDir(), "web.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	write("web_config: " + pipe + "\n")
	p := startProcess(t, file)
	starting, fed, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for reads := 0; ; reads++ {
			w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // waits for who reads
			if err != nil {
				return
			}
			if reads == 0 {
				close(starting)
				<-fed
			}
			_, _ = io.WriteString(w, "# nothing\n")
			_ = w.Close()
		}
	}()
	<-starting
	p.signal(syscall.SIGHUP)
	close(fed)
	p.says(`msg=watching`)
	p.says(`configuration reloaded`)
	p.endsWell()
	// The goroutine waits for one more reader.
	last, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(pipe); err != nil {
		t.Fatal(err)
	}
	<-done
	_ = last.Close()
}

// Who reads our log may go away: the watch goes on.
func TestLogReaderGoesAway(t *testing.T) {
	file, _ := serviceFile(t)
	p := startProcess(t, file)
	base := p.says(`address=(http://\S+)`)
	p.says(`run finished`)
	if err := p.log.Close(); err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, base: base}
	_, before := s.request(http.MethodGet, "/metrics")
	for range 3 { // each is told to the log
		if code, body := s.request(http.MethodPost, "/-/reload"); code != http.StatusOK {
			t.Errorf("reload: %d %s", code, body)
		}
	}
	runs := regexp.MustCompile(`(?m)^loginwatch_runs_total\{.*verdict="ok"\} .*$`)
	for now := before; runs.FindString(now) == runs.FindString(before); _, now = s.request(http.MethodGet, "/metrics") {
		time.Sleep(5 * time.Millisecond)
	}
	p.endsWell()
}
