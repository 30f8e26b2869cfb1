//go:build real

package realtest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startLimit = 2 * time.Minute // node reads hundreds of files, on two cores beside others
	stopLimit  = 5 * time.Second
)

// account is who the servers know, and nobody else does. What is special in URLs,
// forms and XML stands in it, so that each encoding shows.
var account = map[string]string{
	"username": "real-user-Wk3v", "email": "real-user-wk3v@example.com", "password": "real-p+ss word&9%Zt:qL<m2x",
	"client_id": "real-client-T8", "client_secret": "real-s3cret/+%&=:Qw4",
	"service_id": "sid1", "service_secret": "verysecret", // of zitadel's example
	"assertion_key": newKey(), "key_id": "real-key-J5",
	"totp_hex": "7265616c2d746f74702d736565642d3132333435", "totp_base32": "OJSWC3BNORXXI4BNONSWKZBNGEZDGNBV",
}

// newKey is a private key as PEM, for assertions.
func newKey() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// server is a running one. Besides the account it may know secrets that only it
// could make, each for one login.
type server struct {
	*url.URL
	given map[string][]string
	stdin io.Writer
	did   chan string
}

// do has the server do something that its script knows, and waits until it is done.
func (s *server) do(t *testing.T, what string) {
	t.Helper()
	if _, err := io.WriteString(s.stdin, what+"\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case did := <-s.did:
		if did != what {
			t.Fatalf("the server did %q and not %q", did, what)
		}
	case <-time.After(stopLimit):
		t.Fatalf("the server does not %s", what)
	}
}

// secrets gives a contract's secrets, by name, their values of the account, or the
// next ones that the server gave.
func (s *server) secrets(t *testing.T, fields map[string]string) map[string]string {
	t.Helper()
	values := map[string]string{}
	for name, field := range fields {
		switch left := s.given[field]; {
		case len(left) > 0:
			values[name], s.given[field] = left[0], left[1:]
		case account[field] != "":
			values[name] = account[field]
		default:
			t.Fatalf("the server gave no %s, or not enough of them", field)
		}
	}
	return values
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

// command is how a server is started: a script of tools/real, or a program that
// was built from there.
func command(ctx context.Context, t *testing.T, line string) *exec.Cmd {
	t.Helper()
	name, argument, _ := strings.Cut(line, " ")
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	script, packages := filepath.Join(root, "tools", "real", name), filepath.Join(root, "bin", "real")
	var cmd *exec.Cmd
	switch filepath.Ext(name) {
	case ".js":
		cmd = exec.CommandContext(ctx, "node", script, argument)
	case ".py":
		cmd = exec.CommandContext(ctx, "/usr/bin/python3", script) // Debian's own has Debian's packages
	default:
		cmd = exec.CommandContext(ctx, filepath.Join(packages, name))
	}
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(packages, "node_modules"), "NODE_NO_WARNINGS=1")
	return cmd
}

// start runs a server in a folder of its own. It ends with the test: each does so
// once its standard input does, even when the test is killed.
func start(t *testing.T, script string) *server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background()) // t.Context ends before what it stops has been waited for
	cmd := command(ctx, t, script)
	cmd.Dir = t.TempDir()
	for name, value := range account {
		cmd.Env = append(cmd.Env, "REAL_"+strings.ToUpper(name)+"="+value)
	}
	errors := &output{}
	cmd.Stderr, cmd.WaitDelay = errors, stopLimit
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // and what it has started
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
	ready, done := make(chan *server, 1), make(chan struct{})
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
	case s := <-ready:
		if s == nil || s.URL == nil {
			t.Fatalf("%s ended before it listened", script)
		}
		s.stdin = stdin
		return s
	case <-time.After(startLimit):
		t.Fatalf("%s does not listen after %s", script, startLimit)
	}
	return nil
}

// read hands on what a server says of itself, and keeps the rest: "give NAME VALUE"
// for a secret, "ready ADDRESS" once it listens, and then "did WHAT" after [server.do].
func read(stdout io.Reader, ready chan<- *server, rest *output) {
	defer close(ready)
	s := &server{given: map[string][]string{}, did: make(chan string, 1)}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		switch words := strings.Fields(lines.Text()); {
		case len(words) == 3 && words[0] == "give":
			s.given[words[1]] = append(s.given[words[1]], words[2])
		case len(words) == 2 && words[0] == "ready":
			s.URL, _ = url.Parse(words[1]) // nil says that it is none
			ready <- s
		case len(words) == 2 && words[0] == "did":
			s.did <- words[1]
		default:
			_, _ = rest.Write(append(lines.Bytes(), '\n')) // a buffer takes everything
		}
	}
}
