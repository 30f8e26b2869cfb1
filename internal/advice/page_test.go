package advice

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
)

var update = flag.Bool("update", false, "write docs/reasons.md again")

// TestPage holds docs/reasons.md, which is made from the tables here, against
// them.
func TestPage(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "reasons.md")
	want := page()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("run with -update when this is intended (-want +got):\n%s", diff)
	}
}

func page() string {
	var b strings.Builder
	b.WriteString(`# What every reason says

Made from the tables in internal/advice by its tests; don't edit it. "It" is the vendor's login. A party is named only when
the evidence excludes the others.

## Of a run

| reason | whose | what happened | what to do first |
|---|---|---|---|
`)
	for _, r := range loginwatch.Reasons {
		if a, ok := runAdvice[r]; ok {
			row(&b, string(r), a)
		}
	}
	b.WriteString(`
## When the answer shows more than its reason

A sign of the answer replaces the words of the reason, whatever the status.

| sign | whose | what happened | what to do first |
|---|---|---|---|
`)
	for _, s := range loginwatch.Signs {
		if a, ok := signAdvice[s]; ok {
			row(&b, string(s), a)
		}
	}
	maybe := Advice{Vendor, "…", "…"}.with([]loginwatch.Sign{loginwatch.SignMaybeRefused})
	fmt.Fprintf(&b, "\n`%s` adds to the words of any of them: %q and %q. Where the vendor alone would be blamed it is then %q.\n",
		loginwatch.SignMaybeRefused, maybe.Says, maybe.Next, maybe.Blame)
	b.WriteString(`
## Of a slot that was not run

| reason | whose | what happened | what to do first |
|---|---|---|---|
`)
	for _, r := range loginwatch.Reasons {
		if a, ok := skipAdvice[r]; ok {
			row(&b, string(r), a)
		}
	}
	return b.String()
}

func row(b *strings.Builder, name string, a Advice) {
	fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", name, a.Blame, a.Says, a.Next)
}
