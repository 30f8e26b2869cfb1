package main

import (
	"fmt"
	"io"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
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

// warnOddSecrets warns a person of secrets that will be used as they are: those of
// the operator's file or, without one, of the vendors in the environment.
func warnOddSecrets(w io.Writer, conf *config.Config, contracts []*loginwatch.Contract) {
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

// warnOddSecrets tells the log of secrets that are used as they are, each once.
func (w *watch) warnOddSecrets(conf *config.Config) {
	for _, warning := range oddSecrets(conf) {
		if !w.warned[warning] {
			w.warned[warning] = true
			w.logger.Warn("a secret looks odd", "warning", warning)
		}
	}
}
