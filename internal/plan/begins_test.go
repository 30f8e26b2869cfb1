package plan

import (
	"testing"
	"time"
)

// A schedule's begins on days on which a zone's clock changes: what it leaves out begins
// as it goes forward, and what it shows twice begins twice.
func TestBegins(t *testing.T) {
	for _, tt := range []struct{ expr, after, want string }{
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"}, // there is no 02:30
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"},
		{"CRON_TZ=Europe/Berlin 0 3 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"}, // it comes again
		{"CRON_TZ=America/Santiago 0 0 * * *", "2026-09-05T12:00:00Z", "2026-09-06T04:00:00Z"},
		{"CRON_TZ=America/New_York 30 2 8 3 *", "2026-01-01T00:00:00Z", "2026-03-08T07:00:00Z"},    // never again else in that year
		{"CRON_TZ=Australia/Lord_Howe 15 2 * * *", "2026-10-03T00:00:00Z", "2026-10-03T15:30:00Z"}, // half an hour is left out
		{"CRON_TZ=Europe/Berlin 30 2 1 1 *", "2040-12-30T00:00:00Z", "2041-01-01T01:30:00Z"},
		{"CRON_TZ=Asia/Kolkata 0 2 * * sun", "2026-11-27T00:00:00Z", "2026-11-28T20:30:00Z"},
		{"0 2 * * sun", "2026-11-27T00:00:00Z", "2026-11-29T02:00:00Z"},
		{"@every 6h", "2026-11-27T01:00:00Z", "2026-11-27T06:00:00Z"},
	} {
		b, err := ParseBegins(tt.expr)
		if err != nil {
			t.Fatal(err)
		}
		after, err := time.Parse(time.RFC3339, tt.after)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Next(after).Format(time.RFC3339); got != tt.want {
			t.Errorf("%s after %s: %s, want %s", tt.expr, tt.after, got, tt.want)
		}
	}
}
