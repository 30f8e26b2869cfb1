// Package zone has what the rooms that reckon with instants and with the clocks of time
// zones have in common. It knows nothing of what they reckon.
package zone

import "time"

// Until gives an instant after another one up to which the clock of its zone is not put
// forward or back, mostly that at which it is; zero where it never is again.
//
// In Go 1.26 [time.Time.ZoneBounds] gives the last hours of leap years after 2037 an end
// that has passed: whoever goes on from there goes on for ever.
func Until(at time.Time) time.Time {
	_, ends := at.ZoneBounds()
	if !ends.IsZero() && !ends.After(at) {
		return at.AddDate(0, 0, 1)
	}
	return ends
}

// Later is the later one of two instants.
func Later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Earlier is the earlier one of two instants.
func Earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
