package sla

import (
	"testing"

	"github.com/loginwatch/loginwatch/internal/window"
)

// Whatever somebody writes for a clause, reading it ends, with problems or a clause that
// can be used.
func FuzzClause(f *testing.F) {
	f.Add([]byte(clauseText))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, problems := ParseClause("clause.yaml", data, window.Options{Parse: schedule})
		if len(problems) > 0 {
			return
		}
		if _, _, err := c.Month("2026-11"); err != nil || c.Promise <= 0 || c.Confirm < 1 {
			t.Errorf("%v, %+v", err, c)
		}
	})
}
