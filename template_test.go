package loginwatch

import (
	"slices"
	"testing"
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
