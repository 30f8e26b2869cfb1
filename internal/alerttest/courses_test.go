//go:build oncall

package alerttest

import (
	"os"
	"path/filepath"
	"testing"
)

// outcomes of runs.
func always(outcome string) func(int) string { return func(int) string { return outcome } }

func from(minute int, outcome string) func(int) string {
	return func(m int) string {
		if m < minute {
			return "ok"
		}
		return outcome
	}
}

func at(outcome string, minutes ...[2]int) func(int) string {
	return func(m int) string {
		for _, span := range minutes {
			if m >= span[0] && m < span[1] {
				return outcome
			}
		}
		return "ok"
	}
}

// between gives the minutes from one to another.
func between(first, end int) (minutes []int) {
	for m := first; m < end; m++ {
		minutes = append(minutes, m)
	}
	return minutes
}

func minutely(each int) func(int) bool { return func(m int) bool { return m%60%each == 0 } }

// vendors are several logins that fare alike, a minute apart.
func vendors(names []string, like watched) (all []watched) {
	for i, name := range names {
		like.vendor, like.offset = name, i
		all = append(all, like)
	}
	return all
}

func courses() []course {
	down := watched{vendor: "alpha", run: from(30, "unavailable")}
	restarted := down
	restarted.starts = []int{60, 61}
	rolled := course{
		name: "an outage seen by a probe every hour, whose daemon is replaced every 170 minutes", minutes: 700,
		fires: map[int][]string{145: {}, 160: {"LoginDown alpha"}, 180: {"LoginDown alpha"}, 345: {"LoginDown alpha"}, 520: {"LoginDown alpha", "LoginErrorBudgetBurnSlow alpha"}, 690: {"LoginDown alpha", "LoginErrorBudgetBurnSlow alpha"}},
	}
	var kept memory
	for i := range 5 {
		rolled.logins = append(rolled.logins, watched{
			vendor: "alpha", store: &kept, instance: string(rune('a' + i)), every: 60, offset: 30, from: i * 170, to: (i + 1) * 170, leaves: true, run: always("unavailable"),
		})
	}
	var crashes []int
	for m := 31; m < 300; m += 4 {
		crashes = append(crashes, m)
	}
	three := []string{"alpha", "beta", "gamma"}
	return append([]course{
		{"a restart in an outage", 90, []watched{restarted}, map[int][]string{
			40: {}, 41: {"LoginDown alpha"}, 60: {"LoginDown alpha"}, 62: {"LoginDown alpha"}, 64: {"LoginDown alpha"}, 66: {"LoginDown alpha"}, 80: {"LoginDown alpha"},
		}},
		{"a restart between the second failure and the third", 90, []watched{{vendor: "alpha", starts: []int{37, 38}, run: from(30, "unavailable")}}, map[int][]string{
			39: {}, 40: {}, 41: {"LoginDown alpha"}, 80: {"LoginDown alpha"},
		}},
		{"a restart after two failures, then none", 90, []watched{{vendor: "alpha", starts: []int{37, 38}, run: at("unavailable", [2]int{30, 40}, [2]int{45, 50})}}, map[int][]string{
			39: {}, 41: {}, 47: {}, 80: {},
		}},
		{"a restart in an outage, with a store in memory", 90, []watched{{vendor: "alpha", every: 10, forgets: true, starts: []int{60, 61}, run: from(30, "unavailable")}}, map[int][]string{
			55: {"LoginDown alpha"}, 63: {"LoginDown alpha"}, 68: {"LoginDown alpha"}, 75: {}, 82: {},
		}},
		{"an hour without a daemon in an outage, which ends meanwhile", 150, []watched{{vendor: "alpha", starts: between(50, 111), run: at("unavailable", [2]int{30, 110})}}, map[int][]string{
			49: {"LoginDown alpha"}, 51: {"LoginDown alpha"}, 80: {"LoginwatchAbsent", "LoginwatchInstanceDown"}, 113: {}, 114: {}, 120: {}, 140: {},
		}},
		{"an hour without a daemon in an outage, which goes on", 150, []watched{{vendor: "alpha", starts: between(50, 111), run: from(30, "unavailable")}}, map[int][]string{
			49: {"LoginDown alpha"}, 80: {"LoginwatchAbsent", "LoginwatchInstanceDown"}, 114: {}, 116: {"LoginDown alpha"}, 140: {"LoginDown alpha"},
		}},
		{"a restart while all is well, then two failures", 90, []watched{{vendor: "alpha", starts: []int{31}, run: at("unavailable", [2]int{32, 42})}}, map[int][]string{
			43: {}, 60: {},
		}},
		{"a restart while the contract is broken", 90, []watched{{vendor: "alpha", starts: []int{61}, run: from(30, "drift")}}, map[int][]string{
			60: {"LoginContractBroken alpha", "LoginContractFailing alpha"}, 62: {"LoginContractBroken alpha", "LoginContractFailing alpha"},
			66: {"LoginContractBroken alpha", "LoginContractFailing alpha"}, 80: {"LoginContractBroken alpha", "LoginContractFailing alpha"},
		}},
		{"reloads, and never an answer as documented", 90, []watched{{vendor: "alpha", reloads: 7, run: always("drift")}, {vendor: "beta", offset: 1}}, map[int][]string{
			10: {"LoginContractBroken alpha"}, 12: {"LoginContractBroken alpha", "LoginContractFailing alpha"}, 85: {"LoginContractBroken alpha", "LoginContractFailing alpha"},
		}},
		rolled,
		{"a daemon that does not stay up", 120, []watched{{vendor: "alpha", starts: crashes}}, map[int][]string{
			30: {}, 60: {"LoginwatchRestarting"}, 110: {"LoginwatchRestarting"},
		}},
		{"a daemon that is killed amid a login, now and then, and tells of it a minute after its start", 300, []watched{{
			vendor: "alpha", every: 60, starts: []int{61, 161}, slot: func(m int) bool { return m == 62 || m == 162 || m%60 == 0 },
			run: at("lost", [2]int{62, 63}, [2]int{162, 163}),
		}}, map[int][]string{60: {}, 63: {"LoginSlotLost alpha"}, 120: {"LoginSlotLost alpha"}, 150: {}, 163: {"LoginSlotLost alpha"}, 220: {"LoginSlotLost alpha"}, 250: {}}},
		{"a store that can't be asked for four hours, by a probe every two", 1200, []watched{{vendor: "alpha", every: 120, run: at("store", [2]int{600, 830})}}, map[int][]string{
			595: {}, 605: {"LoginwatchStoreFailing"}, 715: {"LoginwatchStoreFailing"}, 835: {"LoginwatchStoreFailing"}, 855: {}, 1190: {},
		}},
		{"one of two jobs is gone", 120, []watched{{vendor: "alpha", to: 30}, {vendor: "alpha", job: "staging", instance: "b"}}, map[int][]string{
			29: {}, 60: {"LoginwatchAbsent", "LoginwatchInstanceDown"},
		}},
	}, append(networks(three), append(schedules(), replicas(three)...)...)...)
}

