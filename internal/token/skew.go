package token

import (
	"time"

	"github.com/loginwatch/loginwatch"
)

// skewLimit is the difference between two clocks that is worth telling.
const skewLimit = 30 * time.Second

// Skew is the vendor's clock (its Date header) minus ours: positive when the
// vendor is ahead. Date counts whole seconds (RFC 9110, 5.6.7) and is set
// before the answer travels, so a second or two behind means nothing. Above
// 30 s either way there is a finding; it is tolerated, because nobody can tell
// from here which of the two clocks is wrong. Its Contract and Quote are left
// to the caller. The skew is 0 when there was no Date.
func Skew(server, now time.Time) (skew time.Duration, finding *loginwatch.Finding) {
	if server.IsZero() {
		return 0, nil
	}
	skew = server.Sub(now)
	if skew.Abs() <= skewLimit {
		return skew, nil
	}
	got := span(skew.Abs()) + " ahead of ours: one of the two clocks is wrong"
	if skew < 0 {
		got = span(skew.Abs()) + " behind ours: one of the two clocks is wrong"
	}
	return skew, &loginwatch.Finding{
		Class: loginwatch.Tolerated, Kind: loginwatch.KindClockSkew,
		Documented: "a Date within " + span(skewLimit) + " of our clock", Got: got,
	}
}
