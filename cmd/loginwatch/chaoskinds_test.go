package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// killed kills it, at moments that chance decides, also while it starts.
func (c *chaos) killed() {
	for range c.rounds {
		c.begins()
		if c.rand.IntN(3) == 0 {
			time.Sleep(time.Duration(c.rand.IntN(400)) * time.Millisecond)
			c.isKilled()
			continue
		}
		if !c.d.ready() {
			c.Fatalf("it does not start:\n%s", c.said())
		}
		c.lives = append(c.lives, life{from: time.Now()})
		time.Sleep(time.Duration(c.rand.IntN(2500)) * time.Millisecond)
		c.dies()
	}
}

// ended tells it to end while logins are under way: they come to their end, and none is lost.
func (c *chaos) ended() {
	for range 1 + c.rounds/4 {
		c.starts()
		before := c.v.logins()
		c.until("a login is under way", func() bool { return c.v.logins() > before })
		c.ends()
		if open := c.later(0); open > 0 {
			c.Errorf("%d runs did not come to their end", open)
		}
	}
}

// asleep stops it as a machine does that is put to sleep.
func (c *chaos) asleep() {
	c.starts()
	c.logsIn(chaosLogins)
	for range 1 + c.rounds/8 {
		if err := c.d.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			c.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		before := strings.Count(c.d.log.String(), "reason=missed")
		if err := c.d.cmd.Process.Signal(syscall.SIGCONT); err != nil {
			c.Fatal(err)
		}
		c.until("missed slots", func() bool { return strings.Count(c.d.log.String(), "reason=missed") > before })
		c.logsIn(chaosLogins)
	}
	c.ends()
}

// clockSetBack lets a process find everything in the store some seconds ahead of its clock, as one
// does whose clock was set back while none ran. What the clock of a whole process says can't be
// changed: no namespace has one of its own (time_namespaces(7)), and Go reads it
// from the kernel's page without any library that could be replaced (vdso(7)). How a step is taken while it
// runs is held by the tests of internal/plan.
func (c *chaos) clockSetBack() {
	c.starts()
	c.logsIn(3 * chaosLogins)
	c.dies()
	const ahead = 5 * time.Second
	c.change(func(tx *sql.Tx) error { return shift(c.Context(), tx, ahead) })
	c.v.shift(ahead)
	c.kills[0] = c.kills[0].Add(ahead)
	c.lives[0].from, c.lives[0].to = c.lives[0].from.Add(ahead), c.lives[0].to.Add(ahead)
	c.starts()
	c.says("reason=elsewhere") // it was run, whatever the clock says now
	c.logsIn(2 * chaosLogins)
	c.ends()
}

// written is how times stand in what is kept as text.
var written = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

