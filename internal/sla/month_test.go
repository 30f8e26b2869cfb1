package sla

import (
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/window"
)

// A month, and the day up to which a claim is made, go by the zone's own clock, also where
// it has no midnight, or two.
func TestMonthWithoutMidnight(t *testing.T) {
	for _, tt := range []struct{ zone, month, from, ends string }{
		{"Asia/Kolkata", "2026-11", "2026-10-31T18:30:00Z", "2026-11-30T18:30:00Z"},
		{"America/Havana", "2026-11", "2026-11-01T04:00:00Z", "2026-12-01T05:00:00Z"},   // midnight twice
		{"America/Asuncion", "2017-10", "2017-10-01T04:00:00Z", "2017-11-01T03:00:00Z"}, // and never
	} {
		c := &Clause{Zone: location(t, tt.zone), Days: 1}
		from, ends, err := c.Month(tt.month)
		if err != nil || from.UTC().Format(time.RFC3339) != tt.from || ends.UTC().Format(time.RFC3339) != tt.ends {
			t.Errorf("%s %s: %s to %s, %v", tt.zone, tt.month, from.UTC(), ends.UTC(), err)
		}
	}
	d := &Dossier{Clause: &Clause{Zone: location(t, "America/Santiago"), Days: 5}, Ends: window.DayBegins(2026, time.September, 1, location(t, "America/Santiago"))}
	if got := d.Deadline().UTC().Format(time.RFC3339); got != "2026-09-06T04:00:00Z" {
		t.Error(got)
	}
}
