package strictyaml_test

import (
	"fmt"
	"testing"

	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// A name that is not known is told with the one that was meant, or with all.
func TestHint(t *testing.T) {
	many := make([]string, 14)
	for i := range many {
		many[i] = fmt.Sprintf("name-%c", 'n'-i)
	}
	for _, tt := range []struct {
		word  string
		known []string
		want  string
	}{
		{"prodction", []string{"preproduction", "production"}, `, did you mean "production"?`},
		{"zzzzzzzzzz", []string{"production", "preproduction"}, ", known: preproduction, production"},
		{"anything", nil, ", known: none"},
		{"zzzzzzzzzzzzzzz", many, ", known: name-a, name-b, name-c, name-d, name-e, name-f, name-g, name-h, name-i, name-j, name-k, name-l and 2 more"},
	} {
		if got := strictyaml.Hint(tt.word, tt.known); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.word, got, tt.want)
		}
	}
}
