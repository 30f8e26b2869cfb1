package app

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
)

// narrator tells a person in front of simulators what changed.
type narrator struct {
	mu   sync.Mutex
	out  io.Writer
	last map[string]string
}

// RecordPlanned implements [loginwatch.Recorder].
func (n *narrator) RecordPlanned(context.Context, loginwatch.Slot) error { return nil }

// RecordRun implements [loginwatch.Recorder].
func (n *narrator) RecordRun(_ context.Context, run *loginwatch.Run) error {
	text := string(run.Verdict)
	if run.Reason != "" {
		text += " (" + string(run.Reason) + ")"
	}
	n.tell(run.Vendor+"/"+run.Probe, text, fmt.Sprintf("%.1f ms", float64(run.Duration.Microseconds())/1000))
	return nil
}

// RecordSkip implements [loginwatch.Recorder].
func (n *narrator) RecordSkip(_ context.Context, s loginwatch.SkippedSlot) error {
	if s.Reason != loginwatch.ReasonShutdown {
		n.tell(s.Vendor+"/"+s.Probe, "skipped ("+string(s.Reason)+")", "")
	}
	return nil
}

func (n *narrator) tell(who, what, more string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.last[who] == what {
		return
	}
	n.last[who] = what
	fmt.Fprintf(n.out, "  %s  %-30s %-24s %s\n", time.Now().Format(time.TimeOnly), who, what, more)
}
