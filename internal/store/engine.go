package store

import (
	"context"
	"time"

	"github.com/loginwatch/loginwatch"
)

// engine keeps what is known of credentials, addresses and limits, and who has which
// slot. Each call is one step: no other one sees half of it, and an error means that
// nothing of it was kept.
type engine interface {
	// claim takes a slot and has it decided on what the page says, with the number of
	// the ticket that it would be. What decide changes on the page is kept, and the
	// ticket where it is granted. A number of 0 says that somebody had the slot before:
	// then nothing is kept.
	claim(ctx context.Context, slot loginwatch.Slot, t ticket, decide func(p *page, id int64) loginwatch.Admission) error
	// book keeps what change changes on the page of a ticket that is open, and then takes it
	// away if that settles it; of one that is not open nothing is changed.
	book(ctx context.Context, id int64, settles bool, change func(t ticket, p *page)) error
	// lost gives those of the jobs that are mine whose granted runs can't be under way any
	// more and were never settled, each once.
	lost(ctx context.Context, now time.Time, mine func(loginwatch.Key) bool) ([]loginwatch.Slot, error)
	// resume has change change the credential that a name stands for now; known is false
	// when it stands for none.
	resume(ctx context.Context, name string, change func(*credential)) (known bool, err error)
	// alter has change change the text of a kind that is kept under a key, "" for none,
	// until a time.
	alter(ctx context.Context, kind, key string, until time.Time, change func(text string) (string, error)) error
	// texts gives the texts of a kind by their keys; those under one key where one is given.
	texts(ctx context.Context, kind, key string) (map[string]string, error)
	// credentials gives copies of what is known of the credentials in use, by name.
	credentials(ctx context.Context) (map[string]*credential, error)
	// forget drops what can no longer change an answer.
	forget(ctx context.Context, now time.Time, b Budget) error
	// past gives the history beside it.
	past() Past
	// end lets go of what the engine holds, once everything is kept.
	end() error
}

// page is what a claim is decided on, and what it and its settlement change.
type page struct {
	credential *credential // nil when the run sends none
	next       *credential // that is to take its place; nil for none
	blocked    time.Time   // until when the vendor asked everybody at the address to wait
	windows    []*window   // of the claim's limits, in their order
	usage      *usage      // of the claim's quota; nil when it has none
	wait       twice       // blocked, while it is read by a clock
}

// ticket says which page a run belongs to.
type ticket struct {
	At         time.Time     // when it was admitted
	Held       time.Duration // how long its run counts as under way
	Target     target
	Credential loginwatch.Credential
	Next       loginwatch.Credential `json:",omitzero"` // that is to take its place
	Operations []operation
	Quota      bool // its run counts against one
}

// target is what a vendor's waits and limits hold for.
type target struct{ Vendor, Address string }

func targetOf(c loginwatch.Claim) target {
	if c.Address != "" {
		return target{c.Slot.Vendor, c.Address}
	}
	return target{c.Slot.Vendor, "target " + c.Slot.Target}
}

// budgetKey is what a budget belongs to: the digest of a credential's values,
// or its name while none is known.
type budgetKey struct{ digest, name string }

func budgetOf(c loginwatch.Credential) budgetKey {
	if c.Digest != "" {
		return budgetKey{digest: c.Digest}
	}
	return budgetKey{name: c.Name}
}

func ticketOf(c loginwatch.Claim) ticket {
	t := ticket{At: c.At, Held: held(c), Target: targetOf(c), Credential: c.Credential, Quota: c.Quota != nil}
	if c.Next.Digest != "" && c.Next.Digest != c.Credential.Digest && c.Credential.Digest != "" {
		t.Next = c.Next
	}
	for _, l := range c.Limits {
		t.Operations = append(t.Operations, operation{Target: t.Target, ID: l.Operation, Whose: l.Account})
	}
	return t
}
