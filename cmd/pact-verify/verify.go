//go:build pact

package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/pact"
)

func verify(ctx context.Context, o options, stdout io.Writer) (int, error) {
	base, err := config.BaseURL(o.url, o.insecureHTTP)
	if err != nil {
		return exitUsage, fmt.Errorf("--url %w", err)
	}
	catalog, contract, file, err := load(o)
	if err != nil {
		return exitOurs, err
	}
	cases, err := pact.Cases(contract, o.cases)
	if err != nil {
		return exitUsage, err
	}
	results, err := app.VerifyPact(ctx, app.PactOptions{
		Contract: contract, Probes: catalog.Probes, Pact: file, Timeout: o.timeout,
		Target: &loginwatch.Target{
			Name: base.String(), BaseURL: base, Secrets: config.FromEnvironment(contract.Vendor),
			Credential: contract.Vendor + "/environment", Transport: loginwatch.TransportOptions{CAFile: o.ca},
		},
	}, cases)
	if err != nil {
		return exitOurs, err
	}
	return report(stdout, contract.Vendor, results), nil
}

// load gives the packs, and of the vendor its contract and committed pact.
func load(o options) (*pack.Catalog, *loginwatch.Contract, []byte, error) {
	sources := []pack.Source{{FS: loginwatch.Embedded}}
	if o.pack != "" {
		sources = append(sources, pack.Source{Dir: filepath.Clean(o.pack), FS: os.DirFS(o.pack)})
	}
	catalog, problems := pack.Load(pack.Options{}, sources...)
	if len(problems) > 0 {
		return nil, nil, nil, problems
	}
	contract := catalog.Contract(o.vendor)
	if contract == nil {
		var known []string
		for _, c := range catalog.Contracts {
			known = append(known, c.Vendor)
		}
		return nil, nil, nil, fmt.Errorf("unknown vendor %q: the packs have %s", o.vendor, strings.Join(known, ", "))
	}
	for _, s := range sources {
		file, err := fs.ReadFile(s.FS, path.Join("contracts", o.vendor, "pact.json"))
		if err == nil {
			return catalog, contract, file, nil
		}
	}
	return nil, nil, nil, fmt.Errorf("%s has no pact.json beside its contract: make contracts writes it", o.vendor)
}

// report prints the results and gives the exit code, as verify does: a difference
// comes before what is ours, and that before a target that did not let us in. A
// case that was skipped beside others counts for nothing.
func report(w io.Writer, vendor string, results []app.PactResult) int {
	var ok, failed, unanswered, ours int
	for _, r := range results {
		switch {
		case r.OK:
			ok++
			fmt.Fprintf(w, "ok        %s %s\n", vendor, r.Case.ID)
		case r.NotSent != "":
			if r.Run.Verdict != loginwatch.Skipped {
				ours++
			}
			fmt.Fprintf(w, "not sent  %s %s: %s\n", vendor, r.Case.ID, r.NotSent)
		default:
			failed++
			if r.Run.Verdict == loginwatch.Unavailable || r.Run.Verdict == loginwatch.Throttled || r.Run.Verdict == loginwatch.Rejected {
				unanswered++
			}
			fmt.Fprintf(w, "failed    %s %s\n", vendor, r.Case.ID)
			for _, d := range r.Differences {
				fmt.Fprintf(w, "          %s\n", d)
			}
		}
	}
	fmt.Fprintf(w, "%d cases of %s: %d ok, %d failed, %d not sent\n", len(results), vendor, ok, failed, len(results)-ok-failed)
	switch {
	case failed > unanswered:
		return exitDifferent
	case ours > 0 || ok+failed == 0:
		return exitOurs
	case unanswered > 0:
		return exitUnavailable
	}
	return exitOK
}
