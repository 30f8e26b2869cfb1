package window

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// stepwise is AnyMaintenance as it reads: one end after the other.
func stepwise(all []loginwatch.Maintenance, at time.Time) (until time.Time, in bool) {
	covering := func(at time.Time) (end time.Time) {
		for _, m := range all {
			for _, s := range m.When.Stretches(at, at.Add(1)) {
				if !s[0].After(at) && s[1].After(end) {
					end = s[1]
				}
			}
		}
		return end
	}
	if until = covering(at); until.IsZero() {
		return until, false
	}
	for {
		switch further := covering(until); {
		case further.IsZero():
			return until, true
		case further.After(at.AddDate(1, 0, 0)):
			return time.Time{}, true
		default:
			until = further
		}
	}
}

func TestChains(t *testing.T) {
	random := rand.New(rand.NewPCG(10, 7))
	now := time.Date(2026, 11, 27, 12, 10, 0, 0, time.UTC)
	hours := func(n int) time.Duration { return time.Duration(random.IntN(n)) * time.Hour }
	for range 300 {
		var all []loginwatch.Maintenance
		for range 1 + random.IntN(5) {
			since := now.Add(hours(30*24) - 15*24*time.Hour)
			from := hours(23)
			weekly := Weekly{From: from, To: from + time.Hour + hours(24-int(from/time.Hour)), Zone: time.UTC}
			for d := range 7 {
				if random.IntN(4) > 0 {
					weekly.Weekdays = append(weekly.Weekdays, time.Weekday(d))
				}
			}
			all = append(all, loginwatch.Maintenance{When: []loginwatch.Calendar{
				Once{since, since.Add(time.Hour + hours(40*24))},
				Once{since, since.AddDate(random.IntN(3), 0, random.IntN(3))},
				weekly,
				Recurring{hourly(1 + random.IntN(12)), time.Hour + hours(12)},
			}[random.IntN(4)]})
		}
		want, wanted := stepwise(all, now)
		_, until, in := loginwatch.AnyMaintenance(all, now)
		if in != wanted || !until.Equal(want) {
			t.Fatalf("%+v: until %v, %v, want %v, %v", all, until, in, want, wanted)
		}
	}
}

// counted is a calendar that counts how often it is asked.
type counted struct {
	loginwatch.Calendar
	asked *int
}

func (c counted) Stretches(from, to time.Time) [][2]time.Time {
	*c.asked++
	return c.Calendar.Stretches(from, to)
}

// Work does not grow with how many follow on one another, nor with the logins that share them.
func TestWork(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 10, 0, 0, time.UTC)
	half := func(of time.Duration) Recurring { return Recurring{shifted(of), 30 * time.Minute} }
	for name, whens := range map[string][]loginwatch.Calendar{
		"half hours without end": {half(0), half(30 * time.Minute)},
		"days without end":       {Weekly{nil, 0, 24 * time.Hour, time.UTC}},
		"off":                    {Weekly{nil, 0, time.Hour, time.UTC}},
	} {
		asked := 0
		var all []loginwatch.Maintenance
		for _, c := range whens {
			all = append(all, loginwatch.Maintenance{When: counted{c, &asked}})
		}
		at := loginwatch.NewMaintenanceAt(now)
		job := loginwatch.Job{Probe: &loginwatch.Probe{Contract: &loginwatch.Contract{}}, Maintenance: all}
		for range 1000 {
			_, until, in := at.Of(job)
			if in != (name != "off") || !until.IsZero() {
				t.Fatalf("%s: %v, %v", name, until, in)
			}
		}
		if asked > 20*len(whens) {
			t.Errorf("%s: calendars are asked %d times", name, asked)
		}
		for range 2 { // other lists are other answers
			none := loginwatch.Job{Probe: &loginwatch.Probe{Contract: &loginwatch.Contract{}}}
			if _, _, in := at.Of(none); in {
				t.Errorf("%s: on for a job without any", name)
			}
			none.Probe.Contract.Maintenance = all
			if _, _, in := at.Of(none); in != (name != "off") {
				t.Errorf("%s: the contract's count otherwise", name)
			}
		}
	}
}

// shifted is due each hour, so long after it began.
type shifted time.Duration

func (s shifted) Next(t time.Time) time.Time {
	return hourly(1).Next(t.Add(-time.Duration(s))).Add(time.Duration(s))
}
