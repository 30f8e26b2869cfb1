package app_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/faulty"
	"github.com/loginwatch/loginwatch/internal/store"
	"github.com/loginwatch/loginwatch/internal/window"
)

// skipping is one way to leave a slot out.
type skipping struct {
	name string
	// before is what the vendor answers to the slot before it; nil when there is none.
	before  func(net.Conn)
	arrange func(*testing.T, *watch) // alters the engine; nil alters nothing
	refusal loginwatch.Refusal
	wanted
}

// slots are those that the ledger refuses to a job, one by one.
func slots() []skipping {
	narrow := func(_ *testing.T, w *watch) {
		w.jobs[0].Probe.Contract.Operations[0].Limit = &loginwatch.RateLimit{Requests: 1, Per: time.Hour}
	}
	sold := func(_ *testing.T, w *watch) {
		w.jobs[0].Probe.Contract.Quota = &loginwatch.Quota{Logins: 1, Per: loginwatch.QuotaMonth}
	}
	// Of one instance no two claim a slot, and memory can always be asked: a ledger of
	// the test answers in its place.
	taken := func(_ *testing.T, w *watch) { w.Executor.Ledger = answering{w.Ledger, loginwatch.ReasonElsewhere, nil} }
	dead := func(_ *testing.T, w *watch) {
		w.Executor.Ledger = answering{w.Ledger, "", errors.New("the disk is full")}
	}
	announced := func(_ *testing.T, w *watch) {
		w.jobs[0].Probe.Contract.Maintenance = []loginwatch.Maintenance{{Reason: "release", When: window.Once{Since: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)}}}
	}
	return []skipping{
		{"refused before", faulty.JSON("401 Unauthorized", refused), nil, loginwatch.RefusalCertain,
			wanted{skip, loginwatch.ReasonSuspended, nil, advice.Credential, words("cools down after it was refused"), 1}},
		{"perhaps refused before", faulty.JSON("404 Not Found", unknown), nil, loginwatch.RefusalPossible,
			wanted{skip, loginwatch.ReasonSuspended, nil, advice.Credential, words("cools down after it may have been refused"), 1}},
		{"asked to wait", faulty.HTTP("503 Service Unavailable", "application/json", unknown, "Retry-After: 3600\r\n"), nil, "",
			wanted{skip, loginwatch.ReasonRetryAfter, nil, advice.VendorOrUs, words("asked us to wait"), 1}},
		{"no room in the documented limit", faulty.JSON("200 OK", success), narrow, "",
			wanted{skip, loginwatch.ReasonRateLimit, nil, advice.Us, words("documented rate limit", "probe less often"), 1}},
		{"no login left of the quota", faulty.JSON("200 OK", success), sold, "",
			wanted{skip, loginwatch.ReasonQuota, nil, advice.Us, words("quota of logins", "used up", "probe less often"), 1}},
		{"another instance has it", nil, taken, "",
			wanted{skip, loginwatch.ReasonElsewhere, nil, advice.Nobody, words("another process runs it or has run it"), 0}},
		{"in maintenance", nil, announced, "",
			wanted{skip, loginwatch.ReasonMaintenance, nil, advice.Nobody, words("maintenance is announced", "goes on by itself"), 0}},
		{"no store", nil, dead, "",
			wanted{skip, loginwatch.ReasonStore, nil, advice.Us, words("store can't be asked"), 0}},
	}
}

// The rest comes from elsewhere than one job's ledger, each by a test of its own.
var (
	stillGoing   = wanted{skip, loginwatch.ReasonOverlap, nil, advice.Us, words("had not told their end"), 1}
	sameUser     = wanted{skip, loginwatch.ReasonOverlap, nil, advice.Us, words("same credential", "had not told their end"), 1}
	slept        = wanted{skip, loginwatch.ReasonMissed, nil, advice.Us, words("passed unseen", "slept"), 1}
	stopping     = wanted{skip, loginwatch.ReasonShutdown, nil, advice.Us, words("stopping"), 1}
	begun        = wanted{skip, loginwatch.ReasonLost, nil, advice.Us, words("was begun", "may have been sent"), 0}
	isConfigured = wanted{skip, loginwatch.ReasonConfigured, nil, advice.Nobody, words("configured already"), 0}
)

