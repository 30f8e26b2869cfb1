package alerttest

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// question is what an engineer who was woken has to answer first.
const question = "**Us, our credential or the vendor?** "

// TestRunbooksBeginWithTheQuestion: whose it is stands above everything else.
func TestRunbooksBeginWithTheQuestion(t *testing.T) {
	for _, a := range alerts(t) {
		page := text(t, runbooks+"/"+a.Alert+".md")
		_, page, _ = strings.Cut(page, "\n\nSeverity: ")
		_, page, _ = strings.Cut(page, "\n\n")
		if !strings.HasPrefix(page, question) {
			t.Errorf("%s.md does not begin with %q", a.Alert, question)
		}
	}
}

// TestRunbooksSayWhatToPutIn: words in capitals that stand for something are on
// the list, and each is used.
func TestRunbooksSayWhatToPutIn(t *testing.T) {
	code := regexp.MustCompile("(?s)```[a-z]+\n(.*?)```|`([^`\n]+)`")
	word := regexp.MustCompile(`\b[A-Z]{3,}\b`)
	index := text(t, runbooks+"/README.md")
	table := regexp.MustCompile(`(?s)\n\| put in for \| \|\n(.*?)\n\n`).FindStringSubmatch(index)
	if table == nil {
		t.Fatal("no list of what to put in")
	}
	var known []string
	for line := range strings.Lines(table[1]) {
		known = append(known, word.FindAllString(strings.Split(line, "|")[1], -1)...)
	}
	used := map[string]bool{}
	for _, a := range alerts(t) {
		for _, block := range code.FindAllStringSubmatch(text(t, runbooks+"/"+a.Alert+".md"), -1) {
			command := strings.ReplaceAll(block[1]+block[2], "-X POST", "")
			for _, w := range word.FindAllString(command, -1) {
				used[w] = true
				if !slices.Contains(known, w) {
					t.Errorf("%s.md: nobody knows what to put in for %s", a.Alert, w)
				}
			}
		}
	}
	for _, w := range known {
		if !used[w] {
			t.Errorf("%s is explained and not used", w)
		}
	}
}

// TestQueriesOfRunbooksNameTheJob: two jobs may have targets of the same name.
func TestQueriesOfRunbooksNameTheJob(t *testing.T) {
	series := regexp.MustCompile(`\b(up|loginwatch_[a-z_]+|login:[a-zA-Z0-9_:]+)(\{job="JOB")?`)
	for _, a := range alerts(t) {
		for _, q := range queriesOf(text(t, runbooks+"/"+a.Alert+".md")) {
			for _, m := range series.FindAllStringSubmatch(q, -1) {
				if m[2] == "" {
					t.Errorf("%s.md: %s of every job: %s", a.Alert, m[1], q)
				}
			}
		}
	}
}
