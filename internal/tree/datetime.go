package tree

import (
	"regexp"
	"strings"
	"time"
)

var (
	fullDate = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	fullTime = regexp.MustCompile(`^([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(\.\d+)?([zZ]|[+-]([01]\d|2[0-3]):[0-5]\d)$`)
)

// DateTime reads a date-time of RFC 3339: with T and Z in either letter case (5.6)
// and with leap seconds, which are 23:59:60 in UTC (5.7). Such a second is the first
// one of the next day, as in POSIX. ok is false for anything else, also for what
// [time.Parse] reads besides, such as a comma before the fraction.
func DateTime(text string) (t time.Time, ok bool) {
	if len(text) < len("2006-01-02T15:04:05Z") || text[10] != 'T' && text[10] != 't' {
		return time.Time{}, false
	}
	day, clock := text[:10], text[11:]
	if !fullDate.MatchString(day) || !fullTime.MatchString(clock) {
		return time.Time{}, false
	}
	leap := clock[6:8] == "60"
	if leap {
		clock = clock[:6] + "59" + clock[8:]
	}
	t, err := time.Parse(time.RFC3339, day+"T"+strings.ToUpper(clock))
	if err != nil || !leap {
		return t, err == nil
	}
	if utc := t.UTC(); utc.Hour() != 23 || utc.Minute() != 59 {
		return time.Time{}, false
	}
	return t.Add(time.Second), true
}

// Date tells whether a text is a full-date of RFC 3339, of a day that there is.
func Date(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil && fullDate.MatchString(text)
}
