package main

import (
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// mostAtOnce is by how much the CPU of a run may grow when many are under way at once.
const mostAtOnce = 1.3

// TestFiguresConcurrency prints how many full runs a second of CPU is enough for, with so
// many under way at once, and how many a bare net/http loop does: the two alternate in this
// process, against a vendor in another one. What is judged is that a run costs no more beside others:
// whatever all wait for, a lock or a list, would show there.
//
// Only "make bench", which sets FIGURES, judges the figures.
func TestFiguresConcurrency(t *testing.T) {
	judged := os.Getenv("FIGURES") != ""
	runs, rounds := 64, 1
	if judged {
		runs, rounds = 320, 3
	}
	for _, encrypted := range []bool{false, true} {
		ca, name := filepath.Join(t.TempDir(), "ca.pem"), "plain HTTP"
		var args []string
		if encrypted {
			args, name = []string{ca}, "TLS"
		}
		base := vendorProcess(t, args...)
		full, bare := fullRuns(t, base, ca, encrypted, 64), bareLoop(t, base, ca, encrypted)
		full(0)
		alone := time.Duration(0)
		for _, many := range []int{1, 8, 64} {
			best, loop := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			for round := 0; round < rounds || judged && alone > 0 && float64(best) > mostAtOnce*float64(alone) && round < 3*rounds; round++ {
				best = min(best, cpu(func() { atOnce(many, runs, full) }, 1)/time.Duration(runs))
				loop = min(loop, cpu(func() { atOnce(many, runs, func(int) { bare() }) }, 1)/time.Duration(runs))
			}
			if many == 1 {
				alone = best
			}
			t.Logf("%s, %d at once: %.0f full runs for a second of CPU, %.0f of a bare loop: %.2f times its CPU, %.2f times that of one at a time",
				name, many, 1/best.Seconds(), 1/loop.Seconds(), float64(best)/float64(loop), float64(best)/float64(alone))
			if judged && float64(best) > mostAtOnce*float64(alone) {
				t.Errorf("with %d at once a run takes %.2f times the CPU, want at most %.1f", many, float64(best)/float64(alone), mostAtOnce)
			}
		}
	}
}

// atOnce calls f so often, many at once, each with a number of its own.
func atOnce(many, calls int, f func(i int)) {
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			for range calls / many {
				f(i)
			}
		})
	}
	all.Wait()
}
