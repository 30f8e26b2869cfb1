// Command audit judges the licence of everything that the program is made of. See .ci/audit.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := licences("."); err != nil {
		fmt.Fprintf(os.Stderr, "licences:\n%v\n", err)
		os.Exit(1)
	}
}
