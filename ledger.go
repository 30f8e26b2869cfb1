package loginwatch

import (
	"context"
	"time"
)

// Ledger remembers what was sent and decides what may be sent next: credential
// budgets, Retry-After and documented rate limits. The daemon asks it before
// every run and tells it what came of it. Implementations are safe for
// concurrent use; an error means that nothing may be sent.
type Ledger interface {
	// Admit decides whether the run may start at claim.At and, when it may,
	// counts its requests against the documented limits.
	Admit(ctx context.Context, claim Claim) (Ticket, error)
	// Settle books what the run of a granted ticket brought, and tells how its
	// credential stands then. Whoever was granted a ticket settles it once, also
	// when nothing came of the run; a ticket that was settled before, or never
	// granted, changes nothing.
	Settle(ctx context.Context, ticket Ticket, result Settlement) (CredentialState, error)
	// Opened notes, while the run of a granted ticket is under way, that its login opened
	// a session, by the fingerprint of its token; "" when none is known. Should nobody tell
	// the run's end, the session is known to be open.
	Opened(ctx context.Context, ticket Ticket, token string) error
	// Lost gives the slots, of jobs that are mine, whose granted runs can't be under way
	// any more and were never settled, as after a crash, each once. None of them is run
	// again.
	Lost(ctx context.Context, now time.Time, mine func(Key) bool) ([]Slot, error)
	// Credentials tells the state of every credential seen so far, by name. Where
	// its secrets have another value than before, it is the state of the value
	// that was claimed last.
	Credentials(ctx context.Context, now time.Time) ([]CredentialState, error)
}

// Credential is what a run logs in with. The name is for people; the budget
// follows the digest, so that another value of the same secrets starts afresh
// and the same values under two names share one budget.
type Credential struct {
	Name string // "" when the run sends none
	// Digest stands for the values of the secrets, in ASCII. It is made with a key that
	// the ledger keeps to itself, and is never shown. "" when no value is known:
	// then the name stands for them.
	Digest string
}

// Claim is a run that wants to start.
type Claim struct {
	Slot       Slot
	Credential Credential
	// Next is the credential that is to take the place of Credential, zero for none: the
	// ledger says with which of the two the run is made. Once a run with it was accepted
	// it is that one; until then one run tries it, and the other one goes on where it was
	// refused.
	Next Credential
	// TriesNext tells that the run sends all that is new of Next, so that it may be the one
	// that tries it.
	TriesNext bool
	Address   string           // the target's base URL: waits and limits hold for all targets there; "" is the slot's target alone
	Limits    []OperationLimit // one entry for each operation that has a limit
	Quota     *Quota           // that the run counts against as one login; nil for none
	At        time.Time
	Longest   time.Duration // that the run can take; 0 when nobody knows
	// Opens tells that the run's login opens a session, which its cleanup closes: of one
	// account one at a time.
	Opens bool
}

// OperationLimit is a documented limit, or that of a one-time code, and what a run
// takes of it. Limits are known by their operation: one that is written at another
// place, or with other figures, goes on counting what was sent before.
type OperationLimit struct {
	Operation string // id, within the slot's vendor; of a one-time code a name that no id can be
	Requests  int    // of the run, at least 1
	Limit     RateLimit
	// Secrets names what the limit follows where it is that of each account and not
	// of all who log in at the address: a one-time code is taken once in its time
	// step (RFC 6238, 5.2), so its seed counts, whatever else a target sends.
	Secrets []string
	// Account is the digest of their values, by which the ledger counts; "" for a
	// limit of the address.
	Account string
}

// Admission is the answer to a claim.
type Admission struct {
	Granted bool
	// Reason says why not: suspended, overlap, retry-after, rate-limit or quota, or elsewhere,
	// when somebody had the slot before.
	Reason Reason
	Until  time.Time // when it is worth asking again; zero when it never is
}

// AdmissionReasons lists the reasons for which a ledger grants no ticket.
var AdmissionReasons = []Reason{
	ReasonSuspended, ReasonOverlap, ReasonRetryAfter, ReasonRateLimit, ReasonQuota, ReasonElsewhere,
}

// Ticket is the answer to a claim: when granted, the permission to send once.
type Ticket struct {
	Admission
	ID         int64           // of a granted ticket, for the ledger that gave it
	Next       bool            // the run is to be made with the claim's next credential
	Credential CredentialState // how the credential stands that is in use; zero when the claim has none
	Quota      QuotaState      // what is used of the claim's quota with this; zero when it has none, or somebody else has the slot
}

// Settlement is what a run brought, as far as the ledger cares. What is neither
// refused nor accepted says nothing of the credential and clears nothing.
type Settlement struct {
	At         time.Time
	Refusal    Refusal       // whether the credential was, or may have been, refused
	Accepted   bool          // the credential was accepted
	Throttled  bool          // the vendor limited the rate
	RetryAfter time.Duration // what the vendor asked for, with whatever answer; 0 when nothing
	Unsent     bool          // nothing was sent, so that nothing counts against a documented limit
	LeftOpen   bool          // the session that was opened could not be closed
}

// CredentialState is what a budget has left.
type CredentialState struct {
	Credential string    // its name
	Remaining  int       // refusals left before it cools down
	Suspended  bool      // until a login with it is accepted
	Refusal    Refusal   // what the suspension rests on: certain when one of its refusals was; none when not suspended
	Until      time.Time // end of the cool-down; zero when it may be sent, be it as the one trial of a suspended one
	Next       NextState // of the one beside it, or that has taken its place
	// LeftOpen are the sessions that were opened with it and, as far as anybody knows,
	// not closed, oldest first: at most the last 20 of 30 days.
	LeftOpen []OpenSession
}

// OpenSession is a session that may still be open.
type OpenSession struct {
	Token string // fingerprint of its token, by the ledger's key; "" when none is known
	Since time.Time
}
