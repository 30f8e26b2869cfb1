package window

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// hourly is due every so many hours of the Unix epoch.
type hourly int64

func (h hourly) Next(t time.Time) time.Time {
	every := int64(h) * 3600
	return time.Unix((t.Unix()/every+1)*every, 0).UTC()
}

// A begin belongs to a maintenance and an end does not; what overlaps, or follows without a
// break, is one.
func TestAnyMaintenance(t *testing.T) {
	at := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	all := []loginwatch.Maintenance{
		{Reason: "once", When: Once{at("2026-12-05T22:00:00Z"), at("2026-12-06T02:00:00Z")}},
		{Reason: "longer", When: Once{at("2026-12-05T23:00:00Z"), at("2026-12-06T03:00:00Z")}},
		{Reason: "next", When: Once{at("2026-12-06T03:00:00Z"), at("2026-12-06T04:00:00Z")}},
		{Reason: "sundays", When: Weekly{[]time.Weekday{time.Sunday}, 4 * time.Hour, 5 * time.Hour, time.UTC}},
		{Reason: "six", When: Recurring{hourly(6), 30 * time.Minute}},
	}
	endless := []loginwatch.Maintenance{{Reason: "gone", When: Once{at("2026-12-05T22:00:00Z"), at("2036-12-06T02:00:00Z")}}, {Reason: "days", When: Weekly{nil, 0, 24 * time.Hour, time.UTC}}}
	for _, tt := range []struct {
		all              []loginwatch.Maintenance
		at, until, named string
	}{
		{all, "2026-12-05T21:59:59Z", "", ""},
		{all, "2026-12-05T22:00:00Z", "2026-12-06T05:00:00Z", "once"},
		{all, "2026-12-06T02:00:00Z", "2026-12-06T05:00:00Z", "longer"},
		{all, "2026-12-06T04:59:59.999999999Z", "2026-12-06T05:00:00Z", "sundays"},
		{all, "2026-12-06T05:00:00Z", "", ""},
		{all, "2026-12-06T06:00:00Z", "2026-12-06T06:30:00Z", "six"},
		{all, "2026-12-06T06:30:00Z", "", ""},
		{all, "2026-12-07T04:30:00Z", "", ""}, // a Monday
		{endless, "2026-12-07T04:30:00Z", "none", "gone"},
		{nil, "2026-12-07T04:30:00Z", "", ""},
	} {
		m, until, in := loginwatch.AnyMaintenance(tt.all, at(tt.at))
		got := ""
		switch {
		case in && until.IsZero():
			got = "none"
		case in:
			got = until.Format(time.RFC3339)
		}
		if got != tt.until || m.Reason != tt.named {
			t.Errorf("%s: until %q (%q), want %q (%q)", tt.at, got, m.Reason, tt.until, tt.named)
		}
	}
}

// Each form is read as it is written, and looked at around its edges.
func TestRead(t *testing.T) {
	for text, want := range map[string]struct{ times, words string }{
		`{reason: r, since: 2026-12-05T22:00:00+05:30, until: 2026-12-05T23:00:00+05:30}`: {"05T16:30 05T17:30", "since 2026-12-05T22:00:00+05:30 until 2026-12-05T23:00:00+05:30"},
		`{reason: r, from: "23:00", to: "24:00"}`:                                         {"05T23:00 06T00:00 06T23:00 07T00:00", "from 23:00 to 24:00 daily (UTC)"},
		`{reason: r, from: "23:00", to: "24:00", zone: Asia/Kolkata}`:                     {"05T17:30 05T18:30 06T17:30 06T18:30", "from 23:00 to 24:00 daily (Asia/Kolkata)"},
		`{reason: r, days: [sun, mon], from: "00:00", to: "00:15"}`:                       {"06T00:00 06T00:15", "from 00:00 to 00:15 on sun, mon (UTC)"},
		`{reason: r, schedule: "12", duration: 1h30m}`:                                    {"05T12:00 05T13:30 06T00:00 06T01:30 06T12:00 06T13:30", "1h30m from each time that the schedule 12 is due"},
		`{reason: r, schedule: "24", duration: 13h}`:                                      {"05T00:00 05T13:00 06T00:00 06T13:00", "13h from each time that the schedule 24 is due"}, // it was on when the time began
		`{reason: r, since: 2026-12-07T00:00:00Z, until: 2026-12-08T00:00:00Z}`:           {"", "since 2026-12-07T00:00:00Z until 2026-12-08T00:00:00Z"},
		`{reason: r, since: 2026-12-01T00:00:00Z, until: 2026-12-05T12:00:00Z}`:           {"", "since 2026-12-01T00:00:00Z until 2026-12-05T12:00:00Z"},
		`{reason: r, since: 2026-12-01T00:00:00Z, until: 2026-12-05T12:00:01Z}`:           {"01T00:00 05T12:00", "since 2026-12-01T00:00:00Z until 2026-12-05T12:00:01Z"},
		`{reason: r, calendar: days.ics}`:                                                 {"06T00:00 07T00:00", "as in the calendar days.ics"},
		`{reason: r, calendar: days.ics, zone: Asia/Kolkata}`:                             {"05T18:30 06T18:30", "as in the calendar days.ics"},
	} {
		doc, problems := strictyaml.Parse("w.yaml", []byte(text))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		var f File
		doc.Decode(&f)
		m := f.Read(doc, Options{Zone: time.UTC, Parse: func(expr string) (Schedule, error) {
			var hours int64
			_, err := fmt.Sscan(expr, &hours)
			return hourly(hours), err
		}, ReadFile: func(name string) (string, []byte, error) {
			return name, []byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261206\nEND:VEVENT\nEND:VCALENDAR\n"), nil
		}})
		if problems := doc.Problems(); len(problems) > 0 || m.Reason != "r" || m.Pos.Column != 10 {
			t.Errorf("%s: %+v, %v", text, m, problems)
		}
		var got []string
		for _, s := range m.When.Stretches(time.Date(2026, 12, 5, 12, 0, 0, 0, time.UTC), time.Date(2026, 12, 7, 0, 0, 0, 0, time.UTC)) {
			got = append(got, s[0].UTC().Format("02T15:04"), s[1].UTC().Format("02T15:04"))
		}
		if strings.Join(got, " ") != want.times || m.Words != want.words {
			t.Errorf("%s: %v, %s, want %s", text, got, m.Words, want)
		}
	}
}
