//go:build pact

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/loginwatch/loginwatch"
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
	v := pact.Verification{
		Contract: contract, Probes: catalog.Probes, Pact: file, BaseURL: base,
		Secrets: config.FromEnvironment(contract.Vendor), Timeout: o.timeout,
	}
	if v.TLS, err = trust(o.ca); err != nil {
		return exitOurs, err
	}
	if err := v.Preflight(ctx); err != nil {
		return exitUnavailable, err
	}
	results, err := v.Run(ctx, cases)
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

func trust(file string) (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if file == "" {
		return conf, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("--ca: the file holds no PEM certificate")
	}
	conf.RootCAs = pool
	return conf, nil
}

// report prints the results and gives the exit code: a difference before a
// case that was not sent, since it is the target's.
func report(w io.Writer, vendor string, results []pact.Result) int {
	var ok, failed, notSent int
	for _, r := range results {
		switch {
		case r.OK:
			ok++
			fmt.Fprintf(w, "ok        %s %s\n", vendor, r.Case)
		case r.NotSent != "":
			if !r.Superfluous {
				notSent++
			}
			fmt.Fprintf(w, "not sent  %s %s: %s\n", vendor, r.Case, r.NotSent)
		default:
			failed++
			fmt.Fprintf(w, "failed    %s %s\n", vendor, r.Case)
			for _, d := range r.Differences {
				fmt.Fprintf(w, "          %s\n", d)
			}
		}
	}
	fmt.Fprintf(w, "%d cases of %s: %d ok, %d failed, %d not sent\n", len(results), vendor, ok, failed, len(results)-ok-failed)
	switch {
	case failed > 0:
		return exitDifferent
	case notSent > 0 || ok == 0:
		return exitOurs
	}
	return exitOK
}
