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
		{"CRON_TZ=America/New_York 0 9 * * mon-fri", "2026-11-20T15:00:00Z", []string{"2026-11-23T14:00:00Z"}},
		{"CRON_TZ=Asia/Kolkata @daily", "2026-11-21T10:02:03Z", []string{"2026-11-21T18:30:00Z"}},
		{"CRON_TZ=Asia/Kolkata\t30 5 * * *", "2026-11-21T10:02:03Z", []string{"2026-11-22T00:00:00Z"}},
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
		"@every 1s":                        time.Second,
	}
	for expr, want := range tests {
		if got := mustParse(t, expr).Interval(); got != want {
			t.Errorf("%q: interval %s, want %s", expr, got, want)
		}
	}
}

// The messages are read by whoever wrote the schedule: each names the field and
// the mistake.
func TestParseRefuses(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"", "schedule is empty"},
		{"   ", "schedule is empty"},
		{"* * * *", `schedule "* * * *" has 4 fields: expected 5 (minute hour day-of-month month day-of-week), or 6 with seconds first`},
		{"* * * * * * *", `schedule "* * * * * * *" has 7 fields: expected 5 (minute hour day-of-month month day-of-week), or 6 with seconds first`},
		{"0 0 30 2 *", `schedule "0 0 30 2 *" is never due: none of its months has such a day`},
		{"0 0 31 4,6,9,11 *", `schedule "0 0 31 4,6,9,11 *" is never due: none of its months has such a day`},
		{"*/15", `schedule "*/15" has 1 field: expected 5 (minute hour day-of-month month day-of-week), or 6 with seconds first`},

		{"60 * * * *", `schedule "60 * * * *": minute: 60 is not from 0 to 59`},
		{"0 24 * * *", `schedule "0 24 * * *": hour: 24: midnight is 0`},
		{"0 0 0 * *", `schedule "0 0 0 * *": day of month: 0 is not from 1 to 31`},
		{"0 0 1 13 *", `schedule "0 0 1 13 *": month: 13 is not from 1 to 12`},
		{"* * * * 7", `schedule "* * * * 7": day of week: 7: Sunday is 0`},
		{"* * * * 5-7", `schedule "* * * * 5-7": day of week: 7: Sunday is 0`},
		{"90 * * * * *", `schedule "90 * * * * *": second: 90 is not from 0 to 59`},
		{"99999999999999999999 * * * *", `schedule "99999999999999999999 * * * *": minute: 99999999999999999999 is not from 0 to 59`},
		{"-5 * * * *", `schedule "-5 * * * *": minute: "-5" is not a number, a range, a step or *`},

		{"0 22-4 * * *", `schedule "0 22-4 * * *": hour: 22-4: the range ends before it begins: write 22-23,0-4`},
		{"0 0 * * fri-sun", `schedule "0 0 * * fri-sun": day of week: fri-sun: the range ends before it begins: write 5-6,0`},
		{"50-10/5 * * * *", `schedule "50-10/5 * * * *": minute: 50-10/5: the range ends before it begins: write 50-59/5,0-10/5`},

		{"1,,2 * * * *", `schedule "1,,2 * * * *": minute: "" is not a number, a range, a step or *`},
		{"* *-5 * * *", `schedule "* *-5 * * *": hour: "*-5" is not a number, a range, a step or *`},
		{"*/90 * * * *", `schedule "*/90 * * * *": minute: step 90 leaves its range of 60`},
		{"0 */24 * * *", `schedule "0 */24 * * *": hour: step 24 leaves its range of 24`},
		{"*/99999999999999999999 * * * *", `schedule "*/99999999999999999999 * * * *": minute: step 99999999999999999999 leaves its range of 60`},
		{"*/0 * * * *", `schedule "*/0 * * * *": minute: */0: a step is at least 1`},

		{"0 0 * mon *", `schedule "0 0 * mon *": month: "mon" is a day of week: it stands in the wrong field`},
		{"0 0 * * jan", `schedule "0 0 * * jan": day of week: "jan" is a month: it stands in the wrong field`},
		{"0 fri * * *", `schedule "0 fri * * *": hour: "fri" is a day of week: it stands in the wrong field`},
		{"0 0 * * Monday", `schedule "0 0 * * Monday": day of week: "Monday": write mon`},
		{"0 0 * * mo", `schedule "0 0 * * mo": day of week: "mo" is not a number from 0 to 6 or a name from sun to sat`},
		{"0 noon * * *", `schedule "0 noon * * *": hour: "noon" is not a number from 0 to 23`},

		{"0 0 L * *", `schedule "0 0 L * *": day of month: "L": there is no L for a last day: name the days`},
		{"0 0 L-2 * *", `schedule "0 0 L-2 * *": day of month: "L-2": there is no L for a last day: name the days`},
		{"0 0 * * 5L", `schedule "0 0 * * 5L": day of week: "5L": there is no L for a last day: name the days`},
		{"0 0 LW * *", `schedule "0 0 LW * *": day of month: "LW": there is no L for a last day: name the days`},
		{"0 0 15W * *", `schedule "0 0 15W * *": day of month: "15W": there is no W for the nearest working day: name the days`},
		{"0 0 * * 2#1", `schedule "0 0 * * 2#1": day of week: "2#1": there is no # for the n-th day of a week in its month: name the days`},
		{"H * * * *", `schedule "H * * * *": minute: "H": H is Jenkins': write a number or *, slots are spread by themselves`},
		{"H/15 * * * *", `schedule "H/15 * * * *": minute: "H/15": H is Jenkins': write a number or *, slots are spread by themselves`},
		{"H(0-29)/10 * * * *", `schedule "H(0-29)/10 * * * *": minute: "H(0-29)/10": H is Jenkins': write a number or *, slots are spread by themselves`},

		{"@often", `schedule "@often" is not known: known are @every DURATION, @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly`},
		{"@Daily", `schedule "@Daily" is not known: known are @every DURATION, @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly`},
		{"@reboot", `schedule "@reboot": a login is watched from the start on, at due times: name those`},
		{"@every", `schedule "@every": "" is not a duration such as 30s or 1h30m`},
		{"@every5m", `schedule "@every5m" is not known: known are @every DURATION, @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly`},
		{"@every 5", `schedule "@every 5": "5" is not a duration such as 30s or 1h30m`},
		{"@every -5m", `schedule "@every -5m": the duration must be positive`},
		{"@every 0s", `schedule "@every 0s": the duration must be positive`},
		{"@every 1ms", `schedule "@every 1ms": the duration must be at least 1s`},
		{"@every 9000h", `schedule "@every 9000h": the duration is longer than a year`},

		{"CRON_TZ=UTC", `schedule "CRON_TZ=UTC": nothing follows the time zone`},
		{"CRON_TZ= 0 3 * * *", `schedule "CRON_TZ= 0 3 * * *": name a time zone such as Europe/Berlin`},
		{"CRON_TZ=Local 0 3 * * *", `schedule "CRON_TZ=Local 0 3 * * *": name a time zone such as Europe/Berlin`},
		{"CRON_TZ=Europe/Bonn 0 3 * * *", `schedule "CRON_TZ=Europe/Bonn 0 3 * * *": unknown time zone "Europe/Bonn"`},
		{"CRON_TZ=../UTC 0 3 * * *", `schedule "CRON_TZ=../UTC 0 3 * * *": unknown time zone "../UTC"`},
		{"CRON_TZ=Europe/Berlin @every 24h", `schedule "CRON_TZ=Europe/Berlin @every 24h": @every counts from the Unix epoch and takes no time zone`},
		{"TZ=UTC 0 3 * * *", `schedule "TZ=UTC 0 3 * * *": write CRON_TZ= instead of TZ=`},
		{"cron_tz=UTC 0 3 * * *", `schedule "cron_tz=UTC 0 3 * * *": write CRON_TZ= instead of cron_tz=`},
	}
	for _, test := range tests {
		if _, err := Parse(test.expr); err == nil || err.Error() != test.want {
			t.Errorf("Parse(%q):\n got %v\nwant %s", test.expr, err, test.want)
		}
	}
}

