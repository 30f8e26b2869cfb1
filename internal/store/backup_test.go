package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// backerFile names the variable that makes the tests' own program one that copies the
// store of that name again and again; backerLimit, how large its files may be.
const (
	backerFile  = "LOGINWATCH_TEST_BACKER"
	backerLimit = "LOGINWATCH_TEST_LIMIT"
)

// backer says what it begins to copy to, until it is killed or fails.
func backer(path, limit string, out io.Writer) int {
	if limit != "" {
		var most uint64
		_, err := fmt.Sscan(limit, &most)
		if err == nil {
			signal.Ignore(syscall.SIGXFSZ)
			err = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: most, Max: most})
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
	}
	for i := range 1000 {
		fmt.Fprintln(out, i)
		if _, err := BackUp(context.Background(), Place{URL: "sqlite:" + path}, fmt.Sprintf("%s.%d", path, i), true, time.Now()); err != nil {
			fmt.Fprintln(out, "failed:", err)
			return 1
		}
	}
	return 0
}

// While others claim slots in a file, copies of it are whole, and have each slot that was
// granted before.
func TestBackupUnderLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "loginwatch.db")
	says := make(chan int)
	claimers := []*exec.Cmd{startClaimer(t, path, says), startClaimer(t, path, says)}
	granted := map[int]bool{}
	for round := range 8 {
		for range 1 + rand.IntN(40) { //nolint:gosec // any moment will do
			granted[<-says] = true
		}
		before := maps.Clone(granted)
		done := make(chan error, 1)
		to := fmt.Sprintf("%s.%d", path, round)
		go func() {
			_, err := BackUp(t.Context(), Place{URL: "sqlite:" + path}, to, true, start)
			done <- err
		}()
		for copying := true; copying; { // the others go on meanwhile
			select {
			case i := <-says:
				granted[i] = true
			case err := <-done:
				if copying = false; err != nil {
					t.Fatal(err)
				}
			}
		}
		found, err := Check(t.Context(), Place{URL: "sqlite:" + to}, Keep{}, start.AddDate(1, 0, 0))
		if err != nil || len(found.Faults) > 0 || found.Store.Backup == nil || found.Slots.Planned < len(before) {
			t.Errorf("%+v, %v", found, err)
		}
		takenAt(t, to, before)
	}
	for _, c := range claimers {
		_ = c.Process.Kill()
	}
	for ended := 0; ended < len(claimers); {
		if <-says < 0 {
			ended++
		}
	}
	for _, c := range claimers {
		_ = c.Wait() // it was killed
	}
}

// Whoever is killed while copying leaves no half file of the name that was asked for.
func TestKilledBackup(t *testing.T) {
	path := lived(t)
	for range 10 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), backerFile+"="+path)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		some := make([]byte, 2*(1+rand.IntN(6))) //nolint:gosec // any moment will do
		if _, err := io.ReadFull(out, some); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		copies, err := filepath.Glob(path + ".[0-9]")
		if err != nil || len(copies) < len(some)/2-2 {
			t.Errorf("%q were copied, %v", copies, err)
		}
		for _, to := range copies {
			if found, err := Check(t.Context(), Place{URL: "sqlite:" + to}, Keep{}, endOfLived); err != nil || len(found.Faults) > 0 {
				t.Errorf("%s: %+v, %v", filepath.Base(to), found, err)
			}
		}
		for _, left := range []string{".[0-9]", ".[0-9].key", ".[0-9].*"} {
			all, _ := filepath.Glob(path + left)
			for _, f := range all {
				remove(t, f)
			}
		}
	}
}

// A disk without room is said, with the file, and nothing is left there.
func TestBackupWithoutRoom(t *testing.T) {
	path := lived(t)
	for _, limit := range []string{"0", "4096", "40000"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), backerFile+"="+path, backerLimit+"="+limit)
		out, err := cmd.Output()
		if err == nil || !strings.Contains(string(out), "failed: copy "+path+" to "+path+".0: the disk could not be read or written: make room if it is full") || strings.Count(string(out), "\n") != 2 {
			t.Errorf("%s: %v, %s", limit, err, out)
		}
		if left, err := filepath.Glob(path + ".0*"); err != nil || len(left) > 0 {
			t.Errorf("%s: %q are left, %v", limit, left, err)
		}
	}
}

