package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// session is one run under way.
type session struct {
	runner  *Runner
	plan    *flow.Plan
	client  *client
	cookies cookies
	run     *loginwatch.Run
	gave    bool             // the subject's answer holds something to go on with
	refusal *loginwatch.Case // the login that was refused, while its control is sent; else nil
	left    check.Opened     // what a login opened, for cleanups that can't be sent
	took    time.Duration    // by the exchanges so far, but for those of cleanups
	opens   string           // fingerprint of the token that a login gave; "" when none is known
}

// steps sends the plan's steps one after the other. The first that ends the run
// ends it for all but the cleanups of what was opened.
func (s *session) steps(ctx context.Context) {
	s.run.Verdict = loginwatch.OK
	going := true
	for i := range s.plan.Steps {
		switch step := &s.plan.Steps[i]; {
		case step.Role == loginwatch.RoleCleanup:
			s.close(ctx, step)
		case going:
			going = s.step(ctx, step)
		}
	}
}

// close sends a cleanup, if there is something to close and a step before has not
// done it. One that stands after others proves what they did, and says nothing
// when they did not: their own failure is told.
func (s *session) close(ctx context.Context, step *loginwatch.Step) {
	done := func(k *loginwatch.Case) bool { return s.sent(k) == loginwatch.OK }
	switch {
	case s.sent(step.Case) != "" || slices.ContainsFunc(step.Case.After, func(k *loginwatch.Case) bool { return !done(k) }):
	case s.opened(step):
		s.cleanup(ctx, step)
	default:
		s.leftOpen(step)
	}
}

// sent gives the verdict of the step that sent the case; "" when none has.
func (s *session) sent(k *loginwatch.Case) loginwatch.Verdict {
	for _, r := range s.run.Steps {
		if r.Case == k.ID {
			return r.Verdict
		}
	}
	return ""
}

// opened tells whether there is something for a cleanup to close: an answer of
// this run gave what it needs or, where it needs nothing of one, the subject gave
// anything at all.
func (s *session) opened(cleanup *loginwatch.Step) bool {
	captured, capturable := false, false
	for _, name := range cleanup.Case.Needs {
		captured = captured || s.plan.Captured(name)
		capturable = capturable || s.plan.Captures(name)
	}
	return s.plan.Ready(cleanup.Case) && (captured || !capturable && s.gave)
}

// step sends one request and books its judgement; going tells whether the steps
// after it make sense.
func (s *session) step(ctx context.Context, step *loginwatch.Step) (going bool) {
	result, detail, err := s.send(ctx, step)
	var missing *noCookieError
	if errors.As(err, &missing) {
		s.noCookie(step, missing.name)
		return false
	}
	var useless *flow.AnswerError
	if errors.As(err, &useless) {
		s.uselessAnswer(step, useless)
		return false
	}
	if err != nil {
		s.broken(ours(err), err.Error())
		return false
	}
	if detail != "" {
		s.run.Detail = detail
	}
	succeeded := succeeded(step.Case, result.Outcome)
	going = result.Complete && step.Case.SuccessDue() == succeeded && answered(result.Verdict)
	if step.Role == loginwatch.RoleFollowUp {
		s.followedUp(step, &result)
	}
	if s.run.Verdict == loginwatch.OK || !answered(result.Verdict) && step.Role != loginwatch.RoleFollowUp {
		s.run.Verdict, s.run.Reason = result.Verdict, result.Reason
	}
	s.run.Steps = append(s.run.Steps, result.StepResult)
	s.note(step, &result)
	s.gave = s.gave || s.logsIn(step) && (succeeded || len(result.Captured) > 0)
	return going
}

// ours says why a step could not be sent, where that is a matter of ours.
func ours(err error) loginwatch.Reason {
	switch {
	case errors.Is(err, flow.ErrStore):
		return loginwatch.ReasonStore
	case errors.Is(err, flow.ErrSpent), errors.Is(err, flow.ErrReplaced):
		return loginwatch.ReasonSecretMissing
	case errors.Is(err, flow.ErrUncomputable), errors.Is(err, flow.ErrUnusable):
		return loginwatch.ReasonSecretUnusable
	}
	return loginwatch.ReasonInternal
}

// answered tells whether the run may go on after a step of that verdict.
func answered(v loginwatch.Verdict) bool { return v == loginwatch.OK || v == loginwatch.Drift }

// followedUp books the failure of a step that uses what the subject gave. Where
// that is refused, it is no credential of ours that was.
func (s *session) followedUp(step *loginwatch.Step, result *stepResult) {
	if result.Verdict == loginwatch.OK {
		return
	}
	result.Findings = append(result.Findings, s.failure(step, loginwatch.KindFollowUp, result.Judgement))
	if s.run.Verdict == loginwatch.OK {
		s.run.Detail = strings.Trim("the login itself is well, the step "+step.Case.ID+" after it is not; "+s.run.Detail, "; ")
	}
	if result.Verdict == loginwatch.Rejected {
		result.Verdict, result.Reason = loginwatch.Drift, loginwatch.ReasonToken
	}
}

