package secret_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/secret"
)

// script makes a program of a line for the shell.
func script(t *testing.T, line string) string {
	t.Helper()
	return write(t, filepath.Join(t.TempDir(), "program"), "#!/bin/sh\n"+line+"\n", 0o700)
}

func TestCommands(t *testing.T) {
	t.Setenv("SECRET_OF_OURS", marker)
	t.Setenv("PASSED_ON", "given")
	for _, tt := range []struct{ name, line, argument, value, err string }{
		{"printed", "printf '%s\\n' " + marker, "", marker, ""},
		{"arguments", `printf '%s|' "$@"`, "a b;$(id) 'c'", "fixed one|fixed $two|a b;$(id) 'c'|", ""},
		{"environment", `env | grep -v '^\(PWD\|SHLVL\|_\|PATH\|HOME\|USER\|LANG\|TZ\|OLDPWD\)='`, "", "PASSED_ON=given", ""},
		{"no input", "cat; printf end", "", "end", ""},
		{"nothing", "true", "", "", ""},
		{"status", "echo " + marker + " >&2; echo " + marker + "; exit 3", "", "", "the command ended with exit status 3; what it wrote to stderr is not shown, run it by hand to see that"},
		{"signal", "echo " + marker + "; kill -TERM $$", "", "", "the command ended with signal: terminated"},
		{"too much", "while :; do echo " + marker + "; done", "", "", "the command printed more than 64 KiB and was killed"},
		{"much to stderr", "head -c 9000000 /dev/zero >&2; printf good", "", "good", ""},
		{"as much as may be", "head -c 65536 /dev/zero | tr '\\0' x", "", strings.Repeat("x", 64<<10), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sources := &secret.Sources{Commands: map[string]*secret.Command{
				"it": secret.NewCommand([]string{script(t, tt.line), "fixed one", "fixed $two"}, []string{"PASSED_ON", "UNSET"}),
			}}
			value, err := sources.Read().Value(secret.Reference{Kind: secret.Exec, From: "it", Key: tt.argument})
			if value != tt.value {
				t.Errorf("%d bytes, want %d: %.80q", len(value), len(tt.value), value)
			}
			want := tt.err
			if want != "" {
				want = strings.TrimSuffix("exec:it "+tt.argument, " ") + ": " + want
			}
			if said(err) != want || hasPart(said(err)) {
				t.Errorf("error %q, want %q", said(err), want)
			}
		})
	}
}

func TestCommandsThatCannotBeStarted(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "absent"):                          "no such file or directory",
		write(t, filepath.Join(dir, "plain"), marker, 0o600):  "permission denied",
		write(t, filepath.Join(dir, "no-elf"), marker, 0o700): "exec format error",
	} {
		sources := &secret.Sources{Commands: map[string]*secret.Command{"it": secret.NewCommand([]string{path}, nil)}}
		_, err := sources.Read().Value(secret.Reference{Kind: secret.Exec, From: "it"})
		if said(err) != "exec:it: the program can't be started: "+want {
			t.Errorf("%s: %v", path, err)
		}
	}
	_, err := (*secret.Sources)(nil).Read().Value(secret.Reference{Kind: secret.Exec, From: "it"})
	if said(err) != "exec:it: the operator's file has no such command" {
		t.Error(err)
	}
}

