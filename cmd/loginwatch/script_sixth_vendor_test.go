package main

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptShows is the command
//
//	shows stdout|stderr FILE     the last output has the lines of FILE, one after the other
//
// In FILE, $WORK stands for the script's folder.
func scriptShows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: shows stdout|stderr FILE")
	}
	want := strings.ReplaceAll(ts.ReadFile(args[1]), "$WORK", ts.Getenv("WORK"))
	if got := ts.ReadFile(args[0]); !strings.Contains("\n"+got, "\n"+want) {
		ts.Fatalf("%s does not have these lines:\n%s", args[0], want)
	}
}
