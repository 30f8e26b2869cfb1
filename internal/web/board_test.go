package web

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
)

// Whatever a run or a skipped slot says, the page answers with the advice for it.
func TestEveryReasonHasAnAnswer(t *testing.T) {
	for _, v := range loginwatch.Verdicts {
		for _, r := range append(slices.Clone(loginwatch.Reasons), "", "a reason of tomorrow") {
			b := NewBoard(func() time.Time { return start })
			b.SetJobs([]loginwatch.Job{job("acme")})
			a := advice.For(v, r)
			if v == loginwatch.Skipped {
				recorded(t, b.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: loginwatch.Slot{Key: loginwatch.Key{Vendor: "acme", Probe: "login", Target: "production"}, Due: start}, Reason: r}))
				a.Blame, a.Says = advice.Unknown, "it has not run yet. "+sentence(a.Says)
			} else {
				recorded(t, b.RecordRun(t.Context(), run("acme", start, v, r, 0)))
				a.Says += "."
			}
			p := overview(t, b).Probes[0]
			if p.Blame != a.Blame || !strings.EqualFold(p.Answer, a.Says) || p.Next != sentence(a.Next) {
				t.Errorf("%s, %q: got %q %q %q, want %+v", v, r, p.Blame, p.Answer, p.Next, a)
			}
			if strings.Contains(p.Answer, "..") || strings.ToUpper(p.Answer[:1]) != p.Answer[:1] {
				t.Errorf("%s, %q: %q is no sentence", v, r, p.Answer)
			}
		}
	}
}

func overview(t *testing.T, b *Board) Overview {
	t.Helper()
	r, err := b.overview(t.Context(), liveState{}, everything)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFailuresAreKeptLonger(t *testing.T) {
	b := NewBoard(func() time.Time { return start })
	b.SetJobs([]loginwatch.Job{job("acme")})
	record := func(i int, v loginwatch.Verdict) {
		r := run("acme", start.Add(time.Duration(i)*time.Second), v, "", 200)
		r.ID = fmt.Sprint(i)
		recorded(t, b.RecordRun(t.Context(), r))
	}
	record(0, loginwatch.Drift)
	for i := range 100 {
		record(i+1, loginwatch.OK)
	}
	p := overview(t, b).Probes[0]
	if len(p.History) != keepRuns || p.History[keepRuns-1].ID != "100" {
		t.Errorf("%d runs, the last one %s", len(p.History), p.History[len(p.History)-1].ID)
	}
	if len(p.Failures) != 1 || p.Failures[0].ID != "0" || p.LastFailure == nil || p.LastFailure.ID != "0" {
		t.Errorf("the failure is gone: %+v", p.Failures)
	}
	for i := range 100 {
		record(i+101, loginwatch.Unavailable)
	}
	p = overview(t, b).Probes[0]
	if len(p.Failures) != keepFailures || p.Failures[keepFailures-1].ID != "180" {
		t.Errorf("%d failures, the last one %s", len(p.Failures), p.Failures[len(p.Failures)-1].ID)
	}
}

func TestFindingsAreBounded(t *testing.T) {
	b := NewBoard(func() time.Time { return start })
	b.SetJobs([]loginwatch.Job{job("acme")})
	findings := make([]loginwatch.Finding, 1000)
	for i := range findings {
		findings[i] = loginwatch.Finding{Class: loginwatch.Additive, Kind: loginwatch.KindExtra}
	}
	findings[999].Class = loginwatch.Breaking
	recorded(t, b.RecordRun(t.Context(), run("acme", start, loginwatch.Drift, loginwatch.ReasonContract, 200, findings...)))
	last := overview(t, b).Probes[0].LastRun
	if len(last.Findings) != keepFindings || last.FindingsLeftOut != 950 || last.Findings[0].Class != loginwatch.Breaking {
		t.Errorf("%d findings, %d left out, first %s", len(last.Findings), last.FindingsLeftOut, last.Findings[0].Class)
	}
}

func TestReloadKeepsHistory(t *testing.T) {
	b := NewBoard(func() time.Time { return start })
	b.SetJobs([]loginwatch.Job{job("stays"), job("leaves")})
	for _, v := range []string{"stays", "leaves", "unknown"} {
		recorded(t, b.RecordRun(t.Context(), run(v, start, loginwatch.OK, "", 200)))
		recorded(t, b.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: loginwatch.Slot{Key: loginwatch.Key{Vendor: v, Probe: "login", Target: "production"}}, Reason: loginwatch.ReasonOverlap}))
	}
	changed := job("stays")
	changed.Probe.Schedule = "@hourly"
	b.SetJobs([]loginwatch.Job{changed, job("new"), changed})
	recorded(t, b.RecordRun(t.Context(), run("leaves", start, loginwatch.OK, "", 200)))
	r := overview(t, b)
	if len(r.Probes) != 2 || r.Probes[0].Vendor != "new" || r.Probes[1].Vendor != "stays" {
		t.Fatalf("got %+v", r.Probes)
	}
	if p := r.Probes[1]; len(p.History) != 1 || p.Schedule != "@hourly" || p.LastSkip == nil {
		t.Errorf("got %+v", p)
	}
}