// skipped is what all of them want.
func skipped() []wanted {
	all := []wanted{stillGoing, sameUser, slept, stopping, begun, isConfigured}
	for _, s := range slots() {
		all = append(all, s.wanted)
	}
	return all
}

// answering is a ledger that answers every claim alike.
type answering struct {
	loginwatch.Ledger
	reason loginwatch.Reason
	err    error
}

func (a answering) Admit(context.Context, loginwatch.Claim) (loginwatch.Ticket, error) {
	return loginwatch.Ticket{Admission: loginwatch.Admission{Reason: a.reason}}, a.err
}

// held looks at a slot that was not run, and at what the page shows of it.
func (w wanted) held(t *testing.T, e *app.Engine, j loginwatch.Job, s loginwatch.SkippedSlot) {
	t.Helper()
	if s.Reason != w.reason {
		t.Errorf("skipped as %s, want %s", s.Reason, w.reason)
	}
	w.holds(t, advice.ForSkip(s.Reason, s.Refusal))
	row, text, err := page(e, j)
	if err != nil {
		t.Fatal(err)
	}
	if row.LastSkip == nil || row.LastSkip.Reason != w.reason || row.LastSkip.Refusal != s.Refusal {
		t.Errorf("the API shows %+v, want %s", row.LastSkip, w.reason)
	}
	for _, shown := range skipShown(s) {
		if strings.Count(text, shown) != 1 {
			t.Errorf("the page shows %q %d times, and not once", shown, strings.Count(text, shown))
		}
	}
}

// skipShown is what stands on the page, once, of a slot that was not run.
func skipShown(s loginwatch.SkippedSlot) []string {
	if s.Reason == loginwatch.ReasonMaintenance { // which is told while it is on
		return []string{"<b>Maintenance:</b>", "Skipped so far, once"}
	}
	return []string{sentence(advice.ForSkip(s.Reason, s.Refusal).Says), ` <code class="reason">` + string(s.Reason) + "</code>"}
}

// TestReasonsOfSlots reaches the reasons for which the ledger lets a slot be left
// out.
func TestReasonsOfSlots(t *testing.T) {
	for _, tt := range slots() {
		t.Run(tt.name, func(t *testing.T) {
			answer := tt.before
			if answer == nil {
				answer = faulty.Drain
			}
			v := serve(t, answer)
			j := job(t, v.Base())
			w := newWatch(t, app.EngineOptions{Ledger: store.NewMemory(store.Budget{Rejections: 1})}, j)
			if tt.arrange != nil {
				tt.arrange(t, w)
			}
			if tt.before != nil {
				w.slot(t.Context(), j)
			}
			w.slot(t.Context(), j)
			if len(w.notes.skips) != 1 {
				t.Fatalf("%d slots skipped, want 1", len(w.notes.skips))
			}
			if got := w.notes.skips[0].Refusal; got != tt.refusal {
				t.Errorf("refusal %q, want %q", got, tt.refusal)
			}
			tt.held(t, w.Engine, j, w.notes.skips[0])
			tt.seen(t, v.Logins())
		})
	}
}

// A slot that a process began before it was killed is told by the next one, once.
func TestLostSlots(t *testing.T) {
	v := serve(t, faulty.JSON("200 OK", success))
	j := job(t, v.Base())
	w := newWatch(t, app.EngineOptions{}, j)
	before := time.Now().Add(-time.Hour)
	claim := loginwatch.Claim{Slot: loginwatch.Slot{Key: j.Key(), Due: before, Planned: before}, Credential: loginwatch.Credential{Name: "c"}, At: before}
	if a, err := w.Ledger.Admit(t.Context(), claim); err != nil || !a.Granted {
		t.Fatalf("%+v, %v", a, err)
	}
	for range 2 {
		w.Executor.Lost(t.Context(), func(loginwatch.Key) bool { return true })
		if len(w.notes.skips) != 1 || !w.notes.skips[0].Due.Equal(before) {
			t.Fatalf("told of %+v, want the one slot", w.notes.skips)
		}
	}
	begun.held(t, w.Engine, j, w.notes.skips[0])
	begun.seen(t, v.Logins())
}

