package loginwatch

import (
	"fmt"
	"strings"
	"testing"
)

func TestBrief(t *testing.T) {
	problems := Problems{
		{Pos: Pos{File: "loginwatch.yaml", Line: 3, Column: 5}, Message: "unknown key", Source: "password: a line of the operator's file"},
		{Pos: Pos{File: "loginwatch.yaml"}, Message: "no targets"},
	}
	want := "loginwatch.yaml:3:5: unknown key\nloginwatch.yaml: no targets"
	for _, err := range []error{problems, fmt.Errorf("reload: %w", problems)} {
		if got := Brief(err); got != want {
			t.Errorf("got %q", got)
		}
	}
	if got := problems.Brief(); got != want {
		t.Errorf("got %q", got)
	}
	if got := Brief(fmt.Errorf("no such file")); got != "no such file" {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(problems.Error(), "a line of") {
		t.Error("the whole text lacks the excerpt")
	}
}