// networks: is it the vendors or our own side?
func networks(three []string) []course {
	lost := vendors(three, watched{run: from(30, "unavailable")})
	onceThenBroken := func(m int) string {
		if m >= 35 {
			return "broken"
		}
		return from(30, "unavailable")(m)
	}
	var moved memory
	return []course{
		{"one failure, then our secret is gone: no failures in a row", 90, []watched{{vendor: "alpha", run: onceThenBroken}, {vendor: "beta", offset: 1}}, map[int][]string{
			34: {}, 60: {"LoginProbeBroken alpha"}, 85: {"LoginProbeBroken alpha"},
		}},
		{"two vendors that are probed every minute fail, others had no turn yet", 60, []watched{
			{vendor: "alpha", every: 1, run: from(31, "unavailable")}, {vendor: "beta", every: 1, run: from(31, "unavailable")},
			{vendor: "gamma", every: 15, offset: 14}, {vendor: "delta", every: 15, offset: 14},
		}, map[int][]string{33: {}, 36: {"LoginDown alpha", "LoginDown beta"}, 55: {"LoginDown alpha", "LoginDown beta"}}},
		{"an outage ends while the daemon moves to another pod", 110, []watched{
			{vendor: "alpha", to: 60, leaves: true, store: &moved, run: from(30, "unavailable")}, {vendor: "alpha", instance: "b", from: 60, store: &moved},
		}, map[int][]string{59: {"LoginDown alpha"}, 80: {}, 105: {}}},
		{"our network is gone", 70, lost, map[int][]string{
			34: {}, 38: {"LoginwatchAllVendorsUnavailable"}, 60: {"LoginwatchAllVendorsUnavailable", "LoginDown alpha", "LoginDown beta", "LoginDown gamma"},
		}},
		{"our network is gone while a vendor is down for long, and one is probed too seldom to tell", 120, append(vendors(three, watched{run: from(60, "unavailable")}),
			watched{vendor: "delta", offset: 3, run: always("unavailable")}, watched{vendor: "epsilon", every: 60, offset: 50}), map[int][]string{
			59: {"LoginDown delta"}, 69: {"LoginDown delta", "LoginwatchAllVendorsUnavailable"},
		}},
		{"two of four vendors fail, one of them is probed every minute", 70, []watched{
			{vendor: "alpha", every: 1, run: from(30, "unavailable")}, {vendor: "beta", run: from(30, "unavailable")},
			{vendor: "gamma", offset: 3}, {vendor: "delta", offset: 3},
		}, map[int][]string{38: {"LoginDown alpha"}, 44: {"LoginDown alpha", "LoginDown beta"}, 55: {"LoginDown alpha", "LoginDown beta"}}},
		{"two vendors never worked, the third does", 70, append(vendors(three[:2], watched{run: always("unavailable")}), watched{vendor: "gamma", offset: 2}), map[int][]string{
			50: {"LoginDown alpha", "LoginDown beta"},
		}},
		{"the third vendor answers, if only to refuse us", 70, append(vendors(three[:2], watched{run: from(30, "unavailable")}), watched{vendor: "gamma", run: always("rejected")}), map[int][]string{
			46: {"LoginDown alpha", "LoginDown beta", "LoginCredentialRejected gamma"},
		}},
		{"the third login lacks a secret, so it says nothing", 70, append(vendors(three[:2], watched{run: from(30, "unavailable")}), watched{vendor: "gamma", run: from(10, "broken")}), map[int][]string{
			38: {"LoginwatchAllVendorsUnavailable", "LoginProbeBroken gamma"},
		}},
		{"our network goes three times in hours", 480, vendors(three, watched{run: at("unavailable", [2]int{120, 130}, [2]int{200, 210}, [2]int{280, 290})}), map[int][]string{
			118: {}, 128: {"LoginwatchAllVendorsUnavailable"}, 160: {}, 288: {"LoginwatchAllVendorsUnavailable"}, 302: {"LoginwatchAllVendorsUnavailable"}, 310: {}, 320: {}, 345: {}, 470: {},
		}},
	}
}

