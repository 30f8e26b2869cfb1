package plan

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

const (
	minEvery = time.Second
	maxEvery = 366 * 24 * time.Hour
)

// Schedule says when a probe is due. The zero value is never due; [Parse] gives
// the others. Instants are UTC: where a time zone repeats an hour there are two
// slots, where it leaves one out there is none.
type Schedule struct {
	expr     string
	source   cron.Schedule
	interval time.Duration
}

// Parse reads a cron expression of five fields (minute, hour, day of month,
// month, day of week), or six with seconds first, a descriptor such as @hourly,
// or "@every DURATION". Times are UTC unless the expression starts with
// "CRON_TZ=ZONE ".
//
// "@every" counts from the Unix epoch and not from the start of the process, so
// that restarts and several instances agree on the slots; it takes no time zone
// and at least one second. An expression that can never be due is an error, as is
// whatever robfig/cron would read as something else than it says: empty list
// items, steps wider than their field, negative durations. Errors name the field
// and the mistake.
func Parse(expr string) (Schedule, error) {
	s := Schedule{expr: strings.Join(strings.Fields(expr), " ")}
	text, zone, err := cutZone(s.expr)
	if err != nil {
		return Schedule{}, err
	}
	if d, ok, err := parseEvery(text); err != nil {
		return Schedule{}, err
	} else if ok {
		if text != s.expr {
			return Schedule{}, fmt.Errorf("schedule %q: @every counts from the Unix epoch and takes no time zone", s.expr)
		}
		s.source, s.interval = every(d), d
		return s, nil
	}
	if err := checkFields(text); err != nil {
		return Schedule{}, err
	}
	parsed, err := parser.Parse(text)
	if err != nil {
		return Schedule{}, fmt.Errorf("schedule %q: %w", text, err)
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return Schedule{}, fmt.Errorf("schedule %q: unexpected form", text)
	}
	if s.interval = smallestGap(*spec); s.interval == 0 {
		return Schedule{}, fmt.Errorf("schedule %q is never due: none of its months has such a day", text)
	}
	spec.Location = zone
	s.source = spec
	return s, nil
}

var parser = cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom |
	cron.Month | cron.Dow | cron.Descriptor)

// String is the expression with its white space made even.
func (s Schedule) String() string { return s.expr }

// IsZero tells whether the schedule was never parsed.
func (s Schedule) IsZero() bool { return s.source == nil }

// Interval is the smallest gap between two due times, daylight saving time left
// aside. It does not depend on when it is asked for.
func (s Schedule) Interval() time.Duration { return s.interval }

// Count is how often it is due from an instant up to another one.
func (s Schedule) Count(from, to time.Time) int {
	if _, even := s.source.(every); even {
		first := s.Next(from.Add(-1))
		return max(0, int((to.Sub(first)+s.interval-1)/s.interval))
	}
	n := 0
	for due := s.Next(from.Add(-1)); !due.IsZero() && due.Before(to); due = s.Next(due) {
		n++
	}
	return n
}

// Next is the first due time after t, in UTC; zero when there is none within
// five years.
func (s Schedule) Next(t time.Time) time.Time {
	if s.source == nil {
		return time.Time{}
	}
	next := s.source.Next(t.UTC().Round(0))
	if next.IsZero() {
		return next
	}
	return next.UTC()
}

// cutZone takes "CRON_TZ=ZONE " off the front. cron's parser would panic when
// nothing follows the zone.
func cutZone(expr string) (rest string, zone *time.Location, err error) {
	if expr == "" {
		return "", nil, errors.New("schedule is empty")
	}
	if first, _, _ := strings.Cut(expr, "="); first != "CRON_TZ" && (strings.EqualFold(first, "CRON_TZ") || strings.EqualFold(first, "TZ")) {
		return "", nil, fmt.Errorf("schedule %q: write CRON_TZ= instead of %s=", expr, first)
	}
	after, ok := strings.CutPrefix(expr, "CRON_TZ=")
	if !ok {
		return expr, time.UTC, nil
	}
	name, rest, _ := strings.Cut(after, " ")
	if rest = strings.TrimSpace(rest); rest == "" {
		return "", nil, fmt.Errorf("schedule %q: nothing follows the time zone", expr)
	}
	if name == "" || name == "Local" {
		return "", nil, fmt.Errorf("schedule %q: name a time zone such as Europe/Berlin", expr)
	}
	zone, err = time.LoadLocation(name)
	if err != nil {
		return "", nil, fmt.Errorf("schedule %q: unknown time zone %q", expr, name)
	}
	return rest, zone, nil
}

func parseEvery(text string) (time.Duration, bool, error) {
	name, arg, _ := strings.Cut(text, " ")
	if name != "@every" {
		return 0, false, nil
	}
	d, err := time.ParseDuration(arg)
	switch {
	case err != nil:
		return 0, false, fmt.Errorf("schedule %q: %q is not a duration such as 30s or 1h30m", text, arg)
	case d <= 0:
		return 0, false, fmt.Errorf("schedule %q: the duration must be positive", text)
	case d < minEvery:
		return 0, false, fmt.Errorf("schedule %q: the duration must be at least 1s", text)
	case d > maxEvery:
		return 0, false, fmt.Errorf("schedule %q: the duration is longer than a year", text)
	}
	return d, true, nil
}

// every is due at the multiples of a duration since the Unix epoch.
type every time.Duration

func (e every) Next(t time.Time) time.Time {
	d := time.Duration(e)
	// Truncate counts from year 1; the epoch makes the slots of "@every 24h"
	// fall on midnight as well, and those of odd durations predictable.
	sinceEpoch := time.Duration(t.UnixNano())
	floor := sinceEpoch - sinceEpoch%d
	if sinceEpoch < 0 && floor != sinceEpoch {
		floor -= d
	}
	return time.Unix(0, int64(floor+d)).UTC()
}

// smallestGap looks at enough due times to pass every kind of border: more than
// a day of minutes, or five years. It looks from a fixed leap year and in UTC,
// so that neither today's date nor the hour that daylight saving time repeats
// changes the answer. It gives 0 for a schedule that is never due, and five
// years when it is due only once in that time.
func smallestGap(spec cron.SpecSchedule) time.Duration {
	const occurrences = 1500
	spec.Location = time.UTC
	start := time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)
	previous := spec.Next(start.Add(-time.Second))
	if previous.IsZero() {
		return 0
	}
	smallest := 5 * 366 * 24 * time.Hour
	for range occurrences {
		next := spec.Next(previous)
		if next.IsZero() {
			break
		}
		smallest = min(smallest, next.Sub(previous))
		if smallest == time.Second || next.Sub(start) > 5*366*24*time.Hour {
			break
		}
		previous = next
	}
	return smallest
}
