package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/probe"
	"github.com/loginwatch/loginwatch/internal/report"
)

type verifyCmd struct {
	packFlag
	Vendor       []string      `arg:"" optional:"" help:"Vendors to verify; all that have a target when none is named."`
	Target       string        `help:"A target of the configuration, or one that the contract documents." placeholder:"NAME" xor:"where"`
	BaseURL      string        `name:"base-url" help:"Where the vendor's API is; secrets come from the environment as LOGINWATCH_<VENDOR>_<NAME>." placeholder:"URL" xor:"where"`
	Simulate     bool          `help:"Start simulators and verify those: a first look that needs nothing." xor:"where"`
	Config       string        `help:"The configuration that holds the targets." placeholder:"FILE"`
	Case         []string      `help:"Only this case; may be given again. Cases that risk a lock-out run only when named here." placeholder:"ID"`
	Format       string        `default:"text" enum:"text,json,junit,sarif,github" help:"text, json, junit, sarif or github."`
	Output       string        `help:"Write the report to this file instead of standard output." placeholder:"FILE"`
	InsecureHTTP bool          `name:"insecure-http" help:"Allow --base-url to send secrets in clear to a host that is not this one."`
	Timeout      time.Duration `default:"10s" help:"Bound of one run."`
	CA           string        `name:"ca" help:"A certificate authority (PEM) to trust as well." placeholder:"FILE"`
}

// Run verifies and ends with the report's exit code.
func (v verifyCmd) Run(ctx context.Context, env environment) error {
	if v.Timeout <= 0 {
		return usage("--timeout must be positive")
	}
	var conf *config.Config
	var packs []string
	if v.Config != "" {
		var problems loginwatch.Problems
		if conf, problems = readConfig(v.Config); len(problems) > 0 {
			return problemsError(problems)
		}
		packs = conf.Packs
	}
	catalog, problems := v.load(packs...)
	if len(problems) > 0 {
		return problemsError(problems)
	}
	contracts, err := choose(catalog, v.Vendor)
	if err != nil {
		return err
	}
	targets, stop, err := v.targets(ctx, catalog, contracts, conf)
	if err != nil {
		return err
	}
	defer stop()
	result := report.Report{Started: time.Now()}
	result.Version, _ = buildVersion()
	runner := probe.New(probe.Options{UserAgent: userAgent()})
	for _, c := range contracts {
		cases, err := v.cases(c, contracts)
		if err != nil {
			return err
		}
		for _, t := range targets[c.Vendor] {
			s := verification{runner: runner, catalog: catalog, contract: c, target: t, timeout: v.Timeout, progress: progressOn(env.stderr)}
			result.Results = append(result.Results, s.run(ctx, cases)...)
		}
	}
	return v.write(result, env)
}

// cases picks what to run of a contract: what is safe, or what is named.
func (v verifyCmd) cases(c *loginwatch.Contract, chosen []*loginwatch.Contract) ([]*loginwatch.Case, error) {
	for _, id := range v.Case {
		if !slices.ContainsFunc(chosen, func(k *loginwatch.Contract) bool { return k.Case(id) != nil }) {
			return nil, usage("unknown case %q: %s", id, caseList(chosen))
		}
	}
	var cases []*loginwatch.Case
	for _, k := range c.Cases {
		if slices.Contains(v.Case, k.ID) || len(v.Case) == 0 && !k.OnlyWhenNamed() {
			cases = append(cases, k)
		}
	}
	return cases, nil
}

func caseList(contracts []*loginwatch.Contract) string {
	var parts []string
	for _, c := range contracts {
		var ids []string
		for _, k := range c.Cases {
			ids = append(ids, k.ID)
		}
		parts = append(parts, c.Vendor+" has "+strings.Join(ids, ", "))
	}
	return strings.Join(parts, "; ")
}

// verification runs the cases of one contract against one target, one after
// the other, and stops sending a credential once it was refused.
type verification struct {
	runner   *probe.Runner
	catalog  *pack.Catalog
	contract *loginwatch.Contract
	target   *loginwatch.Target
	timeout  time.Duration
	progress io.Writer
}

func (s verification) run(ctx context.Context, cases []*loginwatch.Case) []report.Result {
	target := *s.target
	target.Secrets = probe.Remember(target.Secrets)
	var results []report.Result
	var held loginwatch.Reason // why nothing more may be sent that needs the credential
	for _, k := range cases {
		p := probe.ForCase(k, s.contract, s.catalog.Probes, s.timeout)
		run := &loginwatch.Run{Vendor: s.contract.Vendor, Probe: k.ID, Target: target.Name, Verdict: loginwatch.Skipped}
		switch {
		case ctx.Err() != nil:
			run.Reason, run.Detail = loginwatch.ReasonShutdown, "interrupted"
		case probe.Superfluous(p, &target):
			run.Reason, run.Detail = loginwatch.ReasonConfigured, "what it would fetch is configured"
		case held == loginwatch.ReasonSuspended && len(k.Needs) > 0:
			run.Reason, run.Detail = held, "the credential was refused before and is not sent again"
		case held != "" && held != loginwatch.ReasonSuspended:
			run.Reason, run.Detail = held, "the vendor limits the rate"
		default:
			fmt.Fprintf(s.progress, "%s %s …\n", s.contract.Vendor, k.ID)
			run = s.runner.Run(ctx, p, &target)
			held = hold(held, run)
		}
		results = append(results, report.FromRun(run, k))
	}
	return results
}

