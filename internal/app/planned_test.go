package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/faulty"
	"github.com/loginwatch/loginwatch/internal/place"
)

// daemonOf is a daemon that logs in once an hour at most, and is due every second.
func daemonOf(j loginwatch.Job, told func(*app.Daemon, loginwatch.SkippedSlot)) (*app.Daemon, error) {
	j.Probe.Schedule = "@every 1s"
	j.Probe.Contract.Operations[0].Limit = &loginwatch.RateLimit{Requests: 1, Per: time.Hour}
	d, err := app.NewDaemon(context.Background(), &config.Config{Store: place.Memory}, app.DaemonOptions{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	d.Executor.Recorders = append(d.Executor.Recorders, &notebook{told: func(s loginwatch.SkippedSlot) { told(d, s) }})
	return d, nil
}

// A login that takes longer than the interval: the planner leaves the next slot
// out.
func TestOverlapOfOneJob(t *testing.T) {
	t.Parallel()
	answer, open := gate()
	v := serve(t, answer)
	j := job(t, v.Base())
	var first sync.Once
	overlapped := make(chan struct{})
	d, err := daemonOf(j, func(d *app.Daemon, s loginwatch.SkippedSlot) {
		if s.Reason != stillGoing.reason {
			return // of a machine that is very busy
		}
		first.Do(func() {
			stillGoing.held(t, d.Engine, j, s)
			close(overlapped)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Start(t.Context(), app.Reading{Jobs: []loginwatch.Job{j}}); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	<-overlapped
	open()
	d.Stop()
	stillGoing.seen(t, v.Logins())
}

// sleeperBase names the variable that makes the tests' own program a daemon at
// the address in it.
const sleeperBase = "LOGINWATCH_TEST_SLEEPER"

// news is what the sleeper tells of a slot that was not run.
type news struct {
	Reason loginwatch.Reason
	Page   string // the status page at that moment
}

// sleeper runs a daemon until nobody talks to it any more.
func sleeper(base string, in io.Reader, out, errs io.Writer) int {
	j, err := jobAt(base)
	if err != nil {
		fmt.Fprintln(errs, err)
		return 1
	}
	var telling sync.Mutex
	tell := json.NewEncoder(out)
	d, err := daemonOf(j, func(d *app.Daemon, s loginwatch.SkippedSlot) {
		_, text, err := page(d.Engine, j)
		if err != nil {
			text = err.Error()
		}
		telling.Lock()
		defer telling.Unlock()
		_ = tell.Encode(news{s.Reason, text})
	})
	if err != nil {
		fmt.Fprintln(errs, err)
		return 1
	}
	if err := d.Start(context.Background(), app.Reading{Jobs: []loginwatch.Job{j}}); err != nil {
		fmt.Fprintln(errs, err)
		return 1
	}
	_, _ = io.Copy(io.Discard, in)
	d.Stop()
	d.Close()
	return 0
}

// TestMissedSlot puts a whole daemon to sleep, as a machine that is suspended
// does, over more than two of its slots: of those that came due meanwhile all but
// the newest are missed.
func TestMissedSlot(t *testing.T) {
	t.Parallel()
	v := serve(t, faulty.JSON("200 OK", success))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), sleeperBase+"="+v.Base())
	var errs bytes.Buffer
	cmd.Stderr = &errs
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tells := json.NewDecoder(out)
	next := func() (n news) {
		if err := tells.Decode(&n); err != nil {
			t.Fatalf("the daemon tells nothing: %v\n%s", err, errs.String())
		}
		return n
	}
	next() // the slot after its first login: it is well awake
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	night, over := context.WithTimeout(ctx, 3*time.Second)
	<-night.Done()
	over()
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	got := next()
	for got.Reason != slept.reason {
		got = next()
	}
	s := loginwatch.SkippedSlot{Reason: got.Reason}
	slept.holds(t, advice.ForSkip(s.Reason, s.Refusal))
	for _, shown := range skipShown(s) {
		if !strings.Contains(got.Page, shown) {
			t.Errorf("the page does not show %q:\n%s", shown, got.Page)
		}
	}
	_ = in.Close()
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, errs.String())
	}
	slept.seen(t, v.Logins())
}
