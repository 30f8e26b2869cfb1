package main

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// chaos is a daemon, its store and a vendor that counts, to which anything may happen.
type chaos struct {
	*testing.T
	v      *countingVendor
	dir    string
	store  string
	disk   *ownDisk // under the store; nil for the machine's
	l      launching
	d      *daemonProcess
	lives  []life
	kills  []time.Time
	names  []string
	rand   *rand.Rand
	log    strings.Builder // of all processes but the last one
	rounds int             // how often what chance decides is done
}

// TestCountsChaos lets what happens to a machine happen to the daemon. Afterwards it starts
// again, accounts for every slot that was due while it watched, and has logged in no more
// than once for any of them, by the count of the vendor.
func TestCountsChaos(t *testing.T) {
	rounds := 4
	if os.Getenv("FIGURES") != "" {
		rounds = 20
	}
	for name, happens := range map[string]func(*chaos){
		"killed at any moment":      (*chaos).killed,
		"a disk that is full":       (*chaos).fullDisk,
		"no descriptors left":       (*chaos).noDescriptors,
		"no memory left":            (*chaos).noMemory,
		"a clock that was set back": (*chaos).clockSetBack,
		"ended while logging in":    (*chaos).ended,
		"put to sleep":              (*chaos).asleep,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChaos(t, rounds)
			happens(c)
			t.Logf("%s, %s", name, c.settles())
		})
	}
}

const chaosLogins = 8

func newChaos(t *testing.T, rounds int) *chaos {
	seed := uint64(time.Now().UnixNano())                                                                               //nolint:gosec // any will do
	c := &chaos{T: t, v: newCountingVendor(t), dir: ownFolder(t), rand: rand.New(rand.NewPCG(1, seed)), rounds: rounds} //nolint:gosec // of a test
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	c.store = filepath.Join(c.dir, "s", "the.db")
	address := freeAddress(t)
	var conf strings.Builder
	fmt.Fprintf(&conf, "listen: %s\nstore: {url: 'sqlite:%s'}\ntargets:\n", address, c.store)
	c.l = launching{file: filepath.Join(c.dir, "loginwatch.yaml"), address: address, env: append(os.Environ(), "PASSWORD=password@123")}
	for i := range chaosLogins {
		name := fmt.Sprintf("target-%d", i)
		c.names = append(c.names, name)
		fmt.Fprintf(&conf, "  %s:\n    vendor: signzy-ezkra\n    base_url: %s/t/%s\n    secrets: {username: env:USER_%d, password: env:PASSWORD}\n", name, c.v.base, name, i)
		c.l.env = append(c.l.env, fmt.Sprintf("USER_%d=user-%d", i, i))
	}
	conf.WriteString("probes:\n  signzy-ezkra/login: {schedule: '@every 1s', timeout: 5s}\n")
	if err := errors.Join(os.Mkdir(filepath.Dir(c.store), 0o755), os.WriteFile(c.l.file, []byte(conf.String()), 0o600)); err != nil {
		t.Fatal(err)
	}
	c.v.answers = func(target string, _ int, _ http.ResponseWriter, r *http.Request) bool {
		if target < "target-3" { // those are under way for a while
			select {
			case <-time.After(300 * time.Millisecond):
			case <-r.Context().Done():
			}
		}
		return false
	}
	return c
}

// starts starts a process, and waits until it watches.
func (c *chaos) starts() {
	c.Helper()
	c.begins()
	if !c.d.ready() {
		c.Fatalf("it does not start:\n%s", c.said())
	}
	c.lives = append(c.lives, life{from: time.Now()})
}

// begins starts a process, whatever becomes of it.
func (c *chaos) begins() {
	c.Helper()
	if c.d != nil {
		c.log.WriteString(c.d.log.String())
	}
	c.d = c.l.start(c.T)
}

// refuses holds that it can't be started, and why.
func (c *chaos) refuses(says string) {
	c.Helper()
	c.begins()
	if c.d.ready() {
		c.Fatalf("it starts:\n%s", c.said())
	}
	if told := strings.TrimSpace(c.d.log.String()); !regexp.MustCompile(says).MatchString(told) || strings.Contains(told, "\n") || c.d.cmd.ProcessState.ExitCode() != exitOurs {
		c.Errorf("it ends with %v and says\n%s\nwant %s", c.d.cmd.ProcessState, told, says)
	}
}

// dies kills it.
func (c *chaos) dies() {
	c.over(true)
	c.isKilled()
}

// isKilled kills it, whether it watches yet or not.
func (c *chaos) isKilled() {
	c.kills = append(c.kills, time.Now())
	_ = c.d.cmd.Process.Kill()
	<-c.d.ended
}

// ends has it end as a supervisor does.
func (c *chaos) ends() {
	c.Helper()
	c.over(false)
	_ = c.d.cmd.Process.Signal(syscall.SIGTERM)
	<-c.d.ended
	if code := c.d.cmd.ProcessState.ExitCode(); code != 0 {
		c.Errorf("it ends with %d:\n%s", code, c.said())
	}
}