// cleanup closes what the subject opened, also when the run's time is over. Its
// failure is a finding of its own and changes no verdict.
func (s *session) cleanup(ctx context.Context, step *loginwatch.Step) {
	result, _, err := s.send(context.WithoutCancel(ctx), step)
	var missing *noCookieError
	var useless *flow.AnswerError
	if errors.As(err, &missing) || errors.As(err, &useless) {
		s.leftOpen(step)
		return
	}
	if err != nil {
		result = stepResult{StepResult: loginwatch.StepResult{
			Case: step.Case.ID, Role: step.Role, Operation: step.Case.Operation.ID,
			Judgement: loginwatch.Judgement{Verdict: loginwatch.Broken, Reason: ours(err)},
		}}
	}
	if result.Verdict != loginwatch.OK {
		f := s.failure(step, loginwatch.KindCleanup, result.Judgement)
		f.Got += s.whatStays()
		result.Findings = append(result.Findings, f)
	}
	s.run.Steps = append(s.run.Steps, result.StepResult)
}

// failure is the finding that a step around the subject did not do what it is
// for. Only an answer breaks the document: an outage, a limit and a fault of ours
// say nothing of what a consumer written to it would get on another day.
func (s *session) failure(step *loginwatch.Step, kind loginwatch.Kind, j loginwatch.Judgement) loginwatch.Finding {
	f := loginwatch.Finding{
		Class: loginwatch.Breaking, Kind: kind, Documented: "the " + string(step.Role) + " " + step.Case.ID + " as documented",
		Got: string(j.Verdict) + ", reason " + string(j.Reason), Contract: step.Case.Pos.FileLine(),
		Document: step.Case.Cite.Document, Quote: step.Case.Cite.Quote(),
	}
	switch j.Verdict {
	case loginwatch.Unavailable, loginwatch.Throttled, loginwatch.Broken:
		f.Class = loginwatch.Tolerated
	}
	f.Identify(s.plan.Probe.Contract.Vendor, step.Case.ID)
	return f
}

// certificateNotice is how long before its end our client certificate becomes a
// finding: time enough to have another one signed.
const certificateNotice = 21 * 24 * time.Hour

// ownCertificate tells that our client certificate ends soon. It is no matter of the
// vendor's, so it breaks nothing.
func (s *session) ownCertificate(now time.Time) {
	ends, subject := s.run.ClientCertificateEnds, s.run.Subject()
	if ends.IsZero() || subject == nil || ends.Sub(now) > certificateNotice {
		return
	}
	k := s.plan.Probe.Contract.Case(subject.Case)
	f := loginwatch.Finding{
		Class: loginwatch.Tolerated, Kind: loginwatch.KindOwnCertificate, Got: "it ends on " + day(ends),
		Documented: fmt.Sprintf("a client certificate of ours that is good for %d days more", certificateNotice/(24*time.Hour)),
		Document:   "", Quote: "our own: no document says it",
	}
	if k != nil {
		f.Contract = k.Pos.FileLine()
	}
	f.Identify(s.plan.Probe.Contract.Vendor, subject.Case)
	subject.Findings = append(subject.Findings, f)
}

// stepResult is a step's result and what was captured.
type stepResult struct {
	loginwatch.StepResult
	Complete bool // all that was to be captured is there
	Captured []check.Captured
	Opened   check.Opened
	Whose    loginwatch.Reason // of a control: what it says of the refusal
}

// prepare makes a step's request, with the cookies that go to its address.
func (s *session) prepare(ctx context.Context, step *loginwatch.Step) (*http.Request, error) {
	message, err := s.plan.Message(step.Case, s.runner.now())
	if err != nil {
		return nil, err
	}
	request, err := s.request(ctx, message)
	if err != nil {
		return nil, err
	}
	s.tellTrace(request)
	if step.Role == loginwatch.RoleControl {
		return request, nil // without the cookies of the login's answer, which are the account's
	}
	going, want := s.cookies.to(request), step.Case.Operation.Request.Cookies
	if len(step.Case.After) > 0 {
		going = s.cookies.withTaken(going, want, request)
	}
	if name := lacks(going, want); name != "" {
		return nil, &noCookieError{name}
	}
	attach(going, request)
	return request, nil
}

// tellTrace tells the vendor the trace of the step that is sent next, where its target
// asks for it and the contract has no such header of its own. No signature covers it: a
// contract's functions compute theirs of what the contract says is sent.
func (s *session) tellTrace(request *http.Request) {
	if s.plan.Target.Traceparent && request.Header.Get("Traceparent") == "" {
		request.Header.Set("Traceparent", loginwatch.Traceparent(s.run.ID, len(s.run.Steps)))
		s.run.TraceTold = true
	}
}

