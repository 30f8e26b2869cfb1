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
	Admit(ctx context.Context, claim Claim) (Admission, error)
	// Settle books what the run that Admit granted brought.
	Settle(ctx context.Context, claim Claim, result Settlement) error
	// Credentials tells the state of every credential seen so far, by name.
	Credentials(ctx context.Context, now time.Time) ([]CredentialState, error)
}

// Claim is a run that wants to start.
type Claim struct {
	Slot       Slot
	Credential string      // "" when the run sends none
	Address    string      // the target's base URL: waits and limits hold for all targets there; "" is the slot's target alone
	Limits     []RateLimit // one entry for each request that has a documented limit
	At         time.Time
}

// Admission is the answer to a claim.
type Admission struct {
	Granted bool
	Reason  Reason    // why not: suspended, overlap, retry-after or rate-limit
	Until   time.Time // when it is worth asking again
}

// Settlement is what a run brought, as far as the ledger cares.
type Settlement struct {
	At         time.Time
	Refused    bool          // the credential was, or may have been, refused
	Accepted   bool          // the credential was accepted
	Throttled  bool          // the vendor limited the rate
	RetryAfter time.Duration // what the vendor asked for; 0 when nothing
}

// CredentialState is what a budget has left.
type CredentialState struct {
	Credential string
	Remaining  int       // rejections left before it cools down
	Suspended  bool      // until a login with it is accepted
	Until      time.Time // end of the cool-down; zero when it may be sent, be it as the one trial of a suspended one
}