func TestSkipsAreCountedSinceTheLastRun(t *testing.T) {
	b := NewBoard(func() time.Time { return start })
	b.SetJobs([]loginwatch.Job{job("acme")})
	s := loginwatch.Slot{Key: loginwatch.Key{Vendor: "acme", Probe: "login", Target: "production"}, Due: start}
	recorded(t, b.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: s, Reason: loginwatch.ReasonOverlap}))
	recorded(t, b.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: s, Reason: loginwatch.ReasonSuspended}))
	if p := overview(t, b).Probes[0]; p.LastSkip.Count != 2 || p.LastSkip.Reason != loginwatch.ReasonSuspended || p.State != Waiting {
		t.Errorf("got %+v", p.LastSkip)
	}
	recorded(t, b.RecordRun(t.Context(), run("acme", start, loginwatch.OK, "", 200)))
	if p := overview(t, b).Probes[0]; p.LastSkip != nil {
		t.Errorf("got %+v", p.LastSkip)
	}
}

// Silence is never success: neither that of a planner that hangs, nor slots that
// pass without a run. That the schedule leaves the night out is no silence.
func TestStale(t *testing.T) {
	c := &clock{start}
	b := NewBoard(c.now)
	b.SetJobs([]loginwatch.Job{job("fine"), job("overdue"), job("idle"), job("skipped")})
	for _, vendor := range []string{"fine", "overdue", "skipped"} {
		recorded(t, b.RecordRun(t.Context(), run(vendor, start, loginwatch.OK, "", 200)))
	}
	c.at = start.Add(15 * time.Hour)
	slots := map[string]time.Time{"fine": c.at.Add(time.Hour), "overdue": c.at, "idle": c.at, "skipped": c.at}
	look := func() Overview {
		r, err := b.overview(t.Context(), liveState{upcoming: func() (next []loginwatch.Slot) {
			for vendor, at := range slots {
				next = append(next, loginwatch.Slot{Key: loginwatch.Key{Vendor: vendor, Probe: "login", Target: "production"}, Planned: at})
			}
			return next
		}}, everything)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	skipped := loginwatch.Slot{Key: loginwatch.Key{Vendor: "skipped", Probe: "login", Target: "production"}}
	recorded(t, b.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: skipped, Reason: loginwatch.ReasonOverlap}))
	recorded(t, b.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: skipped, Reason: loginwatch.ReasonOverlap}))
	c.at = c.at.Add(time.Minute)
	if s := look().Summary; s.Fine != 3 || s.Stale != 0 || s.Waiting != 1 {
		t.Errorf("in time: %+v", s)
	}
	recorded(t, b.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: skipped, Reason: loginwatch.ReasonOverlap}))
	slots["skipped"] = c.at.Add(time.Hour)
	c.at = c.at.Add(time.Second)
	r := look()
	if s := r.Summary; s.Fine != 1 || s.Stale != 3 {
		t.Errorf("too late: %+v", s)
	}
	for _, p := range r.Probes {
		if p.Stale && (p.Fine || p.Blame != advice.Us) {
			t.Errorf("%s: %+v", p.Vendor, p)
		}
	}
}

