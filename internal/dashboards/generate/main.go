// Command generate writes the dashboards again from their sources. Its argument is
// the folder of both, dashboards/.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/loginwatch/loginwatch/internal/dashboards"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprintln(stderr, "usage: generate DASHBOARDS")
		return 2
	}
	if err := write(args[0]); err != nil {
		fmt.Fprintln(stderr, "generate:", err)
		return 1
	}
	return 0
}

func write(folder string) error {
	sources, err := dashboards.Read(folder)
	if err != nil {
		return err
	}
	made, err := sources.Make()
	if err != nil {
		return err
	}
	for name, text := range made {
		if err := os.WriteFile(filepath.Join(folder, "grafana", name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
