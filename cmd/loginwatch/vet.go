package main

import (
	"fmt"
	"os"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
)

type vetCmd struct {
	packFlag
	Config    string `help:"Check this configuration as well." placeholder:"FILE"`
	Documents string `help:"Check every citation against the vendors' documents in this folder: those of the added packs, or of the built-in one when there are none." placeholder:"DIR"`
}

// Run reports every problem of the packs and the configuration at once.
func (v vetCmd) Run(env environment) error {
	files, problems := v.read(v.Config)
	catalog := files.catalog
	if catalog != nil && v.Documents != "" {
		var packs []string
		if files.conf != nil {
			packs = files.conf.Packs
		}
		problems = append(problems, v.citations(catalog, packs)...)
	}
	if files.conf != nil {
		warnOddSecrets(env.stderr, files.conf, nil)
	}
	if len(problems) > 0 {
		problems.Sort()
		return problemsError(problems)
	}
	cases, probes := 0, len(catalog.Probes)
	for _, c := range catalog.Contracts {
		cases += len(c.Cases)
	}
	_, err := fmt.Fprintf(env.stdout, "%d contracts with %d cases and %d probes: no problems\n", len(catalog.Contracts), cases, probes)
	return err
}

// citations checks the packs that somebody added, whose documents are theirs,
// or the built-in one when nobody did.
func (v vetCmd) citations(catalog *pack.Catalog, configured []string) loginwatch.Problems {
	if _, err := os.ReadDir(v.Documents); err != nil {
		return loginwatch.Problems{unreadable(v.Documents, err)}
	}
	return pack.CheckCitations(catalog, os.DirFS(v.Documents), packDirs(v.Pack, configured)...)
}
