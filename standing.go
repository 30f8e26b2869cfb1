package loginwatch

import "time"

// Standing is how a login stands by what was written down of its latest slots, whoever
// ran them: what a daemon has to know to go on as if it had been there all the time.
type Standing struct {
	Key
	Told    time.Time // due time of the newest slot of which anything is told
	Failing Verdict   // the failing verdict that its latest runs ended with, one after the other; "" when they did not
	Row     int       // how many of them did, as far back as was looked
	// Runs are those that say how it stands, oldest first: the newest of all, the newest
	// that was answered, and the newest that was ok, as far as there are such.
	Runs []*Run
}

// FailingVerdicts fail a login and are the vendor's: what is refused or throttled has
// limits of its own.
var FailingVerdicts = []Verdict{Unavailable, Drift}
