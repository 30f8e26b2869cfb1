package advice

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
)

var update = flag.Bool("update", false, "write docs/reasons.md again")

// TestPage holds docs/reasons.md, which is made from the tables here, against
// them.
func TestPage(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "reasons.md")
	want := page(t)
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
	if diff := gocmp.Diff(want, string(got)); diff != "" {
		t.Errorf("out of date, run go generate (-want +got):\n%s", diff)
	}
}

func page(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`# What every reason says

You were woken, and the status page, the log or a report gives a verdict and a reason. Find the reason here: whose matter it
is, what happened, and what to do first. What stands beside it there as detail or finding names the host, the secret or the
field.

"It" is the vendor's login, "us" whoever runs loginwatch and its network. A party is named only when the evidence excludes
the others. The tests of internal/app meet each line with a server on a real socket; the verdicts are those that came.
This page is made by ` + "`go generate`" + ` from the tables in internal/advice, so don't edit it.

## A run failed

| reason | verdict | whose | what happened | what to do first |
|---|---|---|---|---|
`)
	met := reached(t)
	for _, r := range loginwatch.Reasons {
		if a, ok := runAdvice[r]; ok {
			if len(met[r]) == 0 {
				t.Errorf("no test of internal/app reaches %s", r)
			}
			row(&b, code(string(r))+" | "+strings.Join(met[r], " "), a)
		}
	}
	b.WriteString(`
## Its answer shows more than the reason

Then these words stand in the place of the reason's, whatever the status.

| sign | whose | what happened | what to do first |
|---|---|---|---|
`)
	for _, s := range loginwatch.Signs {
		if a, ok := signAdvice[s]; ok {
			row(&b, code(string(s)), a)
		}
	}
	maybe := Advice{Vendor, "…", "…"}.with([]loginwatch.Sign{loginwatch.SignMaybeRefused})
	fmt.Fprintf(&b, "\nBeside a login that is not as documented, `%s` leaves the reason's words and adds: %q.\n", loginwatch.SignLeftOpen, "…"+leftOpen)
	fmt.Fprintf(&b, "\n`%s` adds to the words of any reason and sign: %q and, unless they say so already, %q. Where the vendor alone would be blamed it is then %q.\n",
		loginwatch.SignMaybeRefused, maybe.Says, maybe.Next, maybe.Blame)
	b.WriteString(`
## A slot was not run

This instance sent nothing for the slot; of a ` + code("lost") + ` one nobody knows what was sent. The verdict is ` + code("skipped") + `, and the slot counts neither for nor against the vendor.

| reason | whose | what happened | what to do first |
|---|---|---|---|
`)
	for _, r := range loginwatch.Reasons {
		switch a, ok := skipAdvice[r]; {
		case r == loginwatch.ReasonSuspended:
			row(&b, code(string(r)), ForSkip(r, loginwatch.RefusalCertain))
			row(&b, code(string(r)), ForSkip(r, loginwatch.RefusalPossible))
		case ok:
			row(&b, code(string(r)), a)
		}
	}
	return b.String()
}

func row(b *strings.Builder, first string, a Advice) {
	fmt.Fprintf(b, "| %s | %s | %s | %s |\n", first, a.Blame, a.Says, cmp.Or(a.Next, "nothing"))
}

func code(text string) string { return "`" + text + "`" }

// reached gives the verdicts that came with each reason of a run when the tests
// of internal/app met it on a socket.
func reached(t *testing.T) map[loginwatch.Reason][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "app", "testdata", "reached.txt"))
	if err != nil {
		t.Fatal(err)
	}
	met := map[loginwatch.Reason][]string{}
	for line := range strings.Lines(string(text)) {
		reason, verdict, _ := strings.Cut(strings.TrimSpace(line), " ")
		if verdict != string(loginwatch.Skipped) {
			met[loginwatch.Reason(reason)] = append(met[loginwatch.Reason(reason)], code(verdict))
		}
	}
	return met
}
