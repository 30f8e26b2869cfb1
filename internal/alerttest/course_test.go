//go:build oncall

package alerttest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// course is what happens to some logins, minute by minute, and the alerts that
// fire then: "LoginDown alpha", with the job behind it unless it is "loginwatch".
type course struct {
	name    string
	minutes int
	logins  []watched
	fires   map[int][]string // by minute, all of them
}

// watched is one login and one instance of the daemon that runs it.
type watched struct {
	vendor   string
	job      string // "" is loginwatch
	instance string // "" is a
	every    int    // minutes between slots, as the daemon exports it; 0 is 5
	offset   int
	slot     func(minute int) bool   // instead of every
	from, to int                     // when the instance lives; to 0 is for ever
	leaves   bool                    // nobody looks for it after that
	starts   []int                   // further starts of it
	store    *memory                 // that others have used before; nil for one of its own
	forgets  bool                    // its store is in memory
	reloads  int                     // minutes between readings of its configuration; 0 is once, at the start
	run      func(minute int) string // verdict, or the reason of a skip; nil is ok
}

// memory is what one start of a daemon knows of one login. With the next all that it has
// counted is gone, and the rest is in its store.
type memory struct {
	runs, skips, streak map[string]int
	up, lastRun, lastOK int
	started             int
	ran, worked         bool
}

var (
	verdicts = []string{"ok", "drift", "rejected", "throttled", "unavailable", "broken"}
	skips    = []string{"overlap", "suspended", "retry-after", "rate-limit", "missed", "store", "lost"}
)

// start is a start of a daemon.
func (m *memory) start(minute int, forgets bool) {
	if m.streak == nil || forgets {
		*m = memory{streak: map[string]int{}}
	}
	m.runs, m.skips, m.started = map[string]int{}, map[string]int{}, minute*60
}

func (m *memory) slot(outcome string, minute int) {
	if slices.Contains(skips, outcome) {
		m.skips[outcome]++
		return
	}
	if other, is := strings.CutPrefix(outcome, "elsewhere "); is { // and it hears what came of it
		outcome = other
		m.skips["elsewhere"]++
	} else {
		m.runs[outcome]++
	}
	m.ran, m.lastRun, m.up = true, minute*60, 0
	if outcome == "ok" || outcome == "drift" {
		m.up = 1
	}
	if outcome == "ok" {
		m.worked, m.lastOK = true, minute*60
	}
	if outcome == "broken" {
		return
	}
	for _, v := range []string{"unavailable", "drift"} {
		if v == outcome {
			m.streak[v]++
		} else {
			delete(m.streak, v)
		}
	}
}

// series are samples by series, one a minute; what is missing in a minute is
// stale there.
type series map[string][]string

func (s series) set(name string, minute int, value any) {
	for len(s[name]) < minute {
		s[name] = append(s[name], "stale")
	}
	s[name] = append(s[name], fmt.Sprint(value))
}

func (w watched) play(minutes int, into series) {
	if w.job == "" {
		w.job = "loginwatch"
	}
	if w.instance == "" {
		w.instance = "a"
	}
	if w.every == 0 {
		w.every = 5
	}
	if w.run == nil {
		w.run = func(int) string { return "ok" }
	}
	if w.slot == nil {
		w.slot = func(minute int) bool { return minute%w.every == w.offset }
	}
	m := w.store
	if m == nil {
		m = &memory{}
	}
	m.start(w.from, w.forgets)
	for minute := range minutes {
		alive := minute >= w.from && (w.to == 0 || minute < w.to)
		if slices.Contains(w.starts, minute) {
			m.start(minute, w.forgets)
			alive = false // a scrape fails meanwhile
		}
		if alive && w.slot(minute) {
			m.slot(w.run(minute), minute)
		}
		w.export(m, minute, alive, into)
	}
}

// export is a scrape.
func (w watched) export(m *memory, minute int, alive bool, into series) {
	prober := fmt.Sprintf(`{job="%s", instance="%s", pod="pod-%s"}`, w.job, w.instance, w.instance) // as the Operator labels it
	if len(into["up"+prober]) <= minute && (alive || !w.leaves) {
		into.set("up"+prober, minute, map[bool]int{true: 1}[alive])
		if alive {
			into.set("loginwatch_build_info"+prober, minute, 1)
			into.set("process_start_time_seconds"+prober, minute, m.started)
			read := m.started
			if w.reloads > 0 {
				read = minute / w.reloads * w.reloads * 60
			}
			into.set("loginwatch_config_last_reload_success_timestamp_seconds"+prober, minute, read)
		}
	}
	if !alive {
		return
	}
	set := func(name, more string, value any) {
		into.set(fmt.Sprintf(`loginwatch_%s{job="%s", instance="%s", pod="pod-%s", vendor="%s", probe="login", target="production"%s}`,
			name, w.job, w.instance, w.instance, w.vendor, more), minute, value)
	}
	set("probe_interval_seconds", "", w.every*60)
	set("slo_objective_ratio", `, slo="availability"`, 0.995)
	set("slo_objective_ratio", `, slo="correctness"`, 0.999)
	for _, v := range verdicts {
		set("runs_total", `, verdict="`+v+`"`, m.runs[v])
	}
	for reason, n := range m.skips {
		set("slots_skipped_total", `, reason="`+reason+`"`, n)
	}
	for verdict, n := range m.streak {
		set("consecutive_failures", `, verdict="`+verdict+`"`, n)
	}
	next := minute + 1
	for !w.slot(next) {
		next++
	}
	set("next_run_timestamp_seconds", "", next*60)
	if m.ran {
		set("up", "", m.up)
		set("last_run_timestamp_seconds", "", m.lastRun)
	}
	if m.worked {
		set("last_success_timestamp_seconds", "", m.lastOK)
	}
}

// file is the course as a test of promtool.
func (s course) file(t *testing.T) string {
	t.Helper()
	all := series{}
	for _, w := range s.logins {
		w.play(s.minutes, all)
	}
	recording, alerting := groups(t)
	every := "1m"
	if s.minutes > 500 {
		every = "5m" // it takes long enough
	}
	var f strings.Builder
	fmt.Fprintf(&f, "rule_files: [rules/*.yml]\nevaluation_interval: %s\ngroup_eval_order: [%s]\ntests:\n  - interval: 1m\n    input_series:\n",
		every, strings.Join(append(recording, alerting...), ", "))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&f, "      - {series: '%s', values: '%s'}\n", name, strings.Join(append(all[name], "stale"), " "))
	}
	f.WriteString("    promql_expr_test:\n")
	for _, minute := range slices.Sorted(maps.Keys(s.fires)) {
		fmt.Fprintf(&f, "      - expr: group by (alertname, vendor, job) (ALERTS{alertstate=\"firing\", severity!=\"none\"})\n        eval_time: %dm\n        exp_samples:\n", minute)
		for _, alert := range s.fires[minute] {
			words := append(strings.Fields(alert), "", "")
			labels := `alertname="` + words[0] + `", job="` + cmp.Or(words[2], "loginwatch") + `"`
			if words[1] != "" && words[1] != "-" {
				labels += `, vendor="` + words[1] + `"`
			}
			fmt.Fprintf(&f, "          - {labels: '{%s}', value: 1}\n", labels)
		}
		if len(s.fires[minute]) == 0 {
			f.WriteString("          []\n")
		}
	}
	return f.String()
}
