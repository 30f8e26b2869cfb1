package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ownDisk is a small file system that one process and what is started beside it can see. Where
// the machine lets nobody have one, a limit of the size of files stands in its place, and
// the test says so.
type ownDisk struct {
	at   string
	pid  int      // who keeps it; 0 where there is none
	in   []string // in front of a program that is to see it
	why  string   // there is none
	file string   // what fills it
}

// newOwnDisk makes one over a folder.
func newOwnDisk(t *testing.T, at string) *ownDisk {
	t.Helper()
	k := &ownDisk{at: at, file: filepath.Join(at, "filler")}
	for _, user := range [][]string{nil, {"--user", "--map-root-user"}} {
		if os.Getuid() != 0 && user == nil {
			continue
		}
		cmd := exec.CommandContext(t.Context(), "unshare", append(user, "--mount", "--propagation", "private", "bash", "-c",
			`mount -t tmpfs -o size=12m,mode=755 lwchaos "$1" && echo there && exec sleep infinity`, "bash", at)...)
		out, err := cmd.StdoutPipe()
		var says strings.Builder
		cmd.Stderr = &says
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		there := make([]byte, 16)
		if n, _ := out.Read(there); strings.TrimSpace(string(there[:n])) == "there" {
			k.pid = cmd.Process.Pid
			k.in = []string{"nsenter", fmt.Sprintf("--target=%d", k.pid), "--mount"}
			if user != nil {
				k.in = append(k.in, "--user", "--preserve-credentials")
			}
			k.in = append(k.in, "--wd="+at)
			return k
		}
		_ = cmd.Wait()
		k.why = strings.TrimSpace(says.String())
	}
	t.Logf("NO FILE SYSTEM OF ITS OWN CAN BE MADE HERE (%s): limits and modes of files stand in its place", k.why)
	return k
}

// path is where this process sees a file of the disk.
func (k *ownDisk) path(path string) string {
	if k.pid == 0 {
		return path
	}
	return fmt.Sprintf("/proc/%d/root%s", k.pid, path)
}

// does runs a shell's line where the disk is seen.
func (k *ownDisk) does(t *testing.T, line string, args ...string) {
	t.Helper()
	all := append(append(append([]string{}, k.in...), "bash", "-c", line, "bash"), args...)
	if says, err := exec.CommandContext(t.Context(), all[0], all[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", line, err, says)
	}
}

// copyTo takes the store out, for who does not see the disk, and copyBack puts it back.
func (k *ownDisk) copyTo(t *testing.T, store string) {
	k.copy(t, store, k.path, func(path string) string { return path })
}

func (k *ownDisk) copyBack(t *testing.T, store string) {
	k.copy(t, store, func(path string) string { return path }, k.path)
}

func (k *ownDisk) copy(t *testing.T, store string, from, to func(string) string) {
	t.Helper()
	if k.pid == 0 {
		return
	}
	for _, part := range []string{"", "-wal", ".key"} {
		text, err := os.ReadFile(from(store + part))
		switch {
		case err == nil:
			err = os.WriteFile(to(store+part), text, 0o600)
		case part == "-wal" && errors.Is(err, fs.ErrNotExist):
			if err = os.Remove(to(store + part)); errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// fills takes all room.
func (c *chaos) fills() {
	c.Helper()
	if c.disk.pid == 0 {
		c.limit("fsize", "0")
		return
	}
	c.disk.does(c.T, `dd if=/dev/zero of="$1" bs=4k 2>/dev/null; true`, c.disk.file)
}

// makesRoom gives it back.
func (c *chaos) makesRoom() {
	c.Helper()
	if c.disk.pid == 0 {
		c.limit("fsize", "unlimited")
		return
	}
	c.disk.does(c.T, `rm -f "$1"`, c.disk.file)
}

// readOnly has nobody write any more, and writable takes that back.
func (c *chaos) readOnly() { c.remounts("ro", 0o400) }
func (c *chaos) writable() { c.remounts("rw", 0o600) }

func (c *chaos) remounts(how string, mode os.FileMode) {
	c.Helper()
	if c.disk.pid != 0 {
		c.disk.does(c.T, `mount -o remount,"$1" "$2"`, how, c.disk.at)
		return
	}
	if err := os.Chmod(c.store, mode); err != nil {
		c.Fatal(err)
	}
}

// fullDisk takes all room while it runs, gives it back, takes it again and kills it; and
// has it start where the store can't be written. All the time its pages are there.
func (c *chaos) fullDisk() {
	c.disk = newOwnDisk(c.T, filepath.Dir(c.store))
	c.l.in = c.disk.in
	c.starts()
	c.logsIn(2 * chaosLogins)
	for range 2 {
		c.fills()
		c.says(`the store can't be asked, nothing is sent`)
		skipped := func() int { return sum(c.d.counters(c.T), "loginwatch_slots_skipped_total", `reason="store"`) }
		before := skipped()
		c.until("slots are skipped, and counted", func() bool { return skipped() >= before+chaosLogins })
		c.d.get(c.T, "/")
		c.d.get(c.T, "/api/v1/probes")
		sent := c.v.logins()
		c.until("slots are skipped, and counted", func() bool { return skipped() >= before+2*chaosLogins })
		if n := c.v.logins() - sent; n > 0 {
			c.Errorf("%d logins were sent that nobody can remember", n)
		}
		c.makesRoom()
		c.logsIn(2 * chaosLogins)
	}
	c.dies()
	c.readOnly()
	c.refuses(`the\.db: .*read-only`)
	c.writable()
	if c.disk.pid != 0 {
		c.fills()
		c.refuses(`the\.db: .*(disk is full|make room)`)
		c.makesRoom()
	}
}
