package probe

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
)

// note keeps what the subject opened. A login that stands in front of the case
// that is asked about is a setup: it opens what a cleanup closes with its captures.
func (s *session) note(step *loginwatch.Step, result *stepResult) {
	login := step.Role == loginwatch.RoleSubject || step.Role == loginwatch.RoleSetup && s.closes(step)
	if login {
		s.left = max(s.left, result.Opened)
		if d := result.Token.Digest; d != "" {
			s.opens = d[:min(len(d), fingerprintLength)]
		}
		if s.left != check.OpenedNothing && s.plan.Opens() && s.plan.Opened != nil {
			s.plan.Opened(s.opens)
		}
	}
}

// staysOpen tells whether what a login opened, or may have opened, was not closed. A case
// of a cleanup closes it wherever it stands: what is asked about may come after a logout.
func (s *session) staysOpen() bool {
	closing := func(r loginwatch.StepResult) bool {
		return slices.ContainsFunc(s.plan.Steps, func(c loginwatch.Step) bool { return c.Role == loginwatch.RoleCleanup && c.Case.ID == r.Case })
	}
	closed := slices.ContainsFunc(s.run.Steps, func(r loginwatch.StepResult) bool { return r.Verdict == loginwatch.OK && closing(r) })
	failed := slices.ContainsFunc(s.run.Steps, func(r loginwatch.StepResult) bool {
		return r.Role == loginwatch.RoleCleanup && r.Verdict != loginwatch.OK
	})
	return failed || s.left != check.OpenedNothing && s.plan.Opens() && !closed
}

// logsIn tells whether the step is the login: the subject, or one that sends the
// credential in front of the case that is asked about and gives what a cleanup
// closes.
func (s *session) logsIn(step *loginwatch.Step) bool {
	return step.Role == loginwatch.RoleSubject || step.Role == loginwatch.RoleSetup && step.Case.SendsCredential() && s.closes(step)
}

// fingerprintLength is enough to tell the sessions of one account apart. The digest
// is keyed, so that nobody can try tokens on it.
const fingerprintLength = 12

// whatStays names the session that may stay open, for whoever counts them; "" when
// no token of it is known.
func (s *session) whatStays() string {
	if s.opens == "" {
		return ""
	}
	return "; the session with the token of fingerprint " + s.opens + " may stay open"
}

// closes tells whether a cleanup needs what the step captures, or a cookie of it.
func (s *session) closes(step *loginwatch.Step) bool {
	return slices.ContainsFunc(s.plan.Steps, func(c loginwatch.Step) bool {
		return c.Role == loginwatch.RoleCleanup && (slices.ContainsFunc(c.Case.Needs, step.Captures) || step.GivesCookie(c.Case))
	})
}

// leftOpen tells of a cleanup that can't be sent though a login was, or may have
// been, answered: else what stays open stays so in silence. It changes no verdict.
func (s *session) leftOpen(step *loginwatch.Step) {
	var needs []string
	for _, name := range step.Case.Needs {
		if s.plan.Captures(name) && !s.plan.Captured(name) {
			needs = append(needs, name)
		}
	}
	for _, c := range step.Case.Operation.Request.Cookies {
		if len(needs) == 0 {
			needs = append(needs, "the cookie "+c.Name)
		}
	}
	if s.left == check.OpenedNothing || len(needs) == 0 {
		return
	}
	result := loginwatch.StepResult{
		Case: step.Case.ID, Role: step.Role, Operation: step.Case.Operation.ID,
		Judgement: loginwatch.Judgement{Verdict: loginwatch.Skipped},
	}
	f := s.failure(step, loginwatch.KindCleanup, loginwatch.Judgement{Verdict: s.run.Verdict})
	f.Documented = "the cleanup " + step.Case.ID + ", which needs " + strings.Join(needs, ", ")
	f.Got = "not sent: no answer gave that in a form that can be sent"
	if s.left == check.OpenedPerhaps {
		f.Got = "not sent: the login's answer could not be read, and may have opened something"
	}
	f.Got += s.whatStays()
	f.Identify(s.plan.Probe.Contract.Vendor, step.Case.ID)
	result.Findings = append(result.Findings, f)
	s.run.Steps = append(s.run.Steps, result)
}