// schedules: three in a row are three in a row, and waiting is no silence.
func schedules() []course {
	uneven := func(each, smallest int) watched {
		return watched{vendor: "alpha", every: smallest, slot: minutely(each), run: from(60, "unavailable")}
	}
	hourly := func(every int, first, then string) watched {
		return watched{vendor: "alpha", every: every, run: func(m int) string {
			switch {
			case m < 600:
				return "ok"
			case m < 600+every:
				return first
			}
			return then
		}}
	}
	return []course{
		{"minutes 0, 11, … 55 of each hour", 180, []watched{uneven(11, 5)}, map[int][]string{81: {}, 84: {"LoginDown alpha"}, 170: {"LoginDown alpha"}}},
		{"minutes 0, 8, … 56 of each hour", 180, []watched{uneven(8, 4)}, map[int][]string{
			76: {}, 78: {"LoginDown alpha"}, 140: {"LoginDown alpha"}, 145: {"LoginDown alpha"}, 150: {"LoginDown alpha"}, 155: {"LoginDown alpha"},
		}},
		{"mostly drift, every fourth run unavailable", 180, []watched{{vendor: "alpha", every: 2, run: func(m int) string {
			if m >= 60 && m/2%4 == 0 {
				return "unavailable"
			}
			return from(60, "drift")(m)
		}}}, map[int][]string{120: {"LoginContractBroken alpha"}, 122: {"LoginContractBroken alpha"}, 124: {"LoginContractBroken alpha"}}},
		{"every hour; the vendor asks to wait for a day", 1200, []watched{hourly(60, "throttled", "retry-after")}, map[int][]string{
			610: {}, 850: {"LoginThrottled alpha"}, 1190: {"LoginThrottled alpha"},
		}},
		{"every half hour; the documented limit leaves no room", 1200, []watched{hourly(30, "ok", "rate-limit")}, map[int][]string{
			610: {}, 850: {"LoginSlotsSkipped alpha"}, 1190: {"LoginSlotsSkipped alpha"},
		}},
		{"every two hours; the credential rests for a day", 1200, []watched{hourly(120, "rejected", "suspended")}, map[int][]string{
			590: {}, 1150: {"LoginCredentialRejected alpha"}, 1190: {"LoginCredentialRejected alpha"},
		}},
	}
}

