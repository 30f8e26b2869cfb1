package app_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/plan"
	"github.com/loginwatch/loginwatch/internal/window"
)

// welcoming is a vendor to which every login is well.
type welcoming struct{}

func (welcoming) Run(_ context.Context, p *flow.Plan) *loginwatch.Run {
	return &loginwatch.Run{Key: p.Key(), ID: "fine", Started: time.Now(), Verdict: loginwatch.OK}
}

// By the clock and with the real cron, a slot that is planned for a maintenance is skipped,
// from its begin on and up to its end, whatever the clock of its zone does meanwhile.
func TestMaintenanceByTheClock(t *testing.T) {
	for name, tt := range map[string]struct {
		form        string // of a window
		day         string // of UTC; two days are watched
		first, last string // of the slots that are skipped, of UTC
		many        int
	}{
		"once":                     {`since: 2000-02-01T03:00:00Z, until: 2000-02-01T04:00:00Z`, "2000-02-01", "01 03:00", "01 03:50", 6},
		"a schedule":               {`schedule: "0 22 * * *", duration: 4h`, "2000-02-01", "01 00:00", "03 00:00", 49}, // it goes on after midnight, and was on before
		"a schedule of a zone":     {`schedule: "CRON_TZ=Asia/Kolkata 30 2 2 2 *", duration: 1h`, "2000-02-01", "01 21:00", "01 21:50", 6},
		"the clock goes forward":   {`days: [sun], from: "02:00", to: "04:00", zone: Europe/Berlin`, "2000-03-26", "26 01:00", "26 01:50", 6},
		"the clock goes back":      {`days: [sun], from: "02:00", to: "04:00", zone: Europe/Berlin`, "2000-10-29", "29 00:00", "29 02:50", 18},
		"its begin is left out":    {`schedule: "CRON_TZ=Europe/Berlin 30 2 26 3 *", duration: 1h`, "2000-03-26", "26 01:00", "26 01:50", 6},
		"its begin comes twice":    {`schedule: "CRON_TZ=Europe/Berlin 30 2 29 10 *", duration: 1h`, "2000-10-29", "29 00:30", "29 02:20", 12},
		"a day without a midnight": {`schedule: "CRON_TZ=America/Santiago 0 0 15 10 *", duration: 1h`, "2000-10-15", "15 04:00", "15 04:50", 6},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin, err := time.Parse(time.DateOnly, tt.day)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Until(begin))
				j := job(t, "http://login.example")
				p := *j.Probe
				p.Schedule = "*/10 * * * *"
				j.Probe, j.Maintenance = &p, announced(t, tt.form)
				w := newWatch(t, app.EngineOptions{Runner: welcoming{}}, j)
				tasks, err := w.Tasks(w.jobs)
				if err != nil {
					t.Fatal(err)
				}
				planner := plan.New(plan.Options{Planned: w.Executor.Planned})
				if err := planner.Replace(tasks); err != nil {
					t.Fatal(err)
				}
				planner.Start()
				time.Sleep(48*time.Hour + 5*time.Minute)
				if err := planner.Stop(t.Context()); err != nil {
					t.Fatal(err)
				}
				skips := w.notes.skips
				for _, s := range skips {
					if s.Reason != loginwatch.ReasonMaintenance || s.Detail != "r" || !s.Until.After(s.Planned) {
						t.Errorf("%+v", s)
					}
				}
				if len(skips) != tt.many || len(skips)+len(w.notes.runs) != 2*24*6+1 { // at midnight of the third day, too
					t.Fatalf("%d skipped, want %d; %d run", len(skips), tt.many, len(w.notes.runs))
				}
				if first, last := skips[0].Due.Format("02 15:04"), skips[len(skips)-1].Due.Format("02 15:04"); first != tt.first || last != tt.last {
					t.Errorf("skipped from %s to %s, want %s to %s", first, last, tt.first, tt.last)
				}
			})
		})
	}
}

// announced gives a maintenance of that form.
func announced(t *testing.T, form string) []loginwatch.Maintenance {
	t.Helper()
	conf := "maintenance: [{reason: r, " + form + "}]\ntargets: {here: {vendor: example, base_url: http://localhost, secrets: {password: env:P, session: env:S}}}\n"
	jobs := sourced(t, t.TempDir(), conf)
	return jobs[0].Maintenance
}