// What hangs is given up, and ended with all that it started; what left its process
// group holds nobody up. What comes after it in the same run is not waited for again.
func TestCommandsThatHang(t *testing.T) {
	for name, line := range map[string]string{
		"itself":          "echo $$ >pid; echo " + marker + "; exec sleep 1000",
		"a child":         "sleep 1000 & echo $! >pid; wait",
		"a child alone":   "sleep 1000 & echo $! >pid; exit 0",
		"ignores signals": "trap '' TERM INT HUP; echo $$ >pid; while :; do sleep 1000; done",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pid")
			sources := &secret.Sources{Patience: 2 * time.Second, Commands: map[string]*secret.Command{
				"it": secret.NewCommand([]string{script(t, strings.ReplaceAll(line, ">pid", ">"+path))}, nil),
			}}
			t.Parallel()
			began := time.Now()
			run := sources.Read()
			_, err := run.Value(secret.Reference{Kind: secret.Exec, From: "it"})
			if !strings.HasPrefix(said(err), "exec:it: the command had not ended after ") || hasPart(said(err)) {
				t.Error(err)
			}
			if _, err := run.Value(secret.Reference{Kind: secret.Exec, From: "it", Key: "other"}); said(err) != "exec:it other: not asked, since the 2s for all secrets of a run were over" {
				t.Error(err)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
			gone(t, path)
		})
	}
}

// gone waits until the process is no more than an entry for who waits for it.
func gone(t *testing.T, path string) {
	t.Helper()
	var pid int
	text, err := os.ReadFile(path)
	if err == nil {
		_, err = fmt.Sscan(string(text), &pid)
	}
	if err != nil {
		t.Fatal("the command never began: give it more time", err)
	}
	for deadline := time.Now().Add(20 * time.Second); alive(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Fatal("the process is still there")
		}
	}
}

func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ") && !strings.Contains(string(stat), ") X ")
}

// Who left the process group and holds the output open keeps nobody waiting.
func TestCommandsThatLeaveTheirGroup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pid")
	sources := &secret.Sources{Patience: time.Second, Commands: map[string]*secret.Command{
		"it": secret.NewCommand([]string{script(t, "setsid sh -c 'echo $$ >"+path+"; exec sleep 1000' & while ! [ -s "+path+" ]; do :; done")}, nil),
	}}
	_, err := sources.Read().Value(secret.Reference{Kind: secret.Exec, From: "it"})
	if !strings.HasPrefix(said(err), "exec:it: the command had not ended after 1") {
		t.Error(err)
	}
	var pid int
	if text, err := os.ReadFile(path); err != nil {
		t.Fatal(err)
	} else if _, err := fmt.Sscan(string(text), &pid); err != nil {
		t.Fatal(err)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

// A command that went into our own process group is ended as well, and we are not.
func TestCommandsThatJoinOurGroup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pid")
	sources := &secret.Sources{Patience: time.Second, Commands: map[string]*secret.Command{
		"it": secret.NewCommand([]string{script(t, "echo $$ >"+path+`; exec perl -e 'setpgrp(0, getpgrp(getppid())) or die; sleep 25'`)}, nil),
	}}
	_, err := sources.Read().Value(secret.Reference{Kind: secret.Exec, From: "it"})
	if !strings.HasPrefix(said(err), "exec:it: the command had not ended after 1") {
		t.Error(err)
	}
	var pid int
	if text, err := os.ReadFile(path); err != nil {
		t.Fatal(err)
	} else if _, err := fmt.Sscan(string(text), &pid); err != nil || alive(pid) {
		t.Errorf("%d goes on, %v", pid, err)
	}
}

// A thousand logins that are due at once do not start a thousand commands at once.
func TestCommandsTakeTurns(t *testing.T) {
	dir := t.TempDir()
	sources := &secret.Sources{Patience: time.Minute, Commands: map[string]*secret.Command{
		"it": secret.NewCommand([]string{script(t, "touch "+dir+"/$$; ls "+dir+" | wc -l; rm "+dir+"/$$")}, nil),
	}}
	var all sync.WaitGroup
	counts := make(chan string, 60)
	for range cap(counts) {
		all.Go(func() {
			n, err := sources.Read().Value(secret.Reference{Kind: secret.Exec, From: "it"})
			if err != nil {
				t.Error(err)
			}
			counts <- n
		})
	}
	all.Wait()
	close(counts)
	for n := range counts {
		var running int
		if _, err := fmt.Sscan(n, &running); err != nil || running < 1 || running > 16 {
			t.Errorf("%q were running, %v", n, err)
		}
	}
}
