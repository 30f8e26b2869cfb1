//go:build oncall

package alerttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// process is a program that a test started.
type process struct {
	cmd    *exec.Cmd
	log    string // file with what it printed
	exited chan struct{}
}

// launch starts a program, which ends with the test at the latest.
func launch(t *testing.T, dir, program string, args ...string) *process {
	t.Helper()
	log, err := os.CreateTemp(dir, base(program)+"-*.log")
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, log)
	p := &process{cmd: exec.Command(program, args...), log: log.Name(), exited: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, log, log
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended shows in what the test then misses
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s printed:\n%s", base(program), tail(p.log))
		}
	})
	return p
}

func closing(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.exited
}

func tail(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-4000):])
}

// freeAddress is one of the loopback interface that nobody listens on now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, l)
	return l.Addr().String()
}

// until asks again and again, and ends the test when the answer stays no.
func until(t *testing.T, what string, patience time.Duration, yes func() error) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := yes()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("not within %v: %s: %v", patience, what, err)
		case <-tick.C:
		}
	}
}

// answers waits until an address answers 200.
func answers(t *testing.T, p *process, address string) {
	t.Helper()
	until(t, address+" answers", time.Minute, func() error {
		select {
		case <-p.exited:
			t.Fatalf("%s ended:\n%s", p.cmd.Path, tail(p.log))
		default:
		}
		_, err := get(t.Context(), address)
		return err
	})
}

func get(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	err = errors.Join(err, res.Body.Close())
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, body)
	}
	return body, err
}

// sample is one series of an answer of Prometheus; an instant has no values.
type sample struct {
	Metric map[string]string `json:"metric"`
	Values [][2]any          `json:"values"`
}

// query asks Prometheus; path is query or query_range.
func query(ctx context.Context, prometheus, path string, params url.Values) ([]sample, error) {
	body, err := get(ctx, prometheus+"/api/v1/"+path+"?"+params.Encode())
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data struct {
			Result []sample `json:"result"`
		} `json:"data"`
	}
	return answer.Data.Result, json.Unmarshal(body, &answer)
}

// write puts a file below a folder and gives its path.
func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tool runs a program to its end and gives what it printed.
func tool(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}
