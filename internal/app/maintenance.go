package app

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/window"
)

// announced is one maintenance and what it is to some jobs.
type announced struct {
	loginwatch.Maintenance
	logins int
	on     bool
	until  time.Time // when it is over for now; zero without an end within a year
}

// allAnnounced gives each maintenance of jobs once, in the order in which they are written.
func allAnnounced(jobs []loginwatch.Job, now time.Time) (all []*announced) {
	by := map[loginwatch.Pos]*announced{}
	for _, j := range jobs {
		for _, m := range slices.Concat(j.Maintenance, j.Probe.Contract.Maintenance) {
			a := by[m.Pos]
			if a == nil {
				a = &announced{Maintenance: m}
				_, a.until, a.on = loginwatch.AnyMaintenance([]loginwatch.Maintenance{m}, now)
				by[m.Pos] = a
				all = append(all, a)
			}
			a.logins++
		}
	}
	slices.SortStableFunc(all, func(a, b *announced) int {
		return cmp.Or(strings.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	return all
}

// Maintenance says in a line each what is announced for jobs.
func Maintenance(jobs []loginwatch.Job, now time.Time) (lines []string) {
	for _, a := range allAnnounced(jobs, now) {
		lines = append(lines, fmt.Sprintf("%s: maintenance (%s) of %d of %d logins: %s", a.Pos, a.Reason, a.logins, len(jobs), a.standing(now)))
	}
	return lines
}

func (a *announced) standing(now time.Time) string {
	switch {
	case a.on && a.until.IsZero():
		return "on, without an end within a year"
	case a.on:
		return "on until " + a.until.UTC().Format(time.RFC3339)
	case window.Over(a.When, now):
		return "over"
	}
	next := a.When.Stretches(now, now.AddDate(1, 0, 0))
	if len(next) == 0 {
		return "not within a year"
	}
	return fmt.Sprintf("next from %s for %s", next[0][0].UTC().Format(time.RFC3339), loginwatch.Span(next[0][1].Sub(next[0][0])))
}

// maintenanceWarnings say which maintenance is on now and which is over for good.
func maintenanceWarnings(jobs []loginwatch.Job, now time.Time) (warnings []string) {
	for _, a := range allAnnounced(jobs, now) {
		says := fmt.Sprintf("%s: maintenance (%s) is %s", a.Pos, a.Reason, a.standing(now))
		switch {
		case a.on:
			warnings = append(warnings, says+": serve tries none of its logins meanwhile, verify does")
		case window.Over(a.When, now):
			warnings = append(warnings, says+": it can be removed")
		}
	}
	return warnings
}

// idleMaintenance says which maintenance of a sound configuration is of a vendor or a target
// that has no login.
func idleMaintenance(files Reading) []string {
	if files.Config == nil {
		return nil
	}
	return files.Config.IdleMaintenance(files.Jobs)
}

// WarnOfIdleMaintenance warns a person of that.
func WarnOfIdleMaintenance(w io.Writer, files Reading) {
	for _, warning := range idleMaintenance(files) {
		_, _ = fmt.Fprintln(w, "loginwatch: warning:", warning) // a reader that went away
	}
}

// WarnOfMaintenance warns a person, who tries the logins of some contracts all the same, of
// what is on for the jobs that a configuration has of them or, without any, by the contracts.
func WarnOfMaintenance(w io.Writer, jobs []loginwatch.Job, contracts []*loginwatch.Contract) {
	if len(jobs) == 0 {
		for _, c := range contracts {
			jobs = append(jobs, loginwatch.Job{Probe: &loginwatch.Probe{Contract: c}})
		}
	}
	jobs = slices.DeleteFunc(slices.Clone(jobs), func(j loginwatch.Job) bool { return !slices.Contains(contracts, j.Probe.Contract) })
	for _, warning := range maintenanceWarnings(jobs, time.Now()) {
		_, _ = fmt.Fprintln(w, "loginwatch: warning:", warning) // a reader that went away
	}
}
