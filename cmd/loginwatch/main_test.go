package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"loginwatch": main, "vendor": vendorMain, "paced": pacedMain})
}

// TestScripts runs the program as its users do. Beside testscript's own
// commands there are
//
//	code N COMMAND…      the command must end with exit code N
//	simulator [FLAGS…]   starts loginwatch simulate and sets $SIM to its URL
//
// and those of script_serve_test.go.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: os.Getenv("UPDATE") != "",
		Setup: func(env *testscript.Env) error {
			root, err := filepath.Abs(filepath.Join("..", ".."))
			env.Setenv("ROOT", root)
			env.Setenv("GORACE", os.Getenv("GORACE"))
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":      scriptCode,
			"simulator": scriptSimulator,
			"server":    scriptServer,
			"fetch":     scriptFetch,
			"shows":     scriptShows,
		},
	})
}

func scriptCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); err != nil {
		if !asExit(err, &exit) {
			ts.Fatalf("%s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func asExit(err error, into **exec.ExitError) bool {
	exit, ok := err.(*exec.ExitError) //nolint:errorlint // testscript returns it unwrapped
	*into = exit
	return ok
}

func scriptSimulator(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("unsupported: ! simulator")
	}
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		code := run(ctx, append([]string{"simulate", "--listen", "127.0.0.1:0"}, args...), environment{stdout: in, stderr: in})
		_ = in.CloseWithError(io.EOF)
		if code != 0 {
			ts.Logf("simulate ended with %d", code)
		}
	}()
	ts.Defer(func() { cancel(); <-done })
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	ts.Check(err)
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	fields := strings.Fields(first)
	if len(fields) != 2 {
		ts.Fatalf("simulate says %q", first)
	}
	ts.Setenv("SIM", strings.TrimSuffix(fields[1], "/"+fields[0]))
}
