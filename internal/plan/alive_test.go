package plan

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		p := New(l.options())
		replace(t, p, l.job(t, "a", "@every 10s", 0))
		p.Start()
		time.Sleep(time.Hour)
		synctest.Wait()
		if !p.Alive() {
			t.Error("not alive, although every slot is run in time")
		}
		p.clocks[clockOf(p.entries[p.order[0]])].Stop() // from now on nothing wakes it
		time.Sleep(maxLateness)
		if !p.Alive() {
			t.Error("not alive, although no slot is too late yet")
		}
		time.Sleep(time.Minute)
		if p.Alive() {
			t.Error("alive, although slots are due and nothing wakes it")
		}
		stop(t, p)
	})
}
