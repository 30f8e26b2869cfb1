package store

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/loginwatch/loginwatch"
)

// claimerFile names the variable that makes the tests' own program one that claims
// slots in the file of that name until it is killed.
const claimerFile = "LOGINWATCH_TEST_CLAIMER"

func TestMain(m *testing.M) {
	if path := os.Getenv(claimerFile); path != "" {
		os.Exit(claimer(path, os.Stdout))
	}
	if url := os.Getenv(replicaOf); url != "" {
		os.Exit(replica(url, os.Getenv(replicaFrom), os.Getenv(replicaLogins), os.Stdout))
	}
	os.Exit(m.Run())
}

// claimer says the number of each slot once it is granted, and how many were refused
// because somebody has them.
func claimer(path string, out io.Writer) int {
	l, err := OpenSQLite(context.Background(), path, Budget{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for i := 0; i < 100_000; i++ {
		c := claimed(i)
		c.Credential = loginwatch.Credential{Name: fmt.Sprint("c", i), Digest: fmt.Sprint("d", i)}
		a, err := l.Admit(context.Background(), c)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if !a.Granted {
			continue
		}
		fmt.Fprintln(out, i)
		if i%2 == 0 {
			if _, err := l.Settle(context.Background(), a, loginwatch.Settlement{At: c.At, Refusal: loginwatch.RefusalCertain}); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
	}
	return 0
}

// A process is killed again and again, and each time what stood in its files before is
// what a power cut would have left: no slot that was granted is granted again, and
// those without an end are told as lost, once.
func TestKilledProcesses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "loginwatch.db")
	granted := map[int]bool{}
	for round := range 12 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), claimerFile+"="+path)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		read := func() bool {
			if !lines.Scan() {
				return false
			}
			i, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Fatal(err)
			}
			if granted[i] {
				t.Fatalf("round %d: the slot %d is granted twice", round, i)
			}
			granted[i] = true
			return true
		}
		for range 1 + rand.IntN(30) { //nolint:gosec // any moment will do
			if !read() {
				t.Fatal("the process has ended")
			}
		}
		known := len(granted)
		if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		cut := filepath.Join(dir, fmt.Sprintf("cut-%d.db", round))
		for _, part := range []string{"", "-wal", ".key"} { // what is in memory alone, as the -shm is, is lost
			copyFile(t, path+part, cut+part)
		}
		before := map[int]bool{}
		for i := range granted {
			before[i] = true
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for read() { // what it had said before it was killed
		}
		_ = cmd.Wait() // it was killed
		if len(granted) < known {
			t.Fatal("lines are lost")
		}
		takenAt(t, cut, before)
	}
	l := takenAt(t, path, granted)
	lost, err := l.Lost(t.Context(), start.AddDate(1, 0, 0))
	if err != nil || len(lost) == 0 {
		t.Errorf("%d slots are lost, %v", len(lost), err)
	}
	if again, err := l.Lost(t.Context(), start.AddDate(1, 0, 0)); err != nil || len(again) > 0 {
		t.Errorf("%d slots are lost twice, %v", len(again), err)
	}
	t.Logf("%d slots granted, %d without an end", len(granted), len(lost))
}

// takenAt opens a store and holds that slots are taken there.
func takenAt(t *testing.T, path string, slots map[int]bool) *Ledger {
	t.Helper()
	l := openAt(t, path)
	t.Cleanup(func() { _ = l.Close() })
	for i := range slots {
		c := claimed(i)
		a, err := l.Admit(t.Context(), c)
		if err != nil || a.Granted || a.Reason != loginwatch.ReasonElsewhere {
			t.Fatalf("%s: the slot %d: %+v, %v", filepath.Base(path), i, a, err)
		}
	}
	return l
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
