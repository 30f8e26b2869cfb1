package window

import (
	"testing"
	"time"
)

// A window goes by the zone's own clock, also on a day on which the clocks change, at
// midnight too.
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
		{"Europe/Berlin", "2040-12-31", 2 * hour, 4 * hour, []string{"01:00 03:00"}},
		{"Asia/Kolkata", "2026-03-08", 2 * hour, 4 * hour, []string{"20:30 22:30"}},
	} {
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.ParseInLocation(time.DateOnly, tt.day, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		w := Weekly{[]time.Weekday{day.Weekday()}, tt.from, tt.to, zone}
		var got []string
		for _, p := range w.Stretches(day.AddDate(0, 0, -2), day.AddDate(0, 0, 3)) {
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
}
