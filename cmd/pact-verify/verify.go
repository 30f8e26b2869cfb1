//go:build pact

package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/pact"
	"github.com/loginwatch/loginwatch/internal/place"
	"github.com/loginwatch/loginwatch/internal/report"
)

// verify gives the exit code of a verification; the error says that there was
// none.
func verify(ctx context.Context, o options, stdout, stderr io.Writer) (int, error) {
	base, err := config.BaseURL(o.url, o.insecureHTTP)
	if err != nil {
		return 0, app.UsageError{Err: fmt.Errorf("--url %w", err)}
	}
	if err := (app.TLSFiles{CA: o.ca}).Check(); err != nil {
		return 0, err
	}
	if o.store != "" {
		if err := place.CheckJoined(o.store); err != nil {
			return 0, app.UsageError{Err: fmt.Errorf("--store %w", err)}
		}
	}
	read, problems := o.files().Read()
	if len(problems) > 0 {
		return 0, app.ProblemsError(problems)
	}
	contracts, err := app.Choose(read.Catalog, o.vendor)
	if err != nil {
		return 0, err
	}
	contract := contracts[0]
	file, err := o.committed()
	if err != nil {
		return 0, err
	}
	cases, err := pact.Cases(contract, o.cases)
	if err != nil {
		return 0, app.UsageError{Err: err}
	}
	joined, leave, err := app.JoinStore(ctx, stderr, app.StoreToJoin(o.store, nil), nil)
	if err != nil {
		return 0, err
	}
	target := app.EnvironmentTarget(base.String(), base, contract, app.TLSFiles{CA: o.ca})
	app.WarnOddSecrets(stderr, nil, contracts)
	app.WarnOfTrust(stderr, target)
	results, err := app.VerifyPact(ctx, app.PactOptions{
		Contract: contract, Probes: read.Catalog.Probes, Pact: file, Timeout: o.timeout, Target: target, Store: joined, Errors: stderr,
	}, cases)
	if unkept := leave(); unkept != nil {
		fmt.Fprintln(stderr, "pact-verify: what these runs brought is not all in the store:", unkept)
	}
	if err != nil {
		return 0, err
	}
	write(stdout, contract.Vendor, results)
	return exitCode(results), nil
}

// files are where the packs stand.
func (o options) files() app.Files {
	if o.pack == "" {
		return app.Files{}
	}
	return app.Files{Packs: []string{o.pack}}
}

// committed gives the pact beside the vendor's contract.
func (o options) committed() ([]byte, error) {
	packs := []fs.FS{loginwatch.Embedded}
	for _, dir := range o.files().Packs {
		packs = append(packs, os.DirFS(dir))
	}
	for _, p := range packs {
		if file, err := fs.ReadFile(p, path.Join("contracts", o.vendor, "pact.json")); err == nil {
			return file, nil
		}
	}
	return nil, fmt.Errorf("%s has no pact.json beside its contract: make contracts writes it", o.vendor)
}

// exitCode is that of loginwatch verify.
func exitCode(results []app.PactResult) int {
	var r report.Report
	for _, result := range results {
		r.Results = append(r.Results, result.Report())
	}
	return report.ExitCode(r)
}

func write(w io.Writer, vendor string, results []app.PactResult) {
	var ok, failed int
	for _, r := range results {
		switch {
		case r.OK:
			ok++
			fmt.Fprintf(w, "ok        %s %s\n", vendor, r.Case.ID)
		case r.NotSent != "":
			fmt.Fprintf(w, "not sent  %s %s: %s\n", vendor, r.Case.ID, r.NotSent)
		default:
			failed++
			fmt.Fprintf(w, "failed    %s %s\n", vendor, r.Case.ID)
			if r.Failure != "" {
				fmt.Fprintf(w, "          %s\n", r.Failure)
			}
			for _, d := range r.Differences {
				fmt.Fprintf(w, "          %s\n", d)
			}
		}
	}
	fmt.Fprintf(w, "%d cases of %s: %d ok, %d failed, %d not sent\n", len(results), vendor, ok, failed, len(results)-ok-failed)
}
