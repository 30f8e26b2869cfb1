package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience bounds what a script waits for; it is reached only by a failure.
const patience = time.Minute

// scriptServer is the command
//
//	server REGEXP [FLAGS…]     starts loginwatch serve, waits for a line of its output that matches, and sets $WATCH to its URL
func scriptServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: server REGEXP [FLAGS…]")
	}
	wanted, err := regexp.Compile(args[0])
	ts.Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		code := run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args[1:]...), environment{stdout: in, stderr: in})
		_ = in.CloseWithError(io.EOF)
		if code != 0 {
			ts.Logf("serve ended with %d", code)
		}
	}()
	ts.Defer(func() { cancel(); <-done })
	late := time.AfterFunc(patience, func() { _ = out.CloseWithError(context.DeadlineExceeded) })
	defer late.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		line := lines.Text()
		if before, address, found := strings.Cut(line, "http://"); found && strings.TrimSpace(before) == "status page" {
			ts.Setenv("WATCH", "http://"+strings.TrimSuffix(address, "/"))
		}
		if wanted.MatchString(line) {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return
		}
		ts.Logf("%s", line)
	}
	ts.Fatalf("serve never printed %q (%v)", args[0], lines.Err())
}

// scriptFetch is the command
//
//	fetch URL FILE     writes what a GET of the URL answers with status 200 to FILE
func scriptFetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fetch URL FILE")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0], nil)
	ts.Check(err)
	answer, err := http.DefaultClient.Do(request)
	ts.Check(err)
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(answer.Body.Close())
	if answer.StatusCode != http.StatusOK {
		ts.Fatalf("%s answers %s: %s", args[0], answer.Status, body)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), body, 0o600))
}

// scriptShows is the command
//
//	shows stdout|stderr|FILE WANTED     has the lines of the file WANTED, one after the other
//
// In WANTED, $WORK stands for the script's folder.
func scriptShows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: shows stdout|stderr|FILE WANTED")
	}
	want := strings.ReplaceAll(ts.ReadFile(args[1]), "$WORK", ts.Getenv("WORK"))
	if got := ts.ReadFile(args[0]); !strings.Contains("\n"+got, "\n"+want) {
		ts.Fatalf("%s does not have these lines:\n%s", args[0], want)
	}
}