// What was planned before a maintenance does not begin within it, and what was planned
// within it is not made up for after it, as when the machine slept or its clock was set.
func TestMaintenanceAndLateSlots(t *testing.T) {
	begin := time.Date(2026, 12, 5, 22, 0, 0, 0, time.UTC)
	end := begin.Add(4 * time.Hour)
	for _, tt := range []struct {
		planned, now time.Time
		reading      time.Duration // of its secrets
		skipped      bool
	}{
		{begin.Add(-time.Second), begin.Add(-1), 0, false},
		{begin.Add(-time.Second), begin, 0, true},
		{end.Add(-1), end, 0, true},
		{end, end, 0, false},
		{end, begin.Add(time.Hour), 0, true}, // the clock was set back
		{begin.Add(-time.Second), end, 0, false},
		{begin.Add(-9 * time.Second), begin.Add(-9 * time.Second), 9 * time.Second, true},
		{begin.Add(-9 * time.Second), begin.Add(-9 * time.Second), 8 * time.Second, false},
	} {
		j := job(t, "http://login.example")
		target := *j.Target
		target.Secrets = slowly{target.Secrets, func() { tt.now, tt.reading = tt.now.Add(tt.reading), 0 }}
		j.Target = &target
		j.Maintenance = []loginwatch.Maintenance{{Reason: "release", When: window.Once{Since: begin, Until: end}}}
		w := newWatch(t, app.EngineOptions{Runner: welcoming{}, Now: func() time.Time { return tt.now }}, j)
		w.Executor.Execute(t.Context(), j, loginwatch.Slot{Key: j.Key(), Due: tt.planned, Planned: tt.planned})
		if skipped := len(w.notes.skips) == 1; skipped != tt.skipped || len(w.notes.runs)+len(w.notes.skips) != 1 {
			t.Errorf("planned at %s, now %s: skipped %t", tt.planned, tt.now, skipped)
		}
		if !tt.skipped {
			continue
		}
		if s := w.notes.skips[0]; s.Reason != loginwatch.ReasonMaintenance || !s.Until.Equal(end) || s.Detail != "release" {
			t.Errorf("%+v", s)
		}
	}
}

// slowly is told when secrets are read.
type slowly struct {
	loginwatch.SecretSource
	reads func()
}

func (s slowly) Secret(name string) (value string, found bool, err error) {
	s.reads()
	return s.SecretSource.Secret(name)
}

// The page says what is on and until when; a login that is left alone on purpose is no
// silence that nobody knows about.
func TestMaintenanceOnThePage(t *testing.T) {
	now := time.Date(2026, 12, 5, 22, 30, 0, 0, time.UTC)
	j := job(t, "http://login.example")
	j.Maintenance = []loginwatch.Maintenance{{Reason: "release of <the> core", When: window.Once{Since: now.Add(-time.Hour), Until: now.Add(time.Hour)}}}
	w := newWatch(t, app.EngineOptions{Runner: welcoming{}, Now: func() time.Time { return now }}, j)
	for i := range 5 {
		at := now.Add(time.Duration(i-5) * time.Minute)
		w.Executor.Execute(t.Context(), j, loginwatch.Slot{Key: j.Key(), Due: at, Planned: at})
	}
	row, text, err := page(w.Engine, j)
	if err != nil {
		t.Fatal(err)
	}
	if m := row.Maintenance; row.Stale || m == nil || m.Reason != "release of <the> core" || !m.Until.Equal(now.Add(time.Hour)) {
		t.Errorf("%+v", row)
	}
	for _, want := range []string{"1 in maintenance.", "It has not run yet.", "Maintenance:</b> release of <the> core, over <time", ">in 1 h</time>", "<small>Skipped so far, 5 times</small>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(text, "Maintenance is announced") {
		t.Error("the page says it again")
	}
}

// Logins of which the same is announced share one list, so that what looks at all of them
// at once looks into each calendar once.
func TestMaintenanceIsShared(t *testing.T) {
	conf := "maintenance: [{reason: r, targets: [one, two], from: '00:00', to: '12:00'}, {reason: s, targets: [three], from: '00:00', to: '12:00'}]\ntargets:\n"
	for _, name := range []string{"one", "two", "three"} {
		conf += "  " + name + ": {vendor: example, base_url: http://localhost, secrets: {password: env:P, session: env:S}}\n"
	}
	lists := map[*loginwatch.Maintenance]bool{}
	for _, j := range sourced(t, t.TempDir(), conf) {
		if len(j.Maintenance) != 1 || (j.Maintenance[0].Reason == "s") != (j.Target.Name == "three") {
			t.Errorf("%s: %+v", j.Target.Name, j.Maintenance)
		}
		lists[&j.Maintenance[0]] = true
	}
	if len(lists) != 2 {
		t.Errorf("%d lists, want 2", len(lists))
	}
}

