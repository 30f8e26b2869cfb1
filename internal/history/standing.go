package history

import (
	"cmp"
	"context"
	"slices"

	"github.com/loginwatch/loginwatch"
)

// LookBack is how many slots of a job its [loginwatch.Standing] is made of, at most: a
// week of a login every five minutes. A row of failures that is longer counts so many.
const LookBack = 2_000

// Run gives what an entry alone knows of its run.
func (e Entry) run() *loginwatch.Run {
	return &loginwatch.Run{Key: e.Key, ID: e.Run, Due: e.Due, Started: e.At, Verdict: e.Verdict, Reason: e.Reason, Duration: e.Latency}
}

// RunOf gives the run of an entry: with all that was written down of it where that is
// kept, else with what the entry itself knows.
func RunOf(e Entry, shared, own []byte) (*loginwatch.Run, error) {
	if own == nil {
		return e.run(), nil
	}
	record, err := Unpack(e, shared, own)
	if err != nil {
		return nil, err
	}
	return record.Run, nil
}

// Standings implements [Reader].
func (h *Ring) Standings(_ context.Context, keys []loginwatch.Key) ([]loginwatch.Standing, error) {
	var all []loginwatch.Standing
	jobs, of := h.byJob(Query{})
	for _, k := range jobs {
		if len(keys) > 0 && !slices.Contains(keys, k) {
			continue
		}
		es := of[k]
		all = append(all, h.standing(es[max(len(es)-LookBack, 0):]))
	}
	return all, nil
}

// standing looks at a job's slots, the newest first.
func (h *Ring) standing(es []Entry) loginwatch.Standing {
	s := loginwatch.Standing{Key: es[0].Key, Told: es[len(es)-1].Due}
	var last, answered, fine, ended bool
	for _, e := range slices.Backward(es) {
		if e.Verdict == loginwatch.Skipped {
			continue
		}
		isAnswered := e.Verdict == loginwatch.OK || e.Verdict == loginwatch.Drift
		if !last || isAnswered && !answered || e.Verdict == loginwatch.OK && !fine {
			s.Runs = append(s.Runs, h.runOf(e))
		}
		last, answered, fine = true, answered || isAnswered, fine || e.Verdict == loginwatch.OK
		if !Tells(e.Verdict) || ended {
			continue
		}
		fails := slices.Contains(loginwatch.FailingVerdicts, e.Verdict)
		if ended = !fails || e.Verdict != cmp.Or(s.Failing, e.Verdict); !ended {
			s.Failing = e.Verdict
			s.Row++
		}
	}
	slices.Reverse(s.Runs)
	return s
}

func (h *Ring) runOf(e Entry) *loginwatch.Run {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.runs[e.Run]; r != nil {
		return r.Run
	}
	return e.run()
}
