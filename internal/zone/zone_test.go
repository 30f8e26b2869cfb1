package zone

import (
	"testing"
	"time"
)

// One always comes further, and the offset is the same up to there; a clock that is never
// put forward or back has no such instant.
func TestUntil(t *testing.T) {
	for name, changes := range map[string]bool{
		"UTC": false, "Asia/Kolkata": false, "Europe/Berlin": true, "America/New_York": true, "America/Santiago": true, "Australia/Lord_Howe": true,
	} {
		in, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Date(2026, time.January, 2, 0, 0, 0, 0, in)
		if !changes {
			if until := Until(begin); !until.IsZero() {
				t.Errorf("%s: %v", name, until)
			}
			continue
		}
		for at := begin; at.Year() < 2062; {
			until := Until(at)
			if !until.After(at) {
				t.Fatalf("%s: the clock after %v goes on until %v", name, at, until)
			}
			_, offset := at.Zone()
			for at = at.Add(time.Hour); at.Before(until); at = at.Add(time.Hour) {
				if _, now := at.Zone(); now != offset {
					t.Fatalf("%s: the clock is put from %d to %d s before %v, at %v", name, offset, now, until, at)
				}
			}
			at = until
		}
	}
}
