package history

import (
	"time"

	"github.com/loginwatch/loginwatch"
)

// Claimed is a slot that somebody claimed, and what became of it as far as the ledger
// knows.
type Claimed struct {
	loginwatch.Slot

	At     time.Time // when it was claimed
	State  State
	Reason loginwatch.Reason // why it was not granted
	Ended  time.Time         // zero while that is not known
	Lost   time.Time         // when it was told as lost; zero when it was not
}

// State is what became of a slot.
type State string

// What becomes of slots: each is in one of these.
const (
	Executed   State = "executed"
	NotRun     State = "skipped"
	LostRun    State = "lost"
	StillToEnd State = "open"
)

// Span is what an hour or a day was counted to, of one job.
type Span struct {
	*Totals

	Since time.Time
	Of    time.Duration
}

// Sink takes what is in a store, one thing after the other.
type Sink interface {
	Job(loginwatch.Key) error
	Slot(Claimed) error
	// Line takes what came of a slot of which no more is known.
	Line(Entry) error
	Run(*Record) error
	Total(Span) error
	Credential(loginwatch.CredentialState) error
}
