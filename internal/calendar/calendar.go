// Package calendar reads iCalendar files (RFC 5545) of times in which something is on: which
// events a file has, when they come again, and which of those are left out.
//
// A file may come from anybody: its size, its lines, its events and how often they come again
// are bounded, and what is not understood is a problem with its place, never left out.
package calendar

import (
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch/internal/zone"
)

// Calendar is what a file says. It is safe for concurrent use.
type Calendar struct {
	events []*event

	mu    sync.Mutex
	years map[int][][2]time.Time // what begins in a year in UTC, in order and without overlaps
}

// keptYears is of how many years a calendar keeps what is on.
const keptYears = 8

// Stretches gives the times that something is on, in order, as far as a period from one
// instant up to another one has a part in them. Those that overlap are one.
func (c *Calendar) Stretches(from, to time.Time) (all [][2]time.Time) {
	// What was on when the period began may have begun in the year before.
	for year := from.Add(-Longest).UTC().Year(); year <= to.UTC().Year(); year++ {
		of := c.year(year)
		first := sort.Search(len(of), func(i int) bool { return of[i][1].After(from) })
		for _, s := range of[first:] {
			if !s[0].Before(to) {
				break
			}
			all = joined(all, s)
		}
	}
	return all
}

func (c *Calendar) year(year int) [][2]time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if all, ok := c.years[year]; ok {
		return all
	}
	from := time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC)
	var all [][2]time.Time
	for _, e := range c.events {
		found, _ := e.stretches(from, from.AddDate(1, 0, 0))
		all = append(all, found...)
	}
	if len(c.years) >= keptYears {
		clear(c.years)
	}
	slices.SortFunc(all, func(a, b [2]time.Time) int { return a[0].Compare(b[0]) })
	var of [][2]time.Time
	for _, s := range all {
		of = joined(of, s)
	}
	c.years[year] = of
	return of
}

// Last is when the last event is over; ok is false where one comes again without an end.
func (c *Calendar) Last() (last time.Time, ok bool) {
	for _, e := range c.events {
		if e.rule != nil && e.rule.Count == 0 && e.rule.Until.IsZero() {
			return time.Time{}, false
		}
		found, _ := e.stretches(earliest, latest)
		for _, s := range found {
			last = zone.Later(last, s[1])
		}
	}
	return last, true
}

// joined adds to times in order one that does not begin before them.
func joined(all [][2]time.Time, s [2]time.Time) [][2]time.Time {
	if n := len(all) - 1; n >= 0 && !all[n][1].Before(s[0]) {
		all[n][1] = zone.Later(all[n][1], s[1])
		return all
	}
	return append(all, s)
}
