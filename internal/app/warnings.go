package app

import (
	"fmt"
	"io"
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/flow"
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

// WarnOfRotation warns a person of secrets whose next values a store in memory would
// lose.
func WarnOfRotation(w io.Writer, files Reading) {
	if files.Config == nil || files.Config.Store != config.StoreInMemory {
		return
	}
	for _, warning := range rotatingInMemory(files.Jobs) {
		_, _ = fmt.Fprintln(w, "loginwatch: warning:", warning) // a reader that went away
	}
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