// replicas: what one instance alone sees pages nobody.
func replicas(three []string) []course {
	twice := func(a, b watched) (all []watched) {
		for _, name := range three {
			a.vendor, b.vendor, a.instance, b.instance = name, name, "a", "b"
			all = append(all, a, b)
		}
		return all
	}
	return []course{
		{"two failures an hour apart, seen by both", 200, twice(watched{run: at("unavailable", [2]int{60, 61}, [2]int{90, 91})}, watched{run: at("unavailable", [2]int{60, 61}, [2]int{90, 91})})[:2],
			map[int][]string{92: {}, 93: {}, 95: {}, 100: {}}},
		{"an outage, seen by both", 200, twice(down(30), down(30))[:2], map[int][]string{40: {}, 43: {"LoginDown alpha"}, 90: {"LoginDown alpha"}}},
		{"an outage, seen by the one of two at one store that runs the login, and by the other one once that is gone", 200, []watched{
			{vendor: "alpha", instance: "a", to: 37, leaves: true, run: from(30, "unavailable")},
			{vendor: "alpha", instance: "b", run: func(m int) string {
				if m < 37 {
					return "elsewhere " + from(30, "unavailable")(m)
				}
				return "unavailable"
			}},
		}, map[int][]string{37: {}, 40: {}, 41: {"LoginDown alpha"}, 90: {"LoginDown alpha"}}},
		{"one has no network", 200, twice(down(30), watched{}), map[int][]string{43: {}, 60: {}, 100: {}, 190: {}}},
		{"one has no network, the other restarts", 200, twice(down(30), watched{starts: []int{151, 152}}), map[int][]string{
			148: {}, 153: {}, 154: {}, 156: {}, 158: {},
		}},
	}
}

func down(minute int) watched { return watched{run: from(minute, "unavailable")} }

// TestCourses has promtool evaluate the rules through each course. Series are as
// a daemon exports them: a restart takes all it knew, and what has not happened
// is absent.
func TestCourses(t *testing.T) {
	rules, err := filepath.Abs(dashboards + "/prometheus/rules")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range courses() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.Symlink(rules, filepath.Join(dir, "rules")); err != nil {
				t.Fatal(err)
			}
			write(t, dir, "course.yml", s.file(t))
			tool(t, dir, "promtool", "test", "rules", "course.yml")
		})
	}
}
