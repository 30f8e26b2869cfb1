package request

import (
	"strings"

	"github.com/loginwatch/loginwatch"
)

// Cut cuts a text at the first mark that stands in it outside of its variables.
func Cut(t loginwatch.Template, mark string) (before, after loginwatch.Template, found bool) {
	for i, text := range t.Texts {
		left, right, found := strings.Cut(text, mark)
		if !found {
			continue
		}
		before.Texts = append(append(before.Texts, t.Texts[:i]...), left)
		before.Names = append(before.Names, t.Names[:i]...)
		after.Texts = append([]string{right}, t.Texts[i+1:]...)
		after.Names = append(after.Names, t.Names[i:]...)
		return before, after, true
	}
	return t, loginwatch.Template{Texts: []string{""}}, false
}

// Split cuts a text at each mark.
func Split(t loginwatch.Template, mark string) []loginwatch.Template {
	var all []loginwatch.Template
	for {
		before, after, found := Cut(t, mark)
		all = append(all, before)
		if !found {
			return all
		}
		t = after
	}
}

// Literal is a text without variables; ok is false for any other.
func Literal(t loginwatch.Template) (text string, ok bool) {
	return strings.Join(t.Texts, ""), len(t.Names) == 0
}

// Empty tells whether there is neither text nor variable.
func Empty(t loginwatch.Template) bool {
	text, ok := Literal(t)
	return ok && text == ""
}

// Begins tells whether a text has the beginning before its first variable.
func Begins(t loginwatch.Template, with string) bool {
	return len(t.Texts) > 0 && strings.HasPrefix(t.Texts[0], with)
}

// Trimmed is a text without the given characters at its ends.
func Trimmed(t loginwatch.Template, characters string) loginwatch.Template {
	trimmed := loginwatch.Template{Texts: append([]string{}, t.Texts...), Names: t.Names}
	if last := len(trimmed.Texts) - 1; last >= 0 {
		trimmed.Texts[0] = strings.TrimLeft(trimmed.Texts[0], characters)
		trimmed.Texts[last] = strings.TrimRight(trimmed.Texts[last], characters)
	}
	return trimmed
}
