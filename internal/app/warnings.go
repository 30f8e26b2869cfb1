package app

import (
	"fmt"
	"io"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
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
