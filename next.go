package loginwatch

import "time"

// NextStanding is what became of a secret that is configured beside the current one, to
// take its place. The list is closed.
type NextStanding string

// The standings. Of what has ended nothing more is tried.
const (
	NextWaiting   NextStanding = "waiting"    // a login will try it
	NextTakenOver NextStanding = "taken-over" // it was accepted, and every login uses it
	NextRefused   NextStanding = "refused"    // it was, or may have been, refused; the current one goes on
	NextUndecided NextStanding = "undecided"  // it was tried as often as may be, and no answer said anything of it; the current one goes on
)

// NextStandings are all of them.
var NextStandings = []NextStanding{NextWaiting, NextTakenOver, NextRefused, NextUndecided}

// NextState is how the secret stands that is to come.
type NextState struct {
	Standing NextStanding // "" when there is none
	Digest   string       // of the credential that it makes
	Refusal  Refusal      // of one that was refused
	Since    time.Time    // when it was tried last; zero when it was not yet
	Again    time.Time    // of one that waits: when it is tried at the earliest; zero for the next login
}
