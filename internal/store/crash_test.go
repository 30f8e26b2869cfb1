package store

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
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
	if path := os.Getenv(backerFile); path != "" {
		os.Exit(backer(path, os.Getenv(backerLimit), os.Stdout))
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

// Two processes that claim the same slots are killed again and again, and copies are
// taken of what stood in their files before: no slot that was granted is granted again,
// in neither of them, and those without an end are told as lost, once.
func TestKilledProcesses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "loginwatch.db")
	granted := map[int]bool{}
	take := func(i int) {
		if granted[i] {
			t.Fatalf("the slot %d is granted twice", i)
		}
		granted[i] = true
	}
	for round := range 12 {
		says := make(chan int)
		claimers := []*exec.Cmd{startClaimer(t, path, says), startClaimer(t, path, says)}
		for range 1 + rand.IntN(40) { //nolint:gosec // any moment will do
			take(<-says)
		}
		for _, c := range claimers {
			stop(t, c)
		}
		before := maps.Clone(granted)
		cut := filepath.Join(dir, fmt.Sprintf("cut-%d.db", round))
		for _, part := range []string{"", "-wal", ".key"} { // what is in memory alone, as the -shm is, is lost
			copyFile(t, path+part, cut+part)
		}
		for _, c := range claimers {
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		for ended := 0; ended < len(claimers); { // what they had said before they were killed
			if i := <-says; i < 0 {
				ended++
			} else {
				take(i)
			}
		}
		for _, c := range claimers {
			_ = c.Wait() // it was killed
		}
		takenAt(t, cut, before)
	}
	l := takenAt(t, path, granted)
	slots, err := l.Lost(t.Context(), start.AddDate(1, 0, 0), all)
	if err != nil {
		t.Fatal(err)
	}
	lost := map[int64]bool{}
	for _, s := range slots {
		lost[s.Due.UnixNano()] = true
	}
	for i := range granted {
		if i%2 == 1 && !lost[claimed(i).Slot.Due.UnixNano()] {
			t.Errorf("the slot %d has no end and is not told as lost", i)
		}
	}
	if again, err := l.Lost(t.Context(), start.AddDate(1, 0, 0), all); err != nil || len(again) > 0 {
		t.Errorf("%d slots are lost twice, %v", len(again), err)
	}
	t.Logf("%d slots granted, %d without an end", len(granted), len(lost))
}

// startClaimer starts a process that claims slots; says is given those that it was
// granted, and -1 at its end.
func startClaimer(t *testing.T, path string, says chan<- int) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), claimerFile+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if i, err := strconv.Atoi(lines.Text()); err == nil {
				says <- i
			}
		}
		says <- -1
	}()
	return cmd
}

// stop has a process stand still, and waits until it does.
func stop(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var how syscall.WaitStatus
	err := cmd.Process.Signal(syscall.SIGSTOP)
	if err == nil {
		_, err = syscall.Wait4(cmd.Process.Pid, &how, syscall.WUNTRACED, nil)
	}
	if err != nil || !how.Stopped() {
		t.Fatalf("it does not stop: %v, %v", how, err)
	}
}

// takenAt opens a store and holds that slots are taken there.
func takenAt(t *testing.T, path string, slots map[int]bool) *Ledger {
	t.Helper()
	l := openAt(t, path)
	t.Cleanup(func() { _ = l.Close() })
	for i := range slots {
		c := claimed(i)
		c.At = start // one time for all: none of them has what is over dropped again
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
