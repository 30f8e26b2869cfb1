//go:build postgres

package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/store/pgtest"
)

// fleet are replicas that run the slots of one store, each a process of its own.
type fleet struct {
	t      *testing.T
	url    string
	logins string

	mu       sync.Mutex
	replicas []*exec.Cmd
	stopped  bool
	running  sync.WaitGroup
	furthest atomic.Int64 // slot that was decided
	errors   atomic.Int64
}

// begin starts a replica in a place, behind the slots that the others are at.
func (f *fleet) begin(place int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped {
		return
	}
	cmd := exec.CommandContext(f.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), replicaOf+"="+f.url, replicaLogins+"="+f.logins,
		replicaFrom+"="+strconv.FormatInt(max(0, f.furthest.Load()-50), 10))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		f.t.Error(err)
		return
	}
	f.replicas[place] = cmd
	f.running.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if i, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil && i > f.furthest.Load() {
				f.furthest.Store(i)
			}
		}
		if err := cmd.Wait(); err != nil {
			f.errors.Add(1) // it was killed, mostly
		}
	})
}

// kill kills one of the replicas with -9, and another one takes its place.
func (f *fleet) kill(place int) {
	f.mu.Lock()
	if cmd := f.replicas[place]; cmd != nil {
		_ = cmd.Process.Kill() // it may have come to its end
	}
	f.mu.Unlock()
	f.begin(place)
}

// wait waits until a slot is decided; false says that it never is.
func (f *fleet) wait(slot int) bool {
	for begun := time.Now(); f.furthest.Load() < int64(slot); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			f.t.Errorf("nothing moves behind slot %d", f.furthest.Load())
			return false
		}
	}
	return true
}

// However often replicas and primaries are killed and connections cut, no slot is run
// twice, no one-time code is sent twice, and of every slot is known what became of it.
// Two replicas run the first half, four the second.
func TestPostgreSQLChaos(t *testing.T) {
	const replicas, kills, promotions = 4, 100, 10
	begun := time.Now()
	pair := pgtest.StartWithStandby(t)
	database := pair.Database()
	f := &fleet{t: t, url: pair.URL(database), logins: filepath.Join(t.TempDir(), "logins"), replicas: make([]*exec.Cmd, replicas)}
	if err := os.WriteFile(f.logins, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f.begin(0)
	f.begin(1)
	var faults sync.WaitGroup
	ctx, over := context.WithCancel(t.Context())
	defer over()
	cuts := 0
	faults.Go(func() { cuts = pair.Cut(ctx, database, 100*time.Millisecond) })
	faults.Go(func() {
		if f.wait(replicaSlots / 2) {
			f.begin(2)
			f.begin(3)
		}
	})
	faults.Go(func() {
		for k := 0; k < kills && f.wait((k+1)*replicaSlots/(kills+1)); k++ {
			f.kill(k % (2 + 2*(2*k/kills)))
		}
	})
	for i := 0; i < promotions && f.wait((i+1)*replicaSlots/(promotions+1)); i++ {
		if i%2 == 0 { // commits that have waited in vain, and are on this primary alone
			pair.StopStandby()
			time.Sleep(50 * time.Millisecond)
			pair.CancelWaits()
			pair.KillPrimary()
			pair.StartStandby()
		} else {
			pair.KillPrimary()
		}
		pair.Promote()
		pair.AddStandby()
	}
	f.wait(replicaSlots - 1)
	over()
	faults.Wait()
	f.mu.Lock()
	f.stopped = true
	f.mu.Unlock()
	f.running.Wait()
	if t.Failed() {
		return
	}
	f.count(openPg(t, pair, database), pair, database)
	t.Logf("two replicas, then four: %d killed, %d connections cut, %d promotions in %s", kills, cuts, promotions, time.Since(begun).Round(100*time.Millisecond))
}

// count holds what the vendor saw against what the store knows, once nobody is left.
func (f *fleet) count(l *Ledger, pair *pgtest.Pair, database string) {
	t := f.t
	v, err := openVendor(f.logins)
	if err != nil {
		t.Fatal(err)
	}
	known := f.slots(pair, database)
	for i := range replicaSlots { // what was never decided, when who asked was killed
		if _, decided := known[nameOf(i)]; decided {
			continue
		}
		if err := runSlot(l, i, v); err != nil {
			t.Fatal(err)
		}
	}
	lost, err := l.Lost(t.Context(), start.AddDate(1, 0, 0), all)
	if err != nil {
		t.Fatal(err)
	}
	known = f.slots(pair, database)
	slots, codes := map[string]int{}, map[string]int{}
	text, err := os.ReadFile(f.logins)
	if err != nil {
		t.Fatal(err)
	}
	doubled, reused, unknown := 0, 0, 0
	for line := range strings.Lines(string(text)) {
		var slot, account, step string
		if _, err := fmt.Sscan(line, &slot, &account, &step); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		slots[slot]++
		codes[account+" "+step]++
		doubled += min(slots[slot]-1, 1)
		reused += min(codes[account+" "+step]-1, 1)
		i, err := strconv.Atoi(slot)
		if err != nil {
			t.Fatal(err)
		}
		if reason, decided := known[nameOf(i)]; !decided || reason != "" {
			unknown++
		}
	}
	fate, doubtful := pair.Slots(database, ""), 0
	pair.Value(database, "SELECT count(*) FROM loginwatch.slot WHERE reason = 'store'", &doubtful)
	t.Logf("the vendor saw %d logins: %d doubled, %d codes used again, %d of slots that the store has not granted", len(slots), doubled, reused, unknown)
	t.Logf("planned %d = executed %d + skipped %d (%d of them since nobody acknowledged them) + lost %d", fate.Planned, fate.Executed, fate.Skipped, doubtful, fate.Lost)
	if doubled+reused+unknown > 0 {
		t.Error("a login too many")
	}
	if fate.Planned != replicaSlots || !fate.Add() || fate.Open != 0 || fate.Lost != len(lost) || fate.Executed > len(slots) || fate.Executed < replicaSlots/10 {
		t.Errorf("the figures don't agree: %+v; %d were told as lost", fate, len(lost))
	}
}

func nameOf(i int) string {
	s := slotNumber(i).Slot
	return fmt.Sprint(s.Probe, " ", s.Due.UnixNano())
}

// slots gives why each slot was not granted, "" for one that was.
func (f *fleet) slots(pair *pgtest.Pair, database string) map[string]string {
	var names, reasons []string
	pair.Value(database, `SELECT array_agg(probe || ' ' || due ORDER BY slot.id) FROM loginwatch.slot JOIN loginwatch.job ON job.id = job`, &names)
	pair.Value(database, `SELECT array_agg(reason ORDER BY slot.id) FROM loginwatch.slot JOIN loginwatch.job ON job.id = job`, &reasons)
	known := map[string]string{}
	for i, name := range names {
		known[name] = reasons[i]
	}
	return known
}
