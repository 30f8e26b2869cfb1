package web

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
)

// Overview is the answer of /api/v1/probes, version 1, and what the page shows.
// Times are UTC, durations seconds; what is not known is null or absent.
type Overview struct {
	Version   int       `json:"version"`
	Generated time.Time `json:"generated"`
	Summary   Summary   `json:"summary"`
	Found     int       `json:"found"`  // probes that find fits, on all pages
	Page      int       `json:"page"`   // of Pages
	Pages     int       `json:"pages"`  // of Found
	Probes    []Probe   `json:"probes"` // those that need a look first
}

// Summary counts all probes, shown or not.
type Summary struct {
	Probes     int  `json:"probes"`
	Fine       int  `json:"fine"`
	Waiting    int  `json:"waiting"` // without a run so far
	Stale      int  `json:"stale"`
	Resting    int  `json:"resting"`     // whose credential is suspended for some time yet
	Maintained int  `json:"maintained"`  // of which maintenance is on
	OurNetwork bool `json:"our_network"` // nobody answers, so it is most likely us

	silent int                        // not probed for a while, and not meant to rest
	rests  map[loginwatch.Refusal]int // by what the rest is about
}

// Probe is the state of one probe against one target.
type Probe struct {
	Vendor          string             `json:"vendor"`
	Title           string             `json:"title"`
	Probe           string             `json:"probe"`
	Target          string             `json:"target"`
	Address         string             `json:"address"` // base URL of the target
	Schedule        string             `json:"schedule"`
	IntervalSeconds float64            `json:"interval_seconds"`
	State           State              `json:"state"`
	Fine            bool               `json:"fine"`
	Stale           bool               `json:"stale"` // three slots passed without a run, or the next is not planned any more
	Verdict         loginwatch.Verdict `json:"verdict"`
	Reason          loginwatch.Reason  `json:"reason"`
	Blame           advice.Blame       `json:"blame"`
	Answer          string             `json:"answer"`
	Next            string             `json:"next"` // the first thing to do; "" when there is nothing
	LastRun         *Run               `json:"last_run"`
	LastFailure     *Run               `json:"last_failure"`
	LastSuccess     *time.Time         `json:"last_success"`
	LastSkip        *Skip              `json:"skip"` // since the last run
	Maintenance     *Maintenance       `json:"maintenance"`
	NextDue         *time.Time         `json:"next_due"`
	Credential      *Credential        `json:"credential"`
	History         []Past             `json:"history"`          // the last 20 runs, oldest first
	Failures        []Past             `json:"earlier_failures"` // before these, oldest first

	rests bool // on purpose, while the planner is in time
}

// Maintenance is why no login is tried now, and until when; that is nil without an end
// within a year.
type Maintenance struct {
	Reason string     `json:"reason"`
	Until  *time.Time `json:"until"`
}

// State is a verdict, or [Waiting].
type State string

// Waiting is the state of a probe without a run.
const Waiting State = "waiting"

// Past is one run of the history.
type Past struct {
	ID      string             `json:"run"`
	Started time.Time          `json:"started"`
	Seconds float64            `json:"duration_seconds"`
	Verdict loginwatch.Verdict `json:"verdict"`
	Reason  loginwatch.Reason  `json:"reason"`
}

// Run is a run with what it found.
type Run struct {
	Past
	Detail          string               `json:"detail"`
	Case            string               `json:"case"`        // of the step that decided; "" when nothing was sent
	HTTPStatus      int                  `json:"http_status"` // of that step; 0 when no answer came
	Outcome         string               `json:"outcome"`
	Token           *Token               `json:"token"`
	Findings        []loginwatch.Finding `json:"findings"`
	FindingsLeftOut int                  `json:"findings_left_out"`

	signs []loginwatch.Sign // for the advice
}

// Token is what is known of the token of a run.
type Token struct {
	LifetimeSeconds   *float64 `json:"lifetime_seconds"`
	DocumentedSeconds float64  `json:"documented_lifetime_seconds"` // 0 when undocumented
}

// Skip is the last slot that was not run, and how many in a row, or how many at least:
// those that this process knows of.
type Skip struct {
	Due    time.Time         `json:"due"`
	Reason loginwatch.Reason `json:"reason"`
	Count  int               `json:"count"`

	AtLeast bool `json:"-"`
	// Refusal is what the suspension of the credential rests on; absent for
	// other reasons.
	Refusal loginwatch.Refusal `json:"refusal,omitempty"`
}

