package exporter_test

import (
	"testing"

	"github.com/loginwatch/loginwatch/internal/exporter"
)

func TestSentences(t *testing.T) {
	for text, want := range map[string]string{
		"": "", " ": "", "a user": "A user.", "A user. ": "A user.", "who is it?": "Who is it?", "and so on…": "And so on…",
		"überlanges Kennwort": "Überlanges Kennwort.", "пользователь": "Пользователь.", "the key é": "The key é.", "\xffa": "\xffa.",
	} {
		if got := exporter.Capitalized(exporter.Sentence(text)); got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
	}
}
