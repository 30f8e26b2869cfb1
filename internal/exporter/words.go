package exporter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentence is a text with a full stop behind it, where it does not end by itself.
func Sentence(text string) string {
	text = strings.TrimSpace(text)
	if last, _ := utf8.DecodeLastRuneInString(text); text != "" && !strings.ContainsRune(".!?…", last) {
		text += "."
	}
	return text
}

// Capitalized is a text that begins with a large letter.
func Capitalized(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 || first == utf8.RuneError {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}