// Who verifies some vendors is told of what is on for those alone, and of what is over;
// whoever looks a configuration through sees all of it.
func TestWhatIsAnnounced(t *testing.T) {
	now := time.Now()
	announced := func(line int, reason string, from, to time.Duration) loginwatch.Maintenance {
		return loginwatch.Maintenance{Reason: reason, Pos: loginwatch.Pos{File: "f", Line: line}, When: window.Once{Since: now.Add(from), Until: now.Add(to)}}
	}
	release := announced(2, "release", -time.Hour, 2*time.Hour)
	ours, theirs := &loginwatch.Contract{Vendor: "ours"}, &loginwatch.Contract{Vendor: "theirs"}
	theirs.Maintenance = []loginwatch.Maintenance{announced(1, "theirs alone", -time.Hour, time.Hour)}
	jobs := []loginwatch.Job{
		{Probe: &loginwatch.Probe{Contract: ours}, Maintenance: []loginwatch.Maintenance{release, announced(3, "done", -2*time.Hour, -time.Hour), announced(4, "later", time.Hour, 3*time.Hour)}},
		{Probe: &loginwatch.Probe{Contract: theirs}, Maintenance: []loginwatch.Maintenance{release}},
	}
	at := func(d time.Duration) string { return now.Add(d).UTC().Format(time.RFC3339) }
	const on = ": serve tries none of its logins meanwhile, verify does\n"
	for _, tt := range []struct {
		name      string
		jobs      []loginwatch.Job
		contracts []*loginwatch.Contract
		want      string
	}{
		{"of one vendor", jobs, []*loginwatch.Contract{ours}, "loginwatch: warning: f:2: maintenance (release) is on until " + at(2*time.Hour) + on + "loginwatch: warning: f:3: maintenance (done) is over: it can be removed\n"},
		{"without a configuration", nil, []*loginwatch.Contract{theirs}, "loginwatch: warning: f:1: maintenance (theirs alone) is on until " + at(time.Hour) + on},
		{"of nobody", jobs, nil, ""},
	} {
		var out strings.Builder
		if app.WarnOfMaintenance(&out, tt.jobs, tt.contracts); out.String() != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, out.String(), tt.want)
		}
	}
	want := []string{
		"f:1: maintenance (theirs alone) of 1 of 2 logins: on until " + at(time.Hour),
		"f:2: maintenance (release) of 2 of 2 logins: on until " + at(2*time.Hour),
		"f:3: maintenance (done) of 1 of 2 logins: over",
		"f:4: maintenance (later) of 1 of 2 logins: next from " + at(time.Hour) + " for 2h",
	}
	if got := app.Maintenance(jobs, now); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// What names a vendor or a target without a login changes nothing there, and that is told with
// its place: who wrote it believes that no login is tried.
func TestMaintenanceOfNoLogin(t *testing.T) {
	for name, tt := range map[string]struct{ named, want string }{
		"all":                     {"", ""},
		"a vendor with a login":   {", vendors: [signzy-ezkra]", ""},
		"a target with a login":   {", targets: [first]", ""},
		"a vendor without":        {", vendors: [netxd]", `1:68: maintenance (move) is of the vendor "netxd", of which no login is watched`},
		"one with, one without":   {", vendors: [signzy-ezkra, netxd]", `1:82: maintenance (move) is of the vendor "netxd", of which no login is watched`},
		"no probe of the target":  {", targets: [second]", `1:68: maintenance (move) is of the target "second", of which no login is watched`},
		"a vendor that nobody is": {", vendors: [nobody]", ""}, // a problem, and no warning beside it
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "loginwatch.yaml")
			text := "maintenance: [{reason: move, from: '01:00', to: '02:00'" + tt.named + "}]\ntargets:\n"
			for _, target := range []string{"first", "second"} {
				text += "  " + target + ": {vendor: signzy-ezkra, base_url: 'https://login.example.com', secrets: {username: env:PATH, password: env:HOME}}\n"
			}
			text += "probes: {signzy-ezkra/login: {targets: [first]}}\n"
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			files, problems := app.Files{Config: file}.Read()
			if (len(problems) > 0) != (name == "a vendor that nobody is") {
				t.Fatal(problems)
			}
			var said strings.Builder
			app.WarnOfIdleMaintenance(&said, files)
			want := tt.want
			if want != "" {
				want = "loginwatch: warning: " + file + ":" + want + "\n"
			}
			if len(problems) == 0 && said.String() != want {
				t.Errorf("said %q, want %q", said.String(), want)
			}
		})
	}
}