func TestOurNetwork(t *testing.T) {
	type last struct {
		v loginwatch.Verdict
		r loginwatch.Reason
	}
	dns, timeout := last{loginwatch.Unavailable, loginwatch.ReasonDNS}, last{loginwatch.Unavailable, loginwatch.ReasonTimeout}
	for name, tt := range map[string]struct {
		lasts []last
		want  bool
	}{
		"all vendors":           {[]last{dns, timeout, {}}, true},
		"one vendor alone":      {[]last{dns, {}}, false},
		"another one answers":   {[]last{dns, timeout, {loginwatch.Drift, loginwatch.ReasonContract}}, false},
		"an error is an answer": {[]last{dns, timeout, {loginwatch.Unavailable, loginwatch.ReasonHTTP5xx}}, false},
	} {
		b := NewBoard(func() time.Time { return start })
		jobs := []loginwatch.Job{job("a"), job("b"), job("c")}
		b.SetJobs(jobs)
		for i, l := range tt.lasts {
			if l.v != "" {
				recorded(t, b.RecordRun(t.Context(), run(jobs[i].Key().Vendor, start, l.v, l.r, 0)))
			}
		}
		if got := overview(t, b).Summary.OurNetwork; got != tt.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestHeadline(t *testing.T) {
	for _, tt := range []struct {
		s              Summary
		headline, mood string
	}{
		{Summary{}, "No login is being watched.", "waiting"},
		{Summary{Probes: 1, Fine: 1}, "The login is fine.", "ok"},
		{Summary{Probes: 5, Fine: 5}, "All 5 logins are fine.", "ok"},
		{Summary{Probes: 5, Fine: 4}, "4 of 5 logins are fine.", "bad"},
		{Summary{Probes: 5, Fine: 1}, "1 of 5 logins is fine.", "bad"},
		{Summary{Probes: 5}, "0 of 5 logins are fine.", "bad"},
		{Summary{Probes: 5, Waiting: 5}, "No login has been tried yet.", "waiting"},
		{Summary{Probes: 5, Fine: 3, Waiting: 2}, "3 of 5 logins are fine.", "waiting"},
		{Summary{Probes: 5, Fine: 3, Waiting: 2, Stale: 1}, "3 of 5 logins are fine.", "bad"},
		{Summary{Probes: 5, Fine: 3, Waiting: 1}, "3 of 5 logins are fine.", "bad"},
	} {
		v := view{Overview: Overview{Summary: tt.s}}
		if v.Headline() != tt.headline || v.Mood() != tt.mood {
			t.Errorf("%+v: got %q, %s", tt.s, v.Headline(), v.Mood())
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 400 * time.Millisecond: "0 s", 59 * time.Second: "59 s", time.Minute: "1 min", 90 * time.Second: "1 min 30 s",
		12*time.Minute + 30*time.Second: "12 min", time.Hour + 59*time.Second: "1 h", 25 * time.Hour: "1 d 1 h", 14 * 24 * time.Hour: "14 d",
		-time.Minute: "-1 min",
	} {
		if got := span(d); got != want {
			t.Errorf("%s: got %q, want %q", d, got, want)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	opts, _ := gallery(t)
	h := Handler(opts)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for i := range 30 {
				recorded(t, opts.Board.RecordRun(t.Context(), run("steady", start, loginwatch.OK, "", 200)))
				recorded(t, opts.Board.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: loginwatch.Slot{Key: loginwatch.Key{Vendor: "drifty", Probe: "login", Target: "production"}}, Reason: loginwatch.ReasonOverlap}))
				if i%10 == 0 {
					opts.Board.SetJobs([]loginwatch.Job{job("steady"), job("drifty")})
				}
				get(t, h, "/")
				get(t, h, "/api/v1/probes")
			}
		})
	}
	wg.Wait()
}