// Credential is what is left of a credential's budget.
type Credential struct {
	Name      string     `json:"name"`
	Known     bool       `json:"known"` // false before its first use and when the store can't be read
	Remaining int        `json:"remaining"`
	Suspended bool       `json:"suspended"`
	Until     *time.Time `json:"until"`
	// Refusal is what the suspension rests on; absent without one.
	Refusal loginwatch.Refusal `json:"refusal,omitempty"`
	// Next is how the secret stands that is to take its place, or has; absent without one.
	Next loginwatch.NextStanding `json:"next_secret,omitempty"`
	next loginwatch.NextState
}

// NextSays is what there is to say of the next secret; "" without one.
func (c Credential) NextSays() string { return advice.ForNext(c.next).Says }

// staleAfter is how many slots in a row may be skipped, and graceful how long
// the next one may be overdue, before silence is reported as such. No interval
// is guessed: the night of a probe for office hours is no silence.
const (
	staleAfter = 3
	graceful   = time.Minute
)

// liveState is what an overview needs beside the board.
type liveState struct {
	ledger   loginwatch.Ledger
	upcoming func() []loginwatch.Slot
}

func (b *Board) overview(ctx context.Context, s liveState, q query) (Overview, error) {
	now := b.now().UTC()
	states, err := s.credentials(ctx, now)
	next := map[loginwatch.Key]time.Time{}
	if s.upcoming != nil {
		for _, slot := range s.upcoming() {
			next[slot.Key] = slot.Planned.UTC()
		}
	}
	o := Overview{Version: 1, Generated: now, Page: q.page, Probes: []Probe{}}
	all := tally{Summary: Summary{rests: map[loginwatch.Refusal]int{}}, unreachable: map[string]bool{}}
	var found []ranked
	b.mu.Lock()
	defer b.mu.Unlock()
	maintenance := loginwatch.NewMaintenanceAt(now)
	probe := func(e *entry) Probe { return e.probe(now, next[e.job.Key()], states, maintenance) }
	for _, e := range b.jobs {
		p := probe(e)
		all.add(p)
		if q.finds(e) {
			found = append(found, ranked{e, urgency(p)})
		}
	}
	o.Summary = all.summary()
	slices.SortStableFunc(found, ranked.compare)
	o.Found, o.Pages = len(found), q.pages(len(found))
	from, to := q.cut(len(found))
	for _, r := range found[from:to] {
		p := probe(r.entry)
		p.History, p.Failures = append(p.History, r.runs...), append(p.Failures, r.failures...)
		o.Probes = append(o.Probes, p)
	}
	return o, err
}

// ranked is a job with how urgently a person should look at it.
type ranked struct {
	*entry
	urgency int
}

func (a ranked) compare(b ranked) int {
	x, y := a.job.Key(), b.job.Key()
	return cmp.Or(cmp.Compare(a.urgency, b.urgency), cmp.Compare(x.Vendor, y.Vendor), cmp.Compare(x.Probe, y.Probe), cmp.Compare(x.Target, y.Target))
}

func (s liveState) credentials(ctx context.Context, now time.Time) (map[string]loginwatch.CredentialState, error) {
	byName := map[string]loginwatch.CredentialState{}
	if s.ledger == nil {
		return byName, nil
	}
	states, err := s.ledger.Credentials(ctx, now)
	for _, st := range states {
		byName[st.Credential] = st
	}
	return byName, err
}

// skipNow is the last skip in the words that hold by now: what a suspension rests
// on may have become certain since, and a row tells one story.
func (e *entry) skipNow(st loginwatch.CredentialState) *Skip {
	if e.skip == nil || e.skip.Reason != loginwatch.ReasonSuspended || !st.Suspended {
		return e.skip
	}
	s := *e.skip
	s.Refusal = st.Refusal
	return &s
}

