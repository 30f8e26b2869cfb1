package daemon

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
)

// logRun writes one line for the run and one for each breaking finding.
func (e *Executor) logRun(ctx context.Context, slot loginwatch.Slot, run *loginwatch.Run) {
	level := slog.LevelInfo
	if run.Verdict != loginwatch.OK {
		level = slog.LevelWarn
	}
	if !e.Logger.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 16)
	attrs = append(attrs, slog.String("vendor", run.Vendor), slog.String("probe", run.Probe), slog.String("target", run.Target), slog.String("run", run.ID))
	who := slices.Clip(attrs)
	attrs = append(attrs, slog.String("verdict", string(run.Verdict)), slog.String("reason", string(run.Reason)),
		slog.Any("seconds", decimal(run.Duration)), slog.Time("due", slot.Due))
	if last := run.Deciding(); last != nil {
		attrs = append(attrs, slog.String("case", last.Case), slog.String("outcome", last.Outcome), slog.Int("http_status", last.HTTPStatus))
	}
	if r := run.Refusal(); r != loginwatch.RefusalNone {
		attrs = append(attrs, slog.String("refusal", string(r)))
	}
	if run.Detail != "" {
		attrs = append(attrs, slog.String("detail", run.Detail))
	}
	e.Logger.LogAttrs(ctx, level, "run finished", attrs...)
	for _, f := range run.Findings() {
		if f.Class == loginwatch.Breaking {
			e.Logger.LogAttrs(ctx, slog.LevelWarn, "finding", append(who, slog.String("kind", string(f.Kind)), slog.String("pointer", f.Pointer),
				slog.String("documented", f.Documented), slog.String("got", f.Got), slog.String("contract", f.Contract))...)
		}
	}
}

// logSkip writes a line for a slot that was not run. The beginning of a
// suspension has one of its own, so that its skips are no news.
func (e *Executor) logSkip(ctx context.Context, s loginwatch.SkippedSlot) {
	attrs := []slog.Attr{
		slog.String("vendor", s.Vendor), slog.String("probe", s.Probe), slog.String("target", s.Target),
		slog.String("verdict", string(loginwatch.Skipped)), slog.String("reason", string(s.Reason)), slog.Time("due", s.Due),
	}
	if !s.Until.IsZero() {
		attrs = append(attrs, slog.Time("until", s.Until))
	}
	detail := advice.ForSkip(s.Reason, s.Refusal).Says
	if s.Reason == loginwatch.ReasonMaintenance {
		detail += ": " + s.Detail
	}
	attrs = append(attrs, slog.String("detail", detail))
	e.Logger.LogAttrs(ctx, slog.LevelInfo, "slot skipped", attrs...)
}

// heard takes note of how a credential stands: the beginning and the end of a
// suspension are logged once, wherever the ledger tells of them first. Where a login with a
// suspended one was granted, it is the trial, and how long the credential rests is not known
// before that has ended.
func (e *Executor) heard(ctx context.Context, c loginwatch.Credential, state loginwatch.CredentialState, granted bool) {
	if state.Credential == "" {
		return
	}
	e.heardOfNext(ctx, c.Name, state.Next)
	e.mu.Lock()
	digest, was := e.suspended[c.Name]
	switch {
	case !state.Suspended:
		delete(e.suspended, c.Name)
	case e.suspended == nil:
		e.suspended = map[string]string{c.Name: c.Digest}
	default:
		e.suspended[c.Name] = c.Digest
	}
	e.mu.Unlock()
	switch {
	case state.Suspended && (!was || digest != c.Digest):
		attrs := []slog.Attr{slog.String("credential", c.Name), slog.String("detail", "it "+advice.Refused(state.Refusal)+" too often")}
		trial := "the login that tries it now, if that is accepted"
		if !granted {
			trial = "an accepted login, which is tried once after that time"
			if !state.Until.IsZero() {
				attrs = append(attrs, slog.Time("until", state.Until))
			}
		}
		attrs = append(attrs, slog.String("lifted_by", trial+", or another value of its secrets"))
		e.Logger.LogAttrs(ctx, slog.LevelWarn, "credential suspended", attrs...)
	case !state.Suspended && was:
		why := "a login with it was accepted"
		if digest != c.Digest {
			why = "its secrets have other values, which start afresh"
		}
		e.Logger.WarnContext(ctx, "credential no longer suspended", "credential", c.Name, "detail", why)
	}
}

// decimal is a duration in seconds, to the microsecond and never with an
// exponent: a number in JSON, and one that people can read in text.
func decimal(d time.Duration) json.Number {
	text := strconv.FormatFloat(d.Seconds(), 'f', 6, 64)
	return json.Number(strings.TrimSuffix(strings.TrimRight(text, "0"), "."))
}
