package sla

import (
	"testing"
	"time"
)

// A window goes by the zone's own clock, also on a day on which the clocks change, at
// midnight too; and so do a month and the day up to which a claim is made.
func TestClocksChange(t *testing.T) {
	const hour = time.Hour
	for _, tt := range []struct {
		zone, day string
		from, to  time.Duration
		want      []string
	}{
		{"America/New_York", "2026-03-08", 2 * hour, 4 * hour, []string{"07:00 08:00"}}, // no 02:00
		{"America/New_York", "2026-03-08", 1 * hour, 2*hour + hour/2, []string{"06:00 07:00"}},
		{"America/New_York", "2026-03-08", 2*hour + hour/4, 2*hour + hour/2, nil},
		{"America/New_York", "2026-11-01", 1 * hour, 1*hour + hour/2, []string{"05:00 05:30", "06:00 06:30"}}, // 01:00 twice
		{"Europe/Berlin", "2026-03-29", 2 * hour, 4 * hour, []string{"01:00 02:00"}},
		{"America/Santiago", "2026-09-06", 0, 2 * hour, []string{"04:00 05:00"}}, // no midnight
		{"America/Santiago", "2026-09-05", 23 * hour, 24 * hour, []string{"03:00 04:00"}},
		{"Asia/Kolkata", "2026-03-08", 2 * hour, 4 * hour, []string{"20:30 22:30"}},
	} {
		loc := zone(t, tt.zone)
		day, err := time.ParseInLocation(time.DateOnly, tt.day, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		w := Window{Weekdays: []time.Weekday{day.Weekday()}, From: tt.from, To: tt.to}
		var got []string
		for _, p := range w.within(day.AddDate(0, 0, -2), day.AddDate(0, 0, 3), loc) {
			got = append(got, p[0].UTC().Format("15:04 ")+p[1].UTC().Format("15:04"))
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s %s %s: %v, want %v", tt.zone, tt.day, tt.from, got, tt.want)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("%s %s %s: %v, want %v", tt.zone, tt.day, tt.from, got, tt.want)
			}
		}
	}
	for _, tt := range []struct{ zone, month, from, ends string }{
		{"Asia/Kolkata", "2026-11", "2026-10-31T18:30:00Z", "2026-11-30T18:30:00Z"},
		{"America/Havana", "2026-11", "2026-11-01T04:00:00Z", "2026-12-01T05:00:00Z"},   // midnight twice
		{"America/Asuncion", "2017-10", "2017-10-01T04:00:00Z", "2017-11-01T03:00:00Z"}, // and never
	} {
		c := &Clause{Zone: zone(t, tt.zone), Days: 1}
		from, ends, err := c.Month(tt.month)
		if err != nil || from.UTC().Format(time.RFC3339) != tt.from || ends.UTC().Format(time.RFC3339) != tt.ends {
			t.Errorf("%s %s: %s to %s, %v", tt.zone, tt.month, from.UTC(), ends.UTC(), err)
		}
	}
	d := &Dossier{Clause: &Clause{Zone: zone(t, "America/Santiago"), Days: 5}, Ends: begins(2026, time.September, 1, zone(t, "America/Santiago"))}
	if got := d.Deadline().UTC().Format(time.RFC3339); got != "2026-09-06T04:00:00Z" {
		t.Error(got)
	}
}