// Where a refusal is only possible no part of a row says that there was one, and
// what has become certain since the last skip is said everywhere.
func TestARowTellsOneStory(t *testing.T) {
	for name, tt := range map[string]struct {
		skipped, now loginwatch.Refusal
		ran          bool
		words, never string
	}{
		"possible":            {loginwatch.RefusalPossible, loginwatch.RefusalPossible, true, "may have been refused", "was refused"},
		"possible, no run":    {loginwatch.RefusalPossible, loginwatch.RefusalPossible, false, "may have been refused", "was refused"},
		"certain":             {loginwatch.RefusalCertain, loginwatch.RefusalCertain, true, "was refused", "may have been"},
		"certain in the end":  {loginwatch.RefusalPossible, loginwatch.RefusalCertain, true, "was refused", "may have been"},
		"certain, and no run": {loginwatch.RefusalPossible, loginwatch.RefusalCertain, false, "was refused", "may have been"},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewBoard(func() time.Time { return start })
			b.SetJobs([]loginwatch.Job{job("acme")})
			if tt.ran {
				recorded(t, b.RecordRun(t.Context(), run("acme", start, loginwatch.Drift, loginwatch.ReasonContract, 200)))
			}
			recorded(t, b.RecordSkip(t.Context(), loginwatch.SkippedSlot{
				Slot: loginwatch.Slot{Key: job("acme").Key(), Due: start}, Reason: loginwatch.ReasonSuspended, Refusal: tt.skipped,
			}))
			states := []loginwatch.CredentialState{{Credential: "acme-production", Suspended: true, Refusal: tt.now, Until: start.Add(time.Hour)}}
			_, page := get(t, Handler(Options{Board: b, Ledger: ledger{states: states}}), "/")
			row, _, _ := strings.Cut(rows(t, page)["acme"], "● ok: as documented") // the legend
			if strings.Count(row, tt.words) < 2 || strings.Contains(row, tt.never) {
				t.Errorf("want %q twice and never %q in: %s", tt.words, tt.never, row)
			}
			_, page = get(t, Handler(Options{Board: b}), "/") // nobody knows more than the skip said
			if alone := rows(t, page)["acme"]; !strings.Contains(alone, "after it "+advice.Refused(tt.skipped)) {
				t.Errorf("without a ledger the row does not say what the skip said: %s", alone)
			}
			_, api := get(t, Handler(Options{Board: b, Ledger: ledger{states: states}}), "/api/v1/probes")
			if strings.Count(api, `"refusal": "`+string(tt.now)+`"`) != 2 {
				t.Errorf("the API tells two stories: %s", api)
			}
		})
	}
}

// What became of the next secret stands beside the credential, on the page and in the API.
func TestNextSecretIsShown(t *testing.T) {
	for standing, words := range map[loginwatch.NextStanding]string{
		"":                       "",
		loginwatch.NextWaiting:   "will try the next secret",
		loginwatch.NextRefused:   "the next secret was refused",
		loginwatch.NextUndecided: "it is not tried again",
		loginwatch.NextTakenOver: "every login uses it",
	} {
		b := NewBoard(func() time.Time { return start })
		b.SetJobs([]loginwatch.Job{job("acme")})
		states := []loginwatch.CredentialState{{Credential: "acme-production", Remaining: 3, Next: loginwatch.NextState{Standing: standing, Refusal: loginwatch.RefusalCertain}}}
		o := Options{Board: b, Ledger: ledger{states: states}}
		_, page := get(t, Handler(o), "/")
		row := rows(t, page)["acme"]
		if !strings.Contains(row, words) || words == "" && strings.Contains(row, "next secret") {
			t.Errorf("%q is not told as %q: %s", standing, words, row)
		}
		_, api := get(t, Handler(o), "/api/v1/probes")
		if strings.Contains(api, `"next_secret": "`+string(standing)+`"`) != (standing != "") {
			t.Errorf("%q: the API says %s", standing, api)
		}
	}
}
