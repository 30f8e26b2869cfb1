package check

import (
	"errors"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// retryAfterLimit keeps a vendor's mistake from silencing a probe for good.
const retryAfterLimit = 24 * time.Hour

// serverTime is the vendor's clock when the answer was handed over, by its Date
// header; a cache says by Age how long it kept it (RFC 9111, 5.1). Zero when
// there is none that can be read.
func serverTime(h http.Header) time.Time {
	t, err := httpDate(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	if age, err := strconv.ParseUint(strings.TrimSpace(h.Get("Age")), 10, 31); err == nil {
		t = t.Add(time.Duration(age) * time.Second)
	}
	return t
}

// mostWaits are the lines, and the parts of one, that are looked at: proxies add a few.
const mostWaits = 16

// httpDate reads the forms of RFC 9110, 5.6.7, and UTC where GMT is due.
func httpDate(value string) (time.Time, error) {
	value = strings.TrimSpace(value)
	if bare, ok := strings.CutSuffix(value, " UTC"); ok {
		value = bare + " GMT"
	}
	if t, err := http.ParseTime(value); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC1123Z, value)
}

// seconds is a wait in seconds; RFC 9110, 10.2.3 has no fraction, and some send one.
var seconds = regexp.MustCompile(`^[0-9]+(\.[0-9]*)?$`)

// retryAfter is the longest wait that any line of Retry-After asks for (RFC
// 9110, 10.2.3), within the cap. A date counts from the vendor's own clock when
// the answer has one.
func retryAfter(h http.Header, server, now time.Time) time.Duration {
	if server.IsZero() {
		server = now
	}
	var longest time.Duration
	lines := h.Values("Retry-After")
	for _, line := range lines[:min(len(lines), mostWaits)] {
		parts := strings.SplitN(line, ",", mostWaits)
		for i, part := range parts {
			longest = max(longest, wait(part, server))
			if i > 0 { // the comma of a date
				longest = max(longest, wait(parts[i-1]+","+part, server))
			}
		}
	}
	return min(longest, retryAfterLimit)
}

// wait reads one value; 0 when it is none.
func wait(value string, server time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds.MatchString(value) {
		n, err := strconv.ParseFloat(value, 64)
		if errors.Is(err, strconv.ErrRange) || n > retryAfterLimit.Seconds() {
			return retryAfterLimit
		}
		return time.Duration(math.Ceil(n)) * time.Second
	}
	at, err := httpDate(value)
	if err != nil {
		return 0
	}
	return max(at.Sub(server), 0)
}
