package main

import (
	"context"
	"sync"

	"github.com/loginwatch/loginwatch"
)

// verdictCount counts what a recorder sees.
type verdictCount struct {
	mu        sync.Mutex
	ok, other int
	skipped   int
}

func (v *verdictCount) RecordRun(_ context.Context, r *loginwatch.Run) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if r.Verdict == loginwatch.OK {
		v.ok++
	} else {
		v.other++
	}
}

func (v *verdictCount) RecordSkip(context.Context, loginwatch.Slot, loginwatch.Reason) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.skipped++
}
