package plan

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones that the tests name exist on every machine

	"pgregory.net/rapid"
)

func mustParse(t *testing.T, expr string) Schedule {
	t.Helper()
	s, err := Parse(expr)
	if err != nil {
		t.Fatalf("Parse(%q): %v", expr, err)
	}
	return s
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestNextDueTimes(t *testing.T) {
	tests := []struct {
		expr, from string
		want       []string
	}{
		{"*/5 * * * *", "2026-11-21T10:02:03Z", []string{"2026-11-21T10:05:00Z", "2026-11-21T10:10:00Z"}},
		{"30 0 3 * * *", "2026-11-21T10:02:03Z", []string{"2026-11-22T03:00:30Z"}},
		{"  0   3 * *  * ", "2026-11-21T10:02:03Z", []string{"2026-11-22T03:00:00Z"}},
		{"@hourly", "2026-11-21T10:02:03Z", []string{"2026-11-21T11:00:00Z"}},
		{"0 9 * * mon-fri", "2026-11-20T10:00:00Z", []string{"2026-11-23T09:00:00Z"}},
		{"0 0 29 2 *", "2026-11-21T10:02:03Z", []string{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}},
		{"CRON_TZ=Asia/Kolkata 30 5 * * *", "2026-11-21T10:02:03Z", []string{"2026-11-22T00:00:00Z"}},
		// The given instant's own zone does not matter.
		{"0 3 * * *", "2026-11-21T05:00:00+05:30", []string{"2026-11-21T03:00:00Z"}},
		// The repeated hour gives two slots, the one left out none.
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2026-10-24T12:00:00Z",
			[]string{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"}},
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2026-03-28T12:00:00Z", []string{"2026-03-30T00:30:00Z"}},
		// @every counts from the epoch, not from when it is asked.
		{"@every 2s", "2026-11-21T10:02:03.7Z", []string{"2026-11-21T10:02:04Z", "2026-11-21T10:02:06Z"}},
		{"@every 1500ms", "1970-01-01T00:00:00Z", []string{"1970-01-01T00:00:01.5Z", "1970-01-01T00:00:03Z"}},
		{"@every 100ms", "2026-11-21T10:02:03.7Z", []string{"2026-11-21T10:02:04Z", "2026-11-21T10:02:05Z"}},
		{"@every 24h", "2026-11-21T10:02:03Z", []string{"2026-11-22T00:00:00Z"}},
		{"@every 1h", "1969-12-31T22:30:00Z", []string{"1969-12-31T23:00:00Z", "1970-01-01T00:00:00Z"}},
	}
	for _, tt := range tests {
		s := mustParse(t, tt.expr)
		now := at(t, tt.from)
		for _, want := range tt.want {
			now = s.Next(now)
			if got := now.Format(time.RFC3339Nano); got != want {
				t.Errorf("%q from %s: got %s, want %s", tt.expr, tt.from, got, want)
			}
		}
	}
}

func TestInterval(t *testing.T) {
	tests := map[string]time.Duration{
		"*/5 * * * *":                      5 * time.Minute,
		"*/7 * * * *":                      4 * time.Minute, // 56 to 00
		"*/5 9-17 * * mon-fri":             5 * time.Minute,
		"* * * * *":                        time.Minute,
		"* * * * * *":                      time.Second,
		"59 23,0 * * *":                    time.Hour,
		"0 0 */2 * *":                      24 * time.Hour, // the 31st to the 1st
		"0 3 * * *":                        24 * time.Hour,
		"0,59 0,23 * * *":                  time.Minute,
		"@yearly":                          365 * 24 * time.Hour,
		"0 0 29 2 *":                       (4*365 + 1) * 24 * time.Hour,
		"CRON_TZ=Europe/Berlin 30 2 * * *": 24 * time.Hour, // not the hour that is repeated in autumn
		"@every 90s":                       90 * time.Second,
		"@every 10ms":                      time.Second,
	}
	for expr, want := range tests {
		if got := mustParse(t, expr).Interval(); got != want {
			t.Errorf("%q: interval %s, want %s", expr, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	tests := map[string]string{
		"":                               "schedule is empty",
		"   ":                            "schedule is empty",
		"* * * *":                        "has 4 fields: expected 5",
		"* * * * * * *":                  "has 7 fields",
		"60 * * * *":                     "end of range (60) above maximum (59)",
		"* * * * 7":                      "end of range (7) above maximum (6)",
		"0 0 30 2 *":                     "is never due",
		"1,,2 * * * *":                   `minute: "" is not a number`,
		"* *-5 * * *":                    `hour: "*-5" is not a number`,
		"*/90 * * * *":                   "minute: step 90 leaves its range of 60",
		"0 */24 * * *":                   "hour: step 24 leaves its range of 24",
		"*/99999999999999999999 * * * *": "leaves its range",
		"-5 * * * *":                     `minute: "-5" is not a number`,
		"@often":                         "unrecognized descriptor",
		"@every":                         `"" is not a duration`,
		"@every 5":                       `"5" is not a duration`,
		"@every -5m":                     "must be positive",
		"@every 0s":                      "must be positive",
		"@every 9000h":                   "longer than a year",
		"CRON_TZ=UTC":                    "nothing follows the time zone",
		"CRON_TZ= 0 3 * * *":             "name a time zone",
		"CRON_TZ=Local 0 3 * * *":        "name a time zone",
		"CRON_TZ=Europe/Bonn 0 3 * * *":  `unknown time zone "Europe/Bonn"`,
		"CRON_TZ=../UTC 0 3 * * *":       "unknown time zone",
		"TZ=UTC 0 3 * * *":               "write CRON_TZ=",
	}
	for expr, want := range tests {
		_, err := Parse(expr)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): got %v, want an error with %q", expr, err, want)
		}
	}
}

func TestZeroScheduleIsNeverDue(t *testing.T) {
	if next := (Schedule{}).Next(time.Now()); !next.IsZero() {
		t.Errorf("got %s", next)
	}
}

// Whatever is accepted goes forward, in every zone and across its changes of
// the clock.
func TestNextGoesForward(t *testing.T) {
	zones := []string{"", "CRON_TZ=America/Sao_Paulo ", "CRON_TZ=Africa/Cairo ", "CRON_TZ=Asia/Beirut ", "CRON_TZ=Australia/Lord_Howe "}
	rapid.Check(t, func(t *rapid.T) {
		expr := rapid.SampledFrom(zones).Draw(t, "zone") + rapid.StringMatching(
			`([0-5]?[0-9]|\*|\*/[2-9]) ([0-9]|1[0-9]|2[0-3]|\*|\*/5) (\*|[1-9]|2[0-9]) (\*|[1-9]|1[0-2]) (\*|[0-6])`).Draw(t, "expr")
		s, err := Parse(expr)
		if err != nil {
			return
		}
		now := time.Unix(rapid.Int64Range(1_500_000_000, 1_900_000_000).Draw(t, "from"), 0)
		for range 20 {
			next := s.Next(now)
			if next.IsZero() {
				return
			}
			if !next.After(now) {
				t.Fatalf("%q: %s is not after %s", expr, next, now)
			}
			now = next
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"*/5 * * * *", "@every 2s", "CRON_TZ=UTC 0 3 * * *", "CRON_TZ=UTC", "@daily", "1,,2 * * * *", "0 0 31 2 *"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		s, err := Parse(expr)
		if err != nil {
			return
		}
		if s.Interval() < time.Second {
			t.Errorf("%q: interval %s", expr, s.Interval())
		}
		again, err := Parse(s.String())
		if err != nil || again.Interval() != s.Interval() {
			t.Errorf("%q does not read back as it is: %v", s.String(), err)
		}
	})
}
