package web

import (
	"unicode"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch/internal/advice"
)

// sentence makes a clause of an advice stand alone.
func sentence(clause string) string {
	if clause == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(clause)
	return string(unicode.ToUpper(first)) + clause[size:] + "."
}

// skipText says why a slot was not run.
func skipText(s *Skip) string { return sentence(advice.ForSkip(s.Reason, s.Refusal).Says) }
