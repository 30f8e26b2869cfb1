package app

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/place"
	"github.com/loginwatch/loginwatch/internal/plan"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// oddSecrets are the warnings of an operator's file, which may be none, without
// its lines.
func oddSecrets(conf *config.Config) []string {
	if conf == nil {
		return nil
	}
	var odd []string
	for _, p := range conf.OddSecrets() {
		odd = append(odd, p.String())
	}
	return odd
}

// WarnOddSecrets warns a person of secrets that will be used as they are: those of
// the operator's file or, without one, of the vendors in the environment.
func WarnOddSecrets(w io.Writer, conf *config.Config, contracts []*loginwatch.Contract) {
	odd := oddSecrets(conf)
	if conf == nil {
		for _, c := range contracts {
			odd = append(odd, config.OddInEnvironment(c)...)
		}
	}
	for _, warning := range odd {
		_, _ = fmt.Fprintln(w, "loginwatch: warning:", warning) // a reader that went away
	}
}

// WarnOfJobs warns a person of what the jobs of a configuration will come to.
func WarnOfJobs(w io.Writer, files Reading) {
	if files.Config == nil {
		return
	}
	for _, warning := range jobWarnings(files.Jobs, files.Config.Store != place.Memory) {
		_, _ = fmt.Fprintln(w, "loginwatch: warning:", warning) // a reader that went away
	}
}

// jobWarnings says what jobs will come to with a store that lasts, or does not.
func jobWarnings(jobs []loginwatch.Job, lasts bool) []string {
	warnings := append(overQuota(jobs, time.Now()), nextOfOne(jobs)...)
	if !lasts {
		warnings = append(warnings, rotatingInMemory(jobs)...)
		warnings = append(warnings, nextInMemory(jobs)...)
	}
	return warnings
}

// overQuota says at which addresses schedules ask for more than the quota allows, in
// the day or month that now is in.
func overQuota(jobs []loginwatch.Job, now time.Time) (warnings []string) {
	type address struct{ vendor, url string }
	logins := map[address]int{}
	counted := map[string]int{} // by schedule and period: many probes have the same
	var order []loginwatch.Job  // the first of each address
	for _, j := range jobs {
		q := j.Quota()
		if q == nil || j.Target.BaseURL == nil || !slices.ContainsFunc(j.Probe.Steps, func(s loginwatch.Step) bool { return s.UsesCredential() }) {
			continue
		}
		due, err := plan.Parse(j.Probe.Schedule)
		if err != nil {
			continue
		}
		at := address{j.Probe.Contract.Vendor, j.Target.BaseURL.String()}
		if _, known := logins[at]; !known {
			order = append(order, j)
		}
		begins, ends := q.Period(now)
		of := due.String() + begins.String() + ends.String()
		if _, known := counted[of]; !known {
			counted[of] = due.Count(begins, ends)
		}
		logins[at] += counted[of]
	}
	for _, j := range order {
		q := j.Quota()
		if n := logins[address{j.Probe.Contract.Vendor, j.Target.BaseURL.String()}]; n > q.Logins {
			warnings = append(warnings, fmt.Sprintf("%s/%s: the schedules at its address ask for %d logins a %s, and the quota is %d: the slots beyond that will be skipped",
				j.Probe.Contract.Vendor, j.Target.Name, n, q.Per, q.Logins))
		}
	}
	return warnings
}

// rotatingInMemory says, once for each, which secrets of jobs go with a process whose
// store is in memory.
func rotatingInMemory(jobs []loginwatch.Job) []string {
	var all []string
	for _, j := range jobs {
		c, t := j.Probe.Contract, j.Target
		for _, name := range flow.Rotates(c, t.Secrets) {
			warning := fmt.Sprintf("%s/%s takes the secret %q (%s) once and replaces it, and a store in memory keeps the next one for one process alone: before a restart, configure a new one",
				c.Vendor, t.Name, name, t.Secrets.Origin(name))
			if !slices.Contains(all, warning) {
				all = append(all, warning)
			}
		}
	}
	return all
}

// nextOfOne says, once for each, which targets log in as one account and do not name the
// same next secrets: once these have taken over, the others go on with the old ones.
func nextOfOne(jobs []loginwatch.Job) (warnings []string) {
	first := map[string]*loginwatch.Target{} // by credential
	told := map[*loginwatch.Target]bool{}
	for _, j := range jobs {
		t := j.Target
		switch other := first[t.Credential]; {
		case other == nil:
			first[t.Credential] = t
		case comingOf(other) != comingOf(t) && !told[t]:
			told[t] = true
			warnings = append(warnings, fmt.Sprintf("the targets %s and %s log in as %s, but do not name the same next secrets: once a next one has taken over, the target without it goes on with the old one",
				other.Name, t.Name, t.Credential))
		}
	}
	return warnings
}

// comingOf names the secrets that are to come, and where from.
func comingOf(t *loginwatch.Target) string {
	var all []string
	for _, name := range t.Coming {
		all = append(all, name+"="+t.Next.Origin(name))
	}
	return strings.Join(all, ",")
}

// nextInMemory says, once for each, which targets name next secrets and keep nothing of
// what became of them.
func nextInMemory(jobs []loginwatch.Job) (warnings []string) {
	for _, j := range jobs {
		warning := fmt.Sprintf("%s/%s names next secrets, and a store in memory forgets what became of them: after each restart one login tries them again", j.Probe.Contract.Vendor, j.Target.Name)
		if j.Target.Next != nil && !slices.Contains(warnings, warning) {
			warnings = append(warnings, warning)
		}
	}
	return warnings
}

// WarnOfNext warns a person who shares no store of targets whose next secrets have come: if
// they have taken over, the current ones are one more refusal.
func WarnOfNext(w io.Writer, url string, targets ...*loginwatch.Target) {
	for _, t := range targets {
		absent := func(name string) bool {
			value, found, err := t.Next.Secret(name)
			return err != nil || !found || value == ""
		}
		if url == "" && t.Next != nil && !slices.ContainsFunc(t.Coming, absent) {
			_, _ = fmt.Fprintf(w, "loginwatch: warning: the next secrets of %s have come (%s), and without the store of the daemon (--store) nobody knows whether they have taken over: what logs in here uses the current ones\n", t.Name, comingOf(t)) // a reader that went away
		}
	}
}

// WarnOfTrust warns a person, once, of what makes every certificate fail on this
// machine.
func WarnOfTrust(w io.Writer, targets ...*loginwatch.Target) {
	for _, t := range targets {
		if warning := probe.TrustWarning(t); warning != "" {
			_, _ = fmt.Fprintln(w, "loginwatch: warning:", warning) // a reader that went away
			return
		}
	}
}