func (c *chaos) over(killed bool) {
	if l := &c.lives[len(c.lives)-1]; l.to.IsZero() {
		l.to, l.killed = time.Now(), killed
	}
}

// said is the end of what this process has said.
func (c *chaos) said() string {
	text := c.d.log.String()
	return text[max(0, len(text)-4000):]
}

// until waits for something to be so.
func (c *chaos) until(what string, is func() bool) {
	c.Helper()
	for begun := time.Now(); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > patience {
			c.Fatalf("%s: not within %s\n%s", what, patience, c.said())
		}
	}
}

// logsIn waits for some logins more.
func (c *chaos) logsIn(more int) {
	c.Helper()
	before := c.v.logins()
	c.until(fmt.Sprint(more, " more logins"), func() bool { return c.v.logins() >= before+more })
}

// says waits for a line of the log of this process.
func (c *chaos) says(pattern string) {
	c.Helper()
	re := regexp.MustCompile(pattern)
	c.until("the log says "+pattern, func() bool { return re.MatchString(c.d.log.String()) })
}

// settles starts it once more, as much later as a run that was under way takes to be given up,
// and holds that everything is accounted for.
func (c *chaos) settles() (came string) {
	c.Helper()
	open := c.later(10 * time.Minute)
	c.starts()
	c.until(fmt.Sprint(open, " slots are told as lost"), func() bool { return strings.Count(c.d.log.String(), "reason=lost") == open })
	c.logsIn(chaosLogins)
	c.ends()
	if c.disk != nil {
		c.disk.copyTo(c.T, c.store)
	}
	c.log.WriteString(c.d.log.String())
	b := readBooks(c.T, c.store, c.v)
	c.adds(b, open)
	for _, name := range c.names {
		if missing := b.gaps(name, time.Second, c.lives...); len(missing) > 0 {
			c.Errorf("%s: %d slots are not known, the first of %s", name, len(missing), missing[0])
		}
	}
	if text := c.log.String(); strings.Contains(text, "password@123") || strings.Contains(text, "user-1") {
		c.Error("a secret is in the log")
	}
	check := exec.Command("loginwatch", "store", "check", "--store", "sqlite:"+c.store)
	if says, err := check.CombinedOutput(); err != nil {
		c.Errorf("store check: %v\n%s", err, says)
	}
	return fmt.Sprintf("%d processes: %s", len(c.lives), b)
}

// adds holds what each slot came to. What was settled in the last moment before a process was
// killed may not be in the history, which is written a tenth of a second later.
func (c *chaos) adds(b *books, open int) {
	c.Helper()
	told := 0
	for _, slots := range b.slots {
		for _, s := range slots {
			unwritten := slices.ContainsFunc(c.kills, func(at time.Time) bool { return at.Sub(s.at).Abs() < time.Second })
			switch {
			case s.lost && s.told == "lost":
				told++
			case s.lost || s.granted() && s.verdict == "" && !unwritten:
				c.Errorf("of the slot of %s the history says %q, %q", s.due, s.verdict, s.told)
			case s.granted() && s.logins == 0 && s.verdict != "broken" && s.verdict != "":
				c.Errorf("the slot of %s is %q, and no login came", s.due, s.verdict)
			}
		}
	}
	if b.doubled > 0 || b.open > 0 || told != open {
		c.Errorf("%s; open %d, told as lost %d, want %d", b, b.open, told, open)
	}
}

// later lets time pass for runs that nobody has told the end of, and gives how many there are.
func (c *chaos) later(by time.Duration) (open int) {
	c.Helper()
	c.change(func(tx *sql.Tx) error {
		var made bool // it may have been killed before that
		err := tx.QueryRowContext(c.Context(), `SELECT count(*) > 0 FROM sqlite_master WHERE name = 'slot'`).Scan(&made)
		if err != nil || !made {
			return err
		}
		err = tx.QueryRowContext(c.Context(), `SELECT count(*) FROM slot WHERE ticket IS NOT NULL AND lost IS NULL`).Scan(&open)
		if err == nil {
			_, err = tx.ExecContext(c.Context(), `UPDATE slot SET ends = ends - ? WHERE ticket IS NOT NULL`, int64(by))
		}
		return err
	})
	return open
}

// change changes the store while nobody uses it.
func (c *chaos) change(how func(*sql.Tx) error) {
	c.Helper()
	if c.disk != nil {
		c.disk.copyTo(c.T, c.store)
		defer c.disk.copyBack(c.T, c.store)
	}
	db, err := sql.Open("sqlite", c.store)
	if err != nil {
		c.Fatal(err)
	}
	tx, err := db.BeginTx(c.Context(), nil)
	if err == nil {
		if err = how(tx); err == nil {
			err = tx.Commit()
		}
	}
	if err := errors.Join(err, db.Close()); err != nil {
		c.Fatal(err)
	}
}