// hold tells what a run forbids to the ones after it.
func hold(held loginwatch.Reason, run *loginwatch.Run) loginwatch.Reason {
	if run.Verdict == loginwatch.Throttled {
		return loginwatch.ReasonRetryAfter
	}
	for _, step := range run.Steps {
		if step.RetryAfter > 0 {
			return loginwatch.ReasonRetryAfter
		}
		if step.RefusedCredential && held == "" {
			held = loginwatch.ReasonSuspended
		}
	}
	return held
}

// write renders the report where it belongs and turns it into an exit code.
func (v verifyCmd) write(r report.Report, env environment) error {
	out := env.stdout
	opts := report.TextOptions{Sources: sourceLine(v.Pack)}
	if v.Output != "" {
		f, err := os.Create(v.Output)
		if err != nil {
			return ours(err)
		}
		if err := report.Write(f, v.Format, r, opts); err != nil {
			return ours(errors.Join(err, f.Close()))
		}
		if err := f.Close(); err != nil {
			return ours(err)
		}
	} else {
		opts.Color, opts.Width = terminal(out, env)
		if err := report.Write(out, v.Format, r, opts); err != nil {
			return ours(err)
		}
	}
	if code := report.ExitCode(r); code != exitOK {
		return &exitError{code: code}
	}
	return nil
}

// targets finds, for every chosen vendor, where to send its cases.
func (v verifyCmd) targets(ctx context.Context, cat *pack.Catalog, contracts []*loginwatch.Contract, conf *config.Config) (map[string][]*loginwatch.Target, func(), error) {
	none := func() {}
	switch {
	case v.Simulate:
		return startSimulators(ctx, contracts, cat.Probes)
	case v.BaseURL != "":
		t, err := v.baseURLTarget(contracts)
		if err != nil {
			return nil, none, err
		}
		return map[string][]*loginwatch.Target{contracts[0].Vendor: {t}}, none, nil
	case conf != nil:
		t, err := v.configuredTargets(cat, contracts, conf)
		return t, none, err
	case v.Target != "":
		t, err := v.documentedTargets(contracts)
		return t, none, err
	}
	return nil, none, usage("say where: --base-url URL, --target NAME, --config FILE or --simulate")
}

func (v verifyCmd) baseURLTarget(contracts []*loginwatch.Contract) (*loginwatch.Target, error) {
	if len(v.Vendor) != 1 {
		return nil, usage("--base-url needs exactly one VENDOR: one of %s", vendorList(contracts))
	}
	u, err := config.BaseURL(v.BaseURL, v.InsecureHTTP)
	if err != nil {
		return nil, usage("--base-url %v", err)
	}
	return v.environmentTarget(u.String(), u, contracts[0]), nil
}

// environmentTarget has its secrets in the environment.
func (v verifyCmd) environmentTarget(name string, u *url.URL, c *loginwatch.Contract) *loginwatch.Target {
	return &loginwatch.Target{
		Name: name, BaseURL: u, Secrets: config.FromEnvironment(c.Vendor),
		Credential: c.Vendor + "/environment", Transport: loginwatch.TransportOptions{CAFile: v.CA},
	}
}

func (v verifyCmd) documentedTargets(contracts []*loginwatch.Contract) (map[string][]*loginwatch.Target, error) {
	found := map[string][]*loginwatch.Target{}
	for _, c := range contracts {
		for _, t := range c.Targets {
			if t.Name != v.Target {
				continue
			}
			u, err := url.Parse(t.URL)
			if err != nil {
				return nil, ours(fmt.Errorf("%s: target %s: not a URL", t.Pos, t.Name))
			}
			found[c.Vendor] = append(found[c.Vendor], v.environmentTarget(t.Name, u, c))
		}
	}
	if len(found) == 0 {
		return nil, usage("no chosen contract documents a target %q; name one with --base-url or --config", v.Target)
	}
	return found, nil
}

func (v verifyCmd) configuredTargets(cat *pack.Catalog, contracts []*loginwatch.Contract, conf *config.Config) (map[string][]*loginwatch.Target, error) {
	assignments, problems := conf.Assign(cat.Contracts, cat.Probes, configOptions())
	if len(problems) > 0 {
		return nil, problemsError(problems)
	}
	found := map[string][]*loginwatch.Target{}
	for _, a := range assignments {
		vendor := a.Probe.Contract.Vendor
		wanted := slices.Contains(contracts, a.Probe.Contract) && (v.Target == "" || v.Target == a.Target.Name)
		if !wanted || slices.Contains(found[vendor], a.Target) {
			continue
		}
		if v.CA != "" && a.Target.Transport.CAFile == "" {
			a.Target.Transport.CAFile = v.CA
		}
		found[vendor] = append(found[vendor], a.Target)
	}
	if len(found) == 0 {
		return nil, usage("the configuration has no such target for %s", vendorList(contracts))
	}
	return found, nil
}