// send sends a step's request once and has the answer judged. The detail is a
// sentence for people when no answer came, or none that the document shows.
func (s *session) send(ctx context.Context, step *loginwatch.Step) (result stepResult, detail string, err error) {
	request, err := s.prepare(ctx, step)
	if err != nil {
		return stepResult{}, "", err
	}
	claims, err := s.plan.Claims(step.Case) // of what the message was made of
	if err != nil {
		return stepResult{}, "", err
	}
	undo, err := s.plan.Spend(step.Case)
	if err != nil {
		return stepResult{}, "", err
	}
	ctx, sent := s.timed(ctx, step)
	defer sent()
	request = request.WithContext(ctx)
	client := *s.client
	if s.runner.carrier != nil {
		client.sender = carried{s.runner.carrier, step, s.plan.Values(), client.transport}
	}
	x, detail := client.send(request, s.runner.now)
	sent()
	s.plan.Hide(s.cookies.receive(request, x.Header)...)
	if x.Failure == loginwatch.ReasonDNS || x.Failure == loginwatch.ReasonConnect {
		undo() // of any other failure nobody knows what the vendor read
	}
	x.Secrets = s.plan.Secrets()
	before := s.plan.Known()
	tokenOf := tokenOf(s.run, step.Case.ID)
	j, panicked := judge(check.Input{
		Contract: s.plan.Probe.Contract, Case: step.Case, Exchange: x, Capture: step.Capture,
		PreviousToken: s.runner.previousToken(tokenOf), Key: s.runner.key,
		Keys: s.plan.Keys(step.Case), Claims: claims, Refused: s.refusal,
	})
	switch {
	case panicked != "":
		detail = panicked
	case x.Answered() && foreseen(step.Case, &j.Judgement):
		detail = "" // the document explains it better than the way there
	}
	s.runner.rememberToken(tokenOf, j.Token.Digest)
	if !x.CertificateEnds.IsZero() {
		s.run.CertificateEnds = x.CertificateEnds
	}
	if j.MayBeProxys {
		detail = client.way(request).mayAnswer()
	}
	for _, c := range j.Captured {
		s.plan.Keep(c.Name, c.Value)
	}
	s.plan.Announce(step.Case, j.Keys)
	return stepResult{
		StepResult: loginwatch.StepResult{
			Evidence: s.evidence(step, request, x, j.Answer, before),
			Case:     step.Case.ID, Role: step.Role, Operation: step.Case.Operation.ID, HTTPStatus: x.Status,
			Started: x.Started, Duration: x.Finished.Sub(x.Started), Phases: x.Phases, Begun: x.Begun, Judgement: j.Judgement,
		},
		Complete: j.Complete, Captured: j.Captured, Opened: j.Opened, Whose: j.Whose,
	}, detail, nil
}

// foreseen tells whether an answer is right, a limit, or one that the document
// shows, or a refusal in its words.
func foreseen(k *loginwatch.Case, j *loginwatch.Judgement) bool {
	if o := k.Operation.Outcome(j.Outcome); o != nil {
		return j.Verdict == loginwatch.OK || !o.Unspecified()
	}
	return j.Verdict == loginwatch.OK || j.Verdict == loginwatch.Throttled || j.Verdict == loginwatch.Rejected &&
		slices.ContainsFunc(k.Operation.Outcomes, func(o *loginwatch.Outcome) bool { return o.Means == loginwatch.Rejected })
}

// judge has an answer judged. A panic is a fault of ours, but the request was
// sent: it may have counted against the account, and the run goes on to what it
// has to close.
func judge(in check.Input) (result check.Result, detail string) {
	defer func() {
		if v := recover(); v != nil {
			result = check.Result{Judgement: loginwatch.Judgement{Verdict: loginwatch.Broken, Reason: loginwatch.ReasonInternal}}
			if in.Case.SendsCredential() && (in.Exchange.Headed() || in.Exchange.HeadLost) {
				result.Refusal = loginwatch.RefusalPossible
			}
			if check.SuccessStatus(in.Case.Operation, in.Exchange.Status) && len(in.Exchange.Body) > 0 {
				result.Opened = check.OpenedPerhaps
			}
			detail = fmt.Sprintf("internal error while judging the answer (%T)", v) // its value may quote the body
		}
	}()
	return check.Judge(in), ""
}

// request puts a message into net/http's form.
func (s *session) request(ctx context.Context, m flow.Message) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, m.Method, m.URL, bytes.NewReader(m.Body))
	if err != nil {
		return nil, errors.New("the request can't be built") // the error repeats the URL and its query
	}
	if m.Body == nil {
		req.Body = http.NoBody
	}
	req.GetBody = nil // without it no transport can send the body a second time
	req.Header = m.Header
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", s.runner.userAgent)
	}
	return req, nil
}

// refused tells whether the run's credential was, or may have been, refused.
func (s *session) refused() bool {
	return s.run.Verdict == loginwatch.Rejected || s.run.Refusal() != loginwatch.RefusalNone
}

func succeeded(k *loginwatch.Case, outcome string) bool {
	o := k.Operation.Outcome(outcome)
	return o != nil && o.Means == loginwatch.OK
}

func (s *session) broken(reason loginwatch.Reason, detail string) {
	s.run.Verdict, s.run.Reason, s.run.Detail = loginwatch.Broken, reason, detail
}
