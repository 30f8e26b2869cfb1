package secret

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A command that we may not kill, as one that has become another user's, keeps nobody
// waiting: a login that did would never end, nor the daemon. It has its turn until it ends.
func TestCommandsThatCannotBeKilled(t *testing.T) {
	dir := t.TempDir()
	program, goOn := filepath.Join(dir, "program"), filepath.Join(dir, "go-on")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nuntil [ -e "+goOn+" ]; do sleep 0.1; done\n"), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	c := NewCommand([]string{program}, nil)
	c.kill = func(*os.Process) {}
	s := &Sources{Patience: 100 * time.Millisecond, Commands: map[string]*Command{"it": c}}
	read := make(chan error, 1)
	go func() {
		_, err := s.Read().Value(Reference{Kind: Exec, From: "it"})
		read <- err
	}()
	select {
	case err := <-read:
		if err == nil || !strings.HasSuffix(err.Error(), ", and could not be killed") {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("it is waited for")
	}
	if len(c.turn) != 1 {
		t.Errorf("%d are said to run", len(c.turn))
	}
	if err := os.WriteFile(goOn, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(time.Minute); len(c.turn) > 0 && time.Now().Before(until); {
		time.Sleep(10 * time.Millisecond)
	}
	if len(c.turn) > 0 {
		t.Error("it has ended, and still has its turn")
	}
}
