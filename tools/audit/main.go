// Command audit judges the licence of everything that the program is made of; with the word
// notices it prints the texts of all that a release has of others, and with notices debian
// those that not every Debian system has. See .ci/audit.
package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "licences:\n%v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 0:
		return licences(".")
	case args[0] == "notices" && (len(args) == 1 || slices.Equal(args[1:], []string{"debian"})):
		var text bytes.Buffer
		if err := notices(".", len(args) == 2, &text); err != nil {
			return err
		}
		_, err := os.Stdout.Write(text.Bytes())
		return err
	}
	return fmt.Errorf("nobody prints %q", args)
}