// What can't be copied to, or from, is said before anything is made.
func TestBackupRefuses(t *testing.T) {
	path := lived(t)
	dir := filepath.Dir(path)
	writeFile(t, filepath.Join(dir, "there.key"), "of something else")
	writeFile(t, filepath.Join(dir, "empty.db"), "")
	for name, tt := range map[string]struct{ url, to, says string }{
		"there is one":         {"sqlite:" + path, path, "there is a file of that name, and none is overwritten: name another one"},
		"a folder":             {"sqlite:" + path, dir, "there is a file of that name"},
		"no folder":            {"sqlite:" + path, filepath.Join(dir, "none", "b.db"), "its folder has to be there: make it"},
		"another key is there": {"sqlite:" + path, filepath.Join(dir, "there"), "there.key: there is a file of that name"},
		"an empty file":        {"sqlite:" + filepath.Join(dir, "empty.db"), filepath.Join(dir, "b.db"), "it is empty: serve makes a store of it"},
		"no file":              {"sqlite:" + filepath.Join(dir, "none.db"), filepath.Join(dir, "b.db"), "no such file"},
		"PostgreSQL":           {"postgres://lw@db.example:6432/watch", filepath.Join(dir, "b.db"), "pg_dump --format=custom --schema=loginwatch --file=FILE postgres://lw@db.example:6432/watch; keep its key as well"},
	} {
		before, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := BackUp(t.Context(), Place{URL: tt.url}, tt.to, true, start); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: got %v, want %q", name, err, tt.says)
		}
		if after, err := os.ReadDir(dir); err != nil || len(after) != len(before) {
			t.Errorf("%s: %v, %v", name, after, err)
		}
	}
	remove(t, path+".key")
	if _, err := BackUp(t.Context(), Place{URL: "sqlite:" + path}, path+".copy", true, start); err == nil || !strings.Contains(err.Error(), "its key: it is missing") {
		t.Errorf("without the key: %v", err)
	}
	writeFile(t, path+".key", strings.Repeat("0", 64))
	if err := os.Chmod(path+".key", 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := BackUp(t.Context(), Place{URL: "sqlite:" + path}, path+".copy", true, start); err == nil || !strings.Contains(err.Error(), "its key: it is another one than the store was written with") {
		t.Errorf("with another key: %v", err)
	}
	if made, err := BackUp(t.Context(), Place{URL: "sqlite:" + path}, path+".copy", false, start); err != nil || made.Slots != 144 || made.Runs != 143 {
		t.Errorf("without the key: %+v, %v", made, err)
	}
	if info, err := os.Stat(path + ".copy"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// A backup that is put back knows nothing of what was sent since it was made: a rotating
// secret of it is not sent again, and one refusal lets a credential rest. Once is enough.
func TestBackupPutBack(t *testing.T) {
	path := lived(t)
	to := path + ".copy"
	if _, err := BackUp(t.Context(), Place{URL: "sqlite:" + path}, to, true, time.Now()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		spent bool
		left  int
	}{path: {false, 3}, to: {true, 1}} {
		for range 2 {
			l := openAt(t, name)
			err := l.Rotate(t.Context(), loginwatch.RotatingSecret{Vendor: "acme", Name: "refresh_token"}, func(r *loginwatch.Rotated) {
				if r.Spent != want.spent || r.Value != "marked-NEXT" {
					t.Errorf("%s: %+v", filepath.Base(name), r)
				}
			})
			states, failed := l.Credentials(t.Context(), time.Now())
			if err := errors.Join(err, failed, l.Close()); err != nil || len(states) != 1 || states[0].Remaining != want.left {
				t.Errorf("%s: %+v, %v", filepath.Base(name), states, err)
			}
		}
	}
	l := openAt(t, to)
	defer func() { _ = l.Close() }()
	again := claimed(0)
	if a, err := l.Admit(t.Context(), again); err != nil || a.Granted || a.Reason != loginwatch.ReasonElsewhere {
		t.Errorf("a slot that was run: %+v, %v", a, err)
	}
	found, err := Check(t.Context(), Place{URL: "sqlite:" + to}, Keep{}, time.Now())
	if err != nil || len(found.Faults) > 0 || found.Store.Backup != nil || found.Store.Restored == nil {
		t.Errorf("%+v, %v", found, err)
	}
}
