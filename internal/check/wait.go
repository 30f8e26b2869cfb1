package check

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfterLimit keeps a vendor's mistake from silencing a probe for good.
const retryAfterLimit = 24 * time.Hour

// serverTime reads the Date header; zero when there is none that can be read.
func serverTime(h http.Header) time.Time {
	t, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}

// retryAfter reads RFC 9110, 10.2.3: seconds or a date. A date counts from the
// vendor's own clock when the answer has one.
func retryAfter(h http.Header, server, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	var wait time.Duration
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if errors.Is(err, strconv.ErrRange) {
		wait = retryAfterLimit
	} else if at, err := http.ParseTime(value); err == nil {
		if server.IsZero() {
			server = now
		}
		wait = at.Sub(server)
	}
	return min(max(wait, 0), retryAfterLimit)
}
