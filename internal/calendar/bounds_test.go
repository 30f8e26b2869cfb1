package calendar

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/teambition/rrule-go"
)

func file(events ...string) string {
	return "BEGIN:VCALENDAR\r\n" + strings.Join(events, "") + "END:VCALENDAR\r\n"
}

func vevent1(lines ...string) string {
	return "BEGIN:VEVENT\r\nDTSTART:20261205T220000Z\r\nDURATION:PT2H\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\n"
}

// What is made to hurt is refused, or costs little. Elapsed time is not looked at: each of
// these would take minutes or gigabytes without its bound.
func TestBounds(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"large":         {strings.Repeat("x", MaxBytes+1), "is larger than 1024 KB"},
		"many events":   {file(strings.Repeat(vevent1(), mostEvents+1)), "more than 2000 events"},
		"long line":     {file(vevent1("EXDATE:" + strings.Repeat("20261205T220000Z,", 1000))), "EXDATE is longer than 8192 bytes"},
		"long, unread":  {file(vevent1("DESCRIPTION:" + strings.Repeat("x", 100_000))), ""},
		"folded":        {file(vevent1("EXDATE:2\r\n " + strings.Repeat("0\r\n ", 9000))), "EXDATE is longer than 8192 bytes"},
		"deep":          {"BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:X\n", 10_000), "begins with BEGIN:VCALENDAR"},
		"too often":     {file(strings.Repeat(vevent1("RRULE:FREQ=DAILY"), 60)), "come again more than 200000 times in ten years"},
		"rare days":     {file(strings.Repeat(vevent1("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO"), 60)), "or leave as many days out"},
		"rare, until":   {file(strings.Repeat(vevent1("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;UNTIL=21991231T000000Z"), 60)), "or leave as many days out"},
		"rare, counted": {file(strings.Repeat(vevent1("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;COUNT=99"), 60)), "or leave as many days out"},
		"rare weeks":    {file(strings.Repeat(vevent1("RRULE:FREQ=WEEKLY;BYMONTH=2"), 450)), "or leave as many days out"},
		"rare months":   {file(strings.Repeat(vevent1("RRULE:FREQ=MONTHLY;BYMONTH=2"), 1800)), "or leave as many days out"},
		"soon over":     {file(strings.Repeat(vevent1("RRULE:FREQ=DAILY;BYDAY=MO,TU;UNTIL=20270105T000000Z"), 1500)), ""},
		"few":           {file(strings.Repeat(vevent1("RRULE:FREQ=DAILY;BYDAY=MO,TU;COUNT=20"), 1500)), ""},
		"each year":     {file(strings.Repeat(vevent1("RRULE:FREQ=YEARLY"), 1500)), ""},
		"never":         {file(strings.Repeat(vevent1("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), 1000)), "no time fits it"},
		"far apart":     {file(vevent1("RRULE:FREQ=YEARLY;INTERVAL=9223372036854775807")), "INTERVAL must be from 1 to 1000"},
		"panics":        {file(vevent1("RRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=-6MO")), "no month has 6"},
		"many params":   {file(vevent1("RRULE;" + strings.Repeat("A=B;", 2000) + "C=D:FREQ=DAILY")), ""},
		"other's times": {file(vevent1("DTEND:20261205T230000Z")), "the event has DTEND already"},
		"twice":         {file(vevent1("RRULE:FREQ=DAILY;COUNT=2;COUNT=3")), "COUNT is given twice"},
		"month's days":  {file(vevent1("RRULE:FREQ=DAILY;BYDAY=2MO")), "the number of a day in BYDAY"},
		"not text":      {"\x00\xff\xfe:", "no event"},
		"marked":        {"\uFEFF" + file(vevent1()), ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, problems := Read("c.ics", []byte(tt.text), nil)
			switch got := problems.Error(); {
			case tt.want == "" && (c == nil || len(problems) > 0):
				t.Error(problems)
			case tt.want != "" && (c != nil || !strings.Contains(got, tt.want)):
				t.Errorf("%.500s, want %q", got, tt.want)
			}
			if len(problems) > mostListed {
				t.Errorf("%d problems", len(problems))
			}
		})
	}
}

// rrule-go computes, without a panic, each rule that is let through, for as long as a
// calendar may be asked.
func TestRulesCompute(t *testing.T) {
	for _, freq := range []string{"DAILY", "WEEKLY;BYDAY=MO,SU", "MONTHLY;BYDAY=5MO", "MONTHLY;BYDAY=-5SU", "MONTHLY;BYMONTHDAY=31,-31",
		"YEARLY;BYDAY=53MO", "YEARLY;BYDAY=-53SU", "YEARLY;BYMONTH=2;BYDAY=5MO", "YEARLY;BYWEEKNO=53", "YEARLY;BYWEEKNO=-1;BYDAY=SU",
		"YEARLY;BYYEARDAY=366,-366", "MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "YEARLY;BYMONTH=2;BYMONTHDAY=29"} {
		for _, wkst := range []string{"MO", "SU", "WE"} {
			rule, err := rrule.StrToROption("FREQ=" + freq + ";WKST=" + wkst)
			if err != nil {
				t.Fatal(err)
			}
			rule.Dtstart = earliest
			if err := checkRule("FREQ="+freq, *rule); err != nil {
				t.Errorf("%s: %v", freq, err)
			}
			e := event{begin: earliest, zone: time.UTC, rule: rule, length: time.Hour}
			if all, _ := e.stretches(earliest, latest); len(all) < 9 {
				t.Errorf("%s: %d times in 230 years", freq, len(all))
			}
		}
	}
}

// A calendar says the same however it is asked: for a year, or for the seconds of it.
func TestAskedInParts(t *testing.T) {
	c, problems := Read("c.ics", []byte(file(vevent1("RRULE:FREQ=DAILY;INTERVAL=9"))), nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	from, to := asOf, asOf.AddDate(20, 0, 0)
	whole := map[time.Time]bool{}
	for _, s := range c.Stretches(from, to) {
		whole[s[0]] = true
	}
	if len(whole) != 811 {
		t.Errorf("%d in 20 years", len(whole))
	}
	for at := from; at.Before(to); at = at.AddDate(0, 0, 1) {
		hour := at.Add(22 * time.Hour)
		if got := len(c.Stretches(hour, hour.Add(1))) == 1; got != whole[hour] {
			t.Fatalf("%s: %v", hour, got)
		}
		if len(c.Stretches(hour.Add(2*time.Hour), hour.Add(2*time.Hour+1))) > 0 {
			t.Fatalf("%s: an end belongs to it", hour)
		}
	}
	if _, ends := c.Last(); ends {
		t.Error("it comes again without an end")
	}
}

func TestLast(t *testing.T) {
	for rule, want := range map[string]string{"X-A:b": "2026-12-06T00:00:00Z", "RRULE:FREQ=DAILY;COUNT=3": "2026-12-08T00:00:00Z", "RRULE:FREQ=DAILY;UNTIL=20261210": "2026-12-11T00:00:00Z"} {
		c, problems := Read("c.ics", []byte(file(vevent1(rule))), nil)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if last, ok := c.Last(); !ok || last.Format(time.RFC3339) != want {
			t.Errorf("%s: %v %v, want %s", rule, last, ok, want)
		}
	}
}

// FuzzRead holds whatever is read to its bounds: it is either refused, with a place, or a
// calendar that can be asked.
func FuzzRead(f *testing.F) {
	f.Add(file(vevent1("RRULE:FREQ=MONTHLY;BYDAY=2SA", "EXDATE:20270109T220000Z,20270213T220000Z")))
	f.Add(file("BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Europe/Berlin:20260329T023000\nDTEND;TZID=\"Europe/Berlin\":20260329T040000\nRECURRENCE-ID:20260101T000000Z\nEND:VEVENT\n"))
	f.Add(file("X-WR-TIMEZONE:Asia/Kolkata\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260329\nRDATE;VALUE=DATE:20260401\nSTATUS:CANCELLED\nEND:VEVENT\n"))
	f.Fuzz(func(t *testing.T, text string) {
		c, problems := Read("c.ics", []byte(text), nil)
		if (c == nil) != (len(problems) > 0) || len(problems) > mostListed {
			t.Fatalf("%v and %d problems", c, len(problems))
		}
		for _, p := range problems {
			if p.Pos.File != "c.ics" || p.Message == "" {
				t.Fatalf("%+v", p)
			}
			_ = fmt.Sprint(p.Excerpt())
		}
		if c == nil {
			return
		}
		all := c.Stretches(asOf, asOf.AddDate(2, 0, 0))
		for i, s := range all {
			if !s[0].Before(s[1]) || i > 0 && !all[i-1][1].Before(s[0]) {
				t.Fatalf("%v", all)
			}
		}
	})
}
