//go:build real

package realtest

import (
	"bufio"
	"bytes"
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	startLimit = 60 * time.Second // node reads hundreds of files, on two cores beside others
	stopLimit  = 5 * time.Second
)

// account is who the servers know, and nobody else does.
var account = map[string]string{
	"username": "real-user-Wk3v", "email": "real-user-wk3v@example.com", "password": "real-password-9ZtqLm2x",
}

// output collects what a server prints.
type output struct {
	mu sync.Mutex
	bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Buffer.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Buffer.String()
}

// start runs a script of tools/real in a folder of its own and gives the address
// that it listens on. It ends with the test: a script does so once its standard
// input does, even when the test is killed.
func start(t *testing.T, script string) *url.URL {
	t.Helper()
	tools, err := filepath.Abs(filepath.Join("..", "..", "tools", "real"))
	if err != nil {
		t.Fatal(err)
	}
	program := "node"
	if filepath.Ext(script) == ".py" {
		program = "/usr/bin/python3" // Debian's own has Debian's packages
	}
	ctx, cancel := context.WithCancel(context.Background()) // t.Context ends before what it stops has been waited for
	cmd := exec.CommandContext(ctx, program, filepath.Join(tools, script))
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(tools, "..", "..", "bin", "real", "node_modules"), "NODE_NO_WARNINGS=1")
	for name, value := range account {
		cmd.Env = append(cmd.Env, "REAL_"+strings.ToUpper(name)+"="+value)
	}
	errors := &output{}
	cmd.Stderr, cmd.WaitDelay = errors, stopLimit
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v (make real installs what is missing)", script, err)
	}
	ready, done := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(done)
		read(stdout, ready, errors)
	}()
	t.Cleanup(func() {
		_ = stdin.Close() // asks it to end
		late := time.AfterFunc(stopLimit, cancel)
		<-done
		_ = cmd.Wait() // how it ended does not matter any more
		late.Stop()
		cancel()
		if t.Failed() {
			t.Logf("%s printed:\n%s", script, errors)
		}
	})
	select {
	case line := <-ready:
		u, err := url.Parse(line)
		if err != nil || line == "" {
			t.Fatalf("%s ended before it listened", script)
		}
		return u
	case <-time.After(startLimit):
		t.Fatalf("%s does not listen after %s", script, startLimit)
	}
	return nil
}

// read hands on the address that a server says, and keeps the rest.
func read(stdout interface{ Read([]byte) (int, error) }, ready chan<- string, rest *output) {
	defer close(ready)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
			ready <- address
			continue
		}
		_, _ = rest.Write(append(lines.Bytes(), '\n')) // a buffer takes everything
	}
}
