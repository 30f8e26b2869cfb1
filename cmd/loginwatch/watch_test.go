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

func (v *verdictCount) RecordPlanned(context.Context, loginwatch.Slot) error { return nil }

func (v *verdictCount) RecordRun(_ context.Context, r *loginwatch.Run) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if r.Verdict == loginwatch.OK {
		v.ok++
	} else {
		v.other++
	}
	return nil
}

func (v *verdictCount) RecordSkip(context.Context, loginwatch.SkippedSlot) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.skipped++
	return nil
}