// probe is what is known of the job but for its history.
func (e *entry) probe(now, next time.Time, states map[string]loginwatch.CredentialState, maintenance *loginwatch.MaintenanceAt) Probe {
	k, name := e.job.Key(), e.job.Target.Credential
	st, known := states[name]
	p := Probe{
		Vendor: k.Vendor, Title: e.job.Probe.Contract.Title, Probe: k.Probe, Target: k.Target,
		Address: e.job.Target.BaseURL.String(), Schedule: e.job.Probe.Schedule, IntervalSeconds: e.job.Interval.Seconds(),
		State: Waiting, Blame: advice.Unknown, Answer: "It has not run yet.",
		LastRun: e.last, LastFailure: e.lastFailure, LastSuccess: instant(e.lastSuccess), LastSkip: e.skipNow(st),
		NextDue: instant(next), History: []Past{}, Failures: []Past{},
	}
	switch {
	case known && name != "":
		p.Credential = &Credential{Name: name, Known: true, Remaining: st.Remaining, Suspended: st.Suspended, Until: instant(st.Until), Refusal: st.Refusal, Next: st.Next.Standing, next: st.Next}
	case name != "":
		p.Credential = &Credential{Name: name}
	}
	if e.last != nil {
		p.State, p.Verdict, p.Reason = State(e.last.Verdict), e.last.Verdict, e.last.Reason
		a := advice.For(p.Verdict, p.Reason, e.last.signs...)
		p.Blame, p.Answer, p.Next = a.Blame, sentence(a.Says), sentence(a.Next)
	}
	overdue := !next.IsZero() && now.Sub(next) > graceful
	p.rests = !overdue && st.Suspended && st.Until.After(now) // until then nothing is sent, on purpose
	if m, until, in := maintenance.Of(e.job); in {
		p.Maintenance = &Maintenance{Reason: m.Reason, Until: instant(until)}
	}
	if overdue || e.skip != nil && e.skip.Count >= staleAfter && e.skip.Reason != loginwatch.ReasonMaintenance {
		p.Stale = true
		if p.Verdict == loginwatch.OK || p.State == Waiting {
			p.Blame, p.Answer = advice.Us, "It was not probed for a while: nobody knows whether it works."
			if p.rests {
				a := advice.ForSkip(loginwatch.ReasonSuspended, st.Refusal)
				p.Blame, p.Answer, p.Next = a.Blame, "It was not probed for a while: "+a.Says+".", sentence(a.Next)
			}
		}
	}
	if p.LastSkip != nil && p.State == Waiting && (!p.rests || !p.Stale) {
		if !p.SkippedForMaintenance() {
			p.Answer += " " + skipText(p.LastSkip)
		}
		p.Next = sentence(advice.ForSkip(p.LastSkip.Reason, p.LastSkip.Refusal).Next)
	}
	p.Fine = p.Verdict == loginwatch.OK && !p.Stale
	return p
}

// Resting tells whether nothing is probed because the credential rests.
func (p Probe) Resting() bool { return p.rests }

// SkippedForMaintenance tells whether the last slot was skipped for a maintenance that is told
// already, since it is still on.
func (p Probe) SkippedForMaintenance() bool {
	return p.Maintenance != nil && p.LastSkip != nil && p.LastSkip.Reason == loginwatch.ReasonMaintenance
}

// SkipSays is why the last slot was skipped, where nothing has said so yet.
func (p Probe) SkipSays() string {
	if p.LastSkip == nil || p.SkippedForMaintenance() {
		return ""
	}
	if says := skipText(p.LastSkip); !strings.Contains(p.Answer, says) {
		return says
	}
	return ""
}

// SkippedUntil is when maintenance is over, or the credential is tried again, where the
// next slot comes before that and so is no login; nil otherwise.
func (p Probe) SkippedUntil() *time.Time {
	if m := p.Maintenance; m != nil && m.Until != nil && p.NextDue != nil && p.NextDue.Before(*m.Until) {
		return m.Until
	}
	if !p.rests || p.NextDue == nil || !p.NextDue.Before(*p.Credential.Until) {
		return nil
	}
	return p.Credential.Until
}

// tally is what a summary is made from.
type tally struct {
	Summary
	unreachable map[string]bool // vendors that nobody could reach
	reached     bool
}

// add counts a probe.
func (t *tally) add(p Probe) {
	t.Probes++
	switch {
	case p.Fine:
		t.Fine++
	case p.State == Waiting:
		t.Waiting++
	}
	if p.Stale {
		t.Stale++
		if !p.Resting() {
			t.silent++
		}
	}
	if p.Maintenance != nil {
		t.Maintained++
	}
	if p.Resting() {
		t.Resting++
		t.rests[p.Credential.Refusal]++
	}
	if p.Verdict == loginwatch.Unavailable && p.Blame == advice.VendorOrNetwork {
		t.unreachable[p.Vendor] = true
	} else if p.State != Waiting && p.Verdict != loginwatch.Broken { // a run that broke on our side reached nobody
		t.reached = true
	}
}

func (t *tally) summary() Summary {
	t.OurNetwork = !t.reached && len(t.unreachable) > 1
	return t.Summary
}

// urgency orders what a person should look at first.
func urgency(p Probe) int {
	switch {
	case p.Fine:
		return 3
	case p.State == Waiting && !p.Stale:
		return 2
	case p.Stale:
		return 1
	}
	return 0
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