// shift moves all times of a store into the future.
func shift(ctx context.Context, tx *sql.Tx, by time.Duration) error {
	// Due times go by negative numbers: no row must meet another on its way.
	for _, query := range []string{
		`UPDATE slot SET due = -(due + ?1), planned = planned + ?1, admitted = admitted + ?1, ends = ends + ?1, settled = settled + ?1`,
		`UPDATE run SET due = -(due + ?1), at = at + ?1`, `UPDATE detail SET due = -(due + ?1)`, `UPDATE record SET until = until + ?1 WHERE until < 1 << 62`,
	} {
		if _, err := tx.ExecContext(ctx, query, int64(by)); err != nil {
			return err
		}
	}
	for _, query := range []string{`UPDATE slot SET due = -due`, `UPDATE run SET due = -due`, `UPDATE detail SET due = -due`} {
		if _, err := tx.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	for _, in := range []struct{ read, write string }{
		{`SELECT id, '', ticket FROM slot WHERE ticket IS NOT NULL`, `UPDATE slot SET ticket = ?3 WHERE id = ?1 AND ?2 = ''`},
		{`SELECT kind, key, value FROM record`, `UPDATE record SET value = ?3 WHERE kind = ?1 AND key = ?2`},
	} {
		rows, err := tx.QueryContext(ctx, in.read)
		if err != nil {
			return err
		}
		var all [][3]string
		for rows.Next() {
			var r [3]string
			if err := rows.Scan(&r[0], &r[1], &r[2]); err != nil {
				return errors.Join(err, rows.Close())
			}
			all = append(all, r)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		for _, r := range all {
			later := written.ReplaceAllStringFunc(r[2], func(at string) string {
				t, err := time.Parse(time.RFC3339Nano, at)
				if err != nil {
					return at
				}
				return t.Add(by).Format(time.RFC3339Nano)
			})
			if _, err := tx.ExecContext(ctx, in.write, r[0], r[1], later); err != nil {
				return err
			}
		}
	}
	return nil
}

// noDescriptors takes them away while it runs, and from a process that starts.
func (c *chaos) noDescriptors() {
	for n, watches := 8, false; !watches; n++ {
		c.l.in = []string{"bash", "-c", `ulimit -n "$1"; shift; exec "$@"`, "bash", fmt.Sprint(n)}
		c.begins()
		watches = c.watchesWith(n)
	}
	c.l.in = nil
	c.starts()
	c.logsIn(chaosLogins)
	c.limit("nofile", "3")
	c.says(`verdict=broken reason=internal.*no file descriptor left`)
	turned, end := context.WithCancel(c.Context())
	defer end()
	page := c.d.base
	go func() { // it can't be had meanwhile
		if r, err := http.NewRequestWithContext(turned, http.MethodGet, page, nil); err == nil {
			if res, err := apart.Do(r); err == nil {
				_ = res.Body.Close()
			}
		}
	}()
	c.says(`our pages can't be reached for now`)
	c.limit("nofile", "1024")
	c.logsIn(2 * chaosLogins)
	c.d.get(c.T, "/")
	if text := c.d.log.String(); strings.Contains(text, "verdict=unavailable") || strings.Contains(text, "verdict=drift") {
		c.Errorf("a vendor is blamed:\n%s", c.said())
	} else if strings.Count(text, "pages can't be reached") != 1 || strings.Contains(text, "http: Accept") {
		c.Errorf("of the pages it says\n%s", c.said())
	}
	c.limit("nofile", "3")
	c.says(`(?s)no file descriptor left.*no file descriptor left`)
	c.dies()
}

// watchesWith holds what a process says that has so many descriptors, and tells whether it watches.
func (c *chaos) watchesWith(n int) bool {
	c.Helper()
	var text string
	ended := false
	c.until("it watches, or ends", func() bool {
		select {
		case <-c.d.ended:
			ended = true
		default:
		}
		text = c.d.log.String()
		return ended || strings.Contains(text, "msg=watching")
	})
	if !ended { // nobody can ask it for a page
		c.isKilled()
	}
	if strings.Contains(text, "its folder") || ended && !regexp.MustCompile(`open files|descriptor|epollcreate|eventfd`).MatchString(text) {
		c.Errorf("with %d descriptors it says\n%s", n, text[:min(len(text), 1000)])
	}
	return !ended
}

// noMemory takes memory away, so that the process ends by itself, mostly: one that goes on with
// what it has is killed.
func (c *chaos) noMemory() {
	c.starts()
	c.logsIn(chaosLogins)
	c.limit("as", fmt.Sprint(c.d.status(c.T, "VmSize:")+1<<20))
	c.over(true)
	impatient := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
	for begun := time.Now(); time.Since(begun) < 10*time.Second; {
		var asking sync.WaitGroup
		for range 8 {
			asking.Go(func() {
				if r, err := impatient.Post(c.d.base+"/-/reload", "", nil); err == nil {
					_ = r.Body.Close()
				}
			})
		}
		asking.Wait()
		select {
		case <-c.d.ended:
			c.kills = append(c.kills, time.Now())
			if text := c.d.log.String(); !regexp.MustCompile(`out of memory|cannot allocate memory|failed to create new OS thread|pthread_create failed`).MatchString(text) {
				c.Errorf("it does not say why it ends:\n%s", c.said())
			}
			return
		default:
		}
	}
	c.Log("it goes on with the memory that it has, and is killed")
	c.isKilled()
}

// limit sets a limit of the process that runs.
func (c *chaos) limit(what, to string) {
	c.Helper()
	if says, err := exec.Command("prlimit", fmt.Sprintf("--pid=%d", c.d.cmd.Process.Pid), "--"+what+"="+to+":").CombinedOutput(); err != nil {
		c.Fatalf("%v: %s", err, says)
	}
}
