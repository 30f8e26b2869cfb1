package loginwatch

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPlaceholders(t *testing.T) {
	const template = "${user}:${pass_2}@${user} $user ${} ${User} ${2nd} ${open"
	if got := Placeholders(template); !slices.Equal(got, []string{"user", "pass_2"}) {
		t.Errorf("got %q", got)
	}
	if got := Placeholders("none"); got != nil {
		t.Errorf("got %q", got)
	}
	got := ExpandPlaceholders(template, func(name string) string { return "<${" + name + "}$1>" })
	if want := "<${user}$1>:<${pass_2}$1>@<${user}$1> $user ${} ${User} ${2nd} ${open"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// The reading by hand is the regular expression's.
func TestTemplatesAreReadAsWritten(t *testing.T) {
	placeholder := regexp.MustCompile(`\$\{([a-z][a-z0-9_]*|request\.(?:body|method|target))\}`)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"$", "{", "}", "${", "a", "b1", "_", "Z", "9", "${a}", "é", "request", ".", "body", "${request.target}"})).Draw(t, "parts"), "")
		var names []string
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			names = append(names, m[1])
		}
		got := ParseTemplate(text)
		if !slices.Equal(got.Names, names) {
			t.Errorf("%q: names %q, want %q", text, got.Names, names)
		}
		if want := placeholder.Split(text, -1); !slices.Equal(got.Texts, want) && text != "" {
			t.Errorf("%q: texts %q, want %q", text, got.Texts, want)
		}
		if got, want := ExpandPlaceholders(text, strings.ToUpper), placeholder.ReplaceAllStringFunc(text, func(p string) string { return strings.ToUpper(p[2 : len(p)-1]) }); got != want {
			t.Errorf("%q: expanded to %q, want %q", text, got, want)
		}
	})
}
