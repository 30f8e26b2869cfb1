// Package zone says of time zones what the rooms that reckon with their clocks have in
// common. It knows nothing of what they reckon.
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
