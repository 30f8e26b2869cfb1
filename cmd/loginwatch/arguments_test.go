package main

import (
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// A negative number behind any flag of any verb is its value: what it takes is said in
// the flag's own words, and nobody is told of short flags.
func TestNegativeNumbers(t *testing.T) {
	t.Chdir(t.TempDir())
	var c cli
	parser, err := kong.New(&c, kong.Name("loginwatch"), kong.Writers(io.Discard, io.Discard), words())
	if err != nil {
		t.Fatal(err)
	}
	numbers := 0
	for _, verb := range parser.Model.Leaves(false) {
		for _, group := range verb.AllFlags(false) {
			for _, flag := range group {
				if flag.IsBool() {
					continue
				}
				for _, value := range []string{"-1", "-1h", "-.5"} {
					args := append(wholeOf(verb, flag), "--"+flag.Name, value)
					if _, err := parser.Parse(joined(args)); err != nil && (strings.Contains(err.Error(), "short flag") || strings.Contains(err.Error(), "unknown flag")) {
						t.Errorf("%v: %v", args, err)
					}
				}
				kind, value := flag.Target.Kind(), "-1"
				if flag.Target.Type() == reflect.TypeFor[time.Duration]() {
					value = "-1s"
				} else if kind != reflect.Int {
					continue
				}
				numbers++
				var says strings.Builder
				args := append(wholeOf(verb, flag), "--"+flag.Name, value)
				if code := run(t.Context(), args, environment{stdout: io.Discard, stderr: &says}); code != exitUsage || !strings.HasPrefix(says.String(), "loginwatch: --") || !strings.Contains(says.String(), "--"+flag.Name) {
					t.Errorf("%v ends with %d: %s", args, code, says.String())
				}
			}
		}
	}
	if numbers < 3 {
		t.Errorf("%d flags that are numbers", numbers)
	}
}

// wholeOf is a verb with all that it demands but for one flag.
func wholeOf(verb *kong.Node, but *kong.Flag) []string {
	args := strings.Fields(verb.Path())
	for _, p := range verb.Positional {
		if p.Required {
			args = append(args, "something")
		}
	}
	for _, group := range verb.AllFlags(false) {
		for _, flag := range group {
			if flag.Required && flag != but {
				args = append(args, "--"+flag.Name+"=2026-11")
			}
		}
	}
	return args
}

// What is no negative number, or stands behind no flag, is left alone.
func TestJoined(t *testing.T) {
	for given, want := range map[string]string{
		"history --limit -1":            "history --limit=-1",
		"history --limit -1 --since -2": "history --limit=-1 --since=-2",
		"history --limit=3 -1":          "history --limit=3 -1",
		"history --vendor --limit -1":   "history --vendor --limit=-1",
		"history --vendor -x":           "history --vendor -x",
		"show -- --limit -1":            "show -- --limit -1",
		"history show -1":               "history show -1",
		"":                              "",
	} {
		if got := strings.Join(joined(strings.Fields(given)), " "); got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
}