// What we let pass, cron's parser takes: its words reach nobody.
func TestFieldsSayAllThatCronWould(t *testing.T) {
	item := rapid.StringMatching(`([*?]|[0-9]{1,2}|[a-zA-Z]{1,3}|[0-9]{1,2}-[0-9]{1,2}|(mon|FRI|jan)-(Sun|dec)|[LWH#])(/[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		var columns []string
		for range rapid.IntRange(5, 6).Draw(t, "columns") {
			columns = append(columns, strings.Join(rapid.SliceOfN(item, 1, 2).Draw(t, "column"), ","))
		}
		text := strings.Join(columns, " ")
		if checkFields(text) != nil {
			return
		}
		if _, err := parser.Parse(text); err != nil {
			t.Fatalf("%q passes, and cron says: %v", text, err)
		}
	})
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

func TestCount(t *testing.T) {
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		schedule string
		days     int
		want     int
	}{
		{"@every 5m", 1, 288}, {"@every 7h", 1, 3}, {"@every 1s", 1, 86400}, {"@every 5m", 30, 8640}, {"@every 25h", 30, 29},
		{"0 0 * * *", 1, 1}, {"0 0 * * *", 30, 30}, {"0 9-17 * * mon-fri", 30, 189}, {"*/10 * * * *", 31, 4464}, {"0 0 29 2 *", 30, 0}, {"*/5 9-16 * * mon-fri", 30, 2016}, {"@every 7h", 30, 103},
	} {
		s, err := Parse(tt.schedule)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Count(day, day.AddDate(0, 0, tt.days)); got != tt.want {
			t.Errorf("%s is due %d times in %d days, want %d", tt.schedule, got, tt.days, tt.want)
		}
	}
	if (Schedule{}).Count(day, day.AddDate(0, 0, 1)) != 0 {
		t.Error("the zero value is due")
	}
}
