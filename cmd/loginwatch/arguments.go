package main

import (
	"regexp"
	"slices"
	"strings"
)

// negative is what begins like a number below zero: no flag of ours has a digit.
var negative = regexp.MustCompile(`^-\.?[0-9]`)

// joined joins a flag and a negative number behind it, since the parser takes that for
// another flag, and says nothing of numbers: what the flag is for can say what it takes.
func joined(args []string) []string {
	args = slices.Clone(args)
	for i := 0; i+1 < len(args) && args[i] != "--"; i++ {
		if strings.HasPrefix(args[i], "--") && !strings.Contains(args[i], "=") && negative.MatchString(args[i+1]) {
			args[i] += "=" + args[i+1]
			args = slices.Delete(args, i+1, i+2)
		}
	}
	return args
}