// gate lets logins be answered once it is open.
func gate() (answer func(net.Conn), open func()) {
	opened, open := context.WithCancel(context.Background())
	return func(c net.Conn) {
		faulty.Hear(c)
		<-opened.Done()
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"+success)
	}, open
}

// A slot of one target overlaps with the run of another that uses up what the
// budget of their credential has left.
func TestOverlapOfOneCredential(t *testing.T) {
	answer, open := gate()
	v := serve(t, answer)
	j, other := job(t, v.Base()), job(t, v.Base())
	other.Target.Name = "another"
	w := newWatch(t, app.EngineOptions{Ledger: store.NewMemory(store.Budget{Rejections: 1})}, j, other)
	over := make(chan struct{})
	go func() {
		defer close(over)
		w.slot(t.Context(), j)
	}()
	<-v.Arrived().Done()
	w.slot(t.Context(), other)
	open()
	<-over
	if len(w.notes.skips) != 1 || len(w.notes.runs) != 1 {
		t.Fatalf("%d runs and %d skipped slots, want one of each", len(w.notes.runs), len(w.notes.skips))
	}
	sameUser.held(t, w.Engine, other, w.notes.skips[0])
	sameUser.seen(t, v.Logins())
}

// once carries a request by the network and, when the answer is here, ends the
// verification as who presses a key does.
type once struct{ end context.CancelFunc }

func (o once) Carry(req *http.Request, _ *loginwatch.Case, _ map[string]string, network http.RoundTripper) (*http.Response, error) {
	res, err := network.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return nil, err
	}
	o.end()
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// Cases of verify are slots too: those after an interruption, and those whose
// result is configured already.
func TestSkippedCases(t *testing.T) {
	v := serve(t, faulty.JSON("200 OK", success))
	j := job(t, v.Base())
	first := j.Probe.Contract.Cases[0]
	second := *first
	second.ID = "valid-again"
	ctx, end := context.WithCancel(t.Context())
	defer end()
	verification := app.NewVerification(app.VerificationOptions{Probes: []*loginwatch.Probe{j.Probe}, Timeout: 10 * time.Second, Carrier: once{end}})
	results := verification.Run(ctx, []*loginwatch.Case{first, &second}, j.Probe.Contract, j.Target)
	if results[0].Run.Verdict != loginwatch.OK {
		t.Errorf("before the interruption: %s %s (%s)", results[0].Run.Verdict, results[0].Run.Reason, results[0].Run.Detail)
	}
	stopping.heldByCase(t, results[1], "loginwatch was stopping")
	stopping.seen(t, v.Logins())

	v = serve(t, faulty.JSON("200 OK", success))
	j = job(t, v.Base())
	j.Probe.Steps[0].Capture = []loginwatch.Capture{{Name: "session", At: "/token"}}
	j.Target.Secrets = secrets{"session": "s3ss10n"}
	verification = app.NewVerification(app.VerificationOptions{Probes: []*loginwatch.Probe{j.Probe}, Timeout: 10 * time.Second})
	results = verification.Run(t.Context(), j.Probe.Contract.Cases, j.Probe.Contract, j.Target)
	isConfigured.heldByCase(t, results[0], "what it would fetch is configured already")
	isConfigured.seen(t, v.Logins())
}

// heldByCase looks at a case that was not run; a report shows its detail.
func (w wanted) heldByCase(t *testing.T, r app.CaseRun, detail string) {
	t.Helper()
	if r.Run.Verdict != w.verdict || r.Run.Reason != w.reason || r.Run.Detail != detail {
		t.Errorf("%s %s (%s), want %s %s (%s)", r.Run.Verdict, r.Run.Reason, r.Run.Detail, w.verdict, w.reason, detail)
	}
	w.holds(t, advice.For(r.Run.Verdict, r.Run.Reason))
}
