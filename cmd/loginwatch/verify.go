package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/place"
	"github.com/loginwatch/loginwatch/internal/report"
)

type verifyCmd struct {
	packFlag
	Vendor       []string      `arg:"" optional:"" help:"Vendors to verify; all that have a target when none is named."`
	Target       string        `help:"A target of the configuration, or one that the contract documents." placeholder:"NAME" xor:"where"`
	BaseURL      string        `name:"base-url" help:"Where the vendor's API is; secrets come from the environment as LOGINWATCH_<VENDOR>_<NAME>." placeholder:"URL" xor:"where"`
	Simulate     bool          `help:"Start simulators and verify those: a first look that needs nothing." xor:"where"`
	Config       string        `help:"The configuration that holds the targets." placeholder:"FILE"`
	Case         []string      `help:"Only this case; may be given again. Cases that risk a lock-out run only when named here." placeholder:"ID" sep:"none"`
	Format       string        `default:"text" enum:"text,json,junit,sarif,github" help:"text, json, junit, sarif or github."`
	Output       string        `help:"Write the report to this file instead of standard output." placeholder:"FILE"`
	InsecureHTTP bool          `name:"insecure-http" help:"Allow --base-url to send secrets in plain text to a host that is not this one."`
	Timeout      time.Duration `default:"10s" help:"Bound of one run."`
	CA           string        `name:"ca" help:"A certificate authority (PEM) to trust as well." placeholder:"FILE"`
	Cert         string        `help:"The client certificate (PEM), for vendors that want one." placeholder:"FILE"`
	Key          string        `help:"Its private key (PEM)." placeholder:"FILE"`
	Store        string        `help:"Share the budgets, limits and one-time codes of those who use this store, such as a daemon: sqlite:FILE or postgres://HOST/DATABASE. Default: that of --config, if it names one or serve has made it; memory shares none." placeholder:"URL"`
}

// Run verifies and ends with the report's exit code.
func (v verifyCmd) Run(ctx context.Context, env environment) error {
	if err := v.check(); err != nil {
		return err
	}
	files, problems := v.files(v.Config).Read()
	if len(problems) > 0 {
		return app.ProblemsError(problems)
	}
	var packs []string
	if files.Config != nil {
		packs = files.Config.Packs
	}
	catalog := files.Catalog
	contracts, err := app.Choose(catalog, v.Vendor...)
	if err != nil {
		return err
	}
	if err := v.checkCases(contracts); err != nil {
		return err
	}
	targets, stop, err := v.targets(ctx, contracts, files)
	if err != nil {
		return err
	}
	defer stop()
	if !v.Simulate {
		app.WarnOddSecrets(env.stderr, files.Config, contracts)
		app.WarnOfMaintenance(env.stderr, files.Jobs, contracts)
	}
	at := app.StoreToJoin(v.Store, files.Config)
	joined, leave, err := app.JoinStore(ctx, env.stderr, at, files.Config)
	if err != nil {
		return v.withoutStore(err)
	}
	out, err := v.open(env)
	if err != nil {
		return ours(errors.Join(err, leave()))
	}
	chosen := slices.Concat(slices.Collect(maps.Values(targets))...)
	app.WarnOfTrust(env.stderr, chosen...)
	app.WarnOfNext(env.stderr, at.URL, chosen...)
	result := report.Report{Started: time.Now()}
	result.Version, _ = buildVersion()
	traces := app.TracerOf(files.Config, result.Version, env.stderr)
	defer traces.Close()
	verification := app.NewVerification(app.VerificationOptions{
		Traces: traces,
		Probes: catalog.Probes, Timeout: v.Timeout, UserAgent: app.UserAgent(result.Version), Progress: progressOn(env.stderr), Errors: env.stderr, Store: joined,
	})
	for _, c := range contracts {
		for _, t := range targets[c.Vendor] {
			for _, r := range verification.Run(ctx, v.cases(c), c, t) {
				result.Results = append(result.Results, report.FromRun(r.Run, r.Case))
			}
		}
	}
	if err := errors.Join(verification.Leave(), leave()); err != nil {
		fmt.Fprintln(env.stderr, "loginwatch: what these runs brought is not all in the store:", err)
	}
	return v.write(result, out, packDirs(v.Pack, packs), env)
}

// check refuses flags that contradict each other or would do nothing.
func (v verifyCmd) check() error {
	switch {
	case v.Timeout <= 0:
		return usage("--timeout must be positive")
	case v.Config != "" && (v.BaseURL != "" || v.Simulate):
		return usage("--config can't be used together with --base-url or --simulate")
	case v.InsecureHTTP && v.BaseURL == "":
		return usage("--insecure-http goes with --base-url; a configured target has insecure_http")
	case v.Target != "" && v.Config == "" && len(v.Vendor) == 0:
		return usage("--target without --config needs a VENDOR: nobody logs in everywhere by accident")
	}
	if v.Store != "" && (v.Store != place.Memory || v.Config == "") { // without the store of a configuration
		if err := place.CheckJoined(v.Store); err != nil {
			return usage("--store %w", err)
		}
	}
	return v.tlsFiles().Check()
}

// withoutStore says why nothing is sent, and how to send it where nobody asked for the store.
func (v verifyCmd) withoutStore(err error) error {
	if v.Store == "" {
		err = fmt.Errorf("%w; it is the store of %s: --store memory verifies without it, and shares no budget", err, v.Config)
	}
	return ours(err)
}

func (v verifyCmd) tlsFiles() app.TLSFiles { return app.TLSFiles{CA: v.CA, Cert: v.Cert, Key: v.Key} }

// checkCases refuses the name of a case that no chosen contract has.
func (v verifyCmd) checkCases(chosen []*loginwatch.Contract) error {
	for _, id := range v.Case {
		if !slices.ContainsFunc(chosen, func(k *loginwatch.Contract) bool { return k.Case(id) != nil }) {
			return usage("unknown case %q: %s", id, caseList(chosen))
		}
	}
	return nil
}

// cases picks what to run of a contract: what is safe, or what is named.
func (v verifyCmd) cases(c *loginwatch.Contract) []*loginwatch.Case {
	var cases []*loginwatch.Case
	for _, k := range c.Cases {
		if slices.Contains(v.Case, k.ID) || len(v.Case) == 0 && !k.OnlyWhenNamed() {
			cases = append(cases, k)
		}
	}
	return cases
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

// open opens the report's file before anything is sent: a login whose report
// can't be written is a login for nothing.
func (v verifyCmd) open(env environment) (io.Writer, error) {
	if v.Output == "" {
		return env.stdout, nil
	}
	return os.Create(v.Output)
}

// write renders the report where it belongs and turns it into an exit code.
func (v verifyCmd) write(r report.Report, out io.Writer, packs []string, env environment) error {
	opts := report.Options{Sources: sourceLine(packs), Address: address}
	if v.Output == "" {
		opts.Color, opts.Width = terminal(out)
	}
	err := report.Write(out, v.Format, r, opts)
	if f, ok := out.(*os.File); ok && v.Output != "" {
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		if v.Output != "" { // the logins are made: what they brought must not be lost
			_ = report.Write(env.stdout, v.Format, r, opts)
		}
		return ours(err)
	}
	if code := report.ExitCode(r); code != exitOK {
		return &exitError{code: code}
	}
	return nil
}

// targets finds, for every chosen vendor, where to send its cases.
func (v verifyCmd) targets(ctx context.Context, contracts []*loginwatch.Contract, files app.Reading) (map[string][]*loginwatch.Target, func(), error) {
	none := func() {}
	switch {
	case v.Simulate:
		return app.StartSimulators(ctx, contracts, files.Catalog.Probes)
	case v.BaseURL != "":
		t, err := v.baseURLTarget(contracts)
		if err != nil {
			return nil, none, err
		}
		return map[string][]*loginwatch.Target{contracts[0].Vendor: {t}}, none, nil
	case files.Config != nil:
		t, err := v.configuredTargets(contracts, files.Jobs)
		return t, none, err
	case v.Target != "":
		t, err := v.documentedTargets(contracts)
		return t, none, err
	}
	return nil, none, usage("say where: --base-url URL, --target NAME, --config FILE or --simulate")
}

func (v verifyCmd) baseURLTarget(contracts []*loginwatch.Contract) (*loginwatch.Target, error) {
	if len(v.Vendor) != 1 {
		return nil, usage("--base-url needs exactly one VENDOR: one of %s", app.VendorList(contracts))
	}
	u, err := config.BaseURL(v.BaseURL, v.InsecureHTTP)
	if err != nil {
		hint := ""
		if strings.HasPrefix(v.BaseURL, "http:") {
			hint = " (--insecure-http allows plain http)"
		}
		return nil, usage("--base-url %v%s", err, hint)
	}
	return app.EnvironmentTarget(u.String(), u, contracts[0], v.tlsFiles()), nil
}

func (v verifyCmd) documentedTargets(contracts []*loginwatch.Contract) (map[string][]*loginwatch.Target, error) {
	found, known := map[string][]*loginwatch.Target{}, map[string][]string{}
	for _, c := range contracts {
		for _, t := range c.Targets {
			known[c.Vendor] = append(known[c.Vendor], t.Name)
			if t.Name != v.Target {
				continue
			}
			u, err := url.Parse(t.URL)
			if err != nil {
				return nil, ours(fmt.Errorf("%s: target %s: not a URL", t.Pos, t.Name))
			}
			found[c.Vendor] = append(found[c.Vendor], app.EnvironmentTarget(t.Name, u, c, v.tlsFiles()))
		}
	}
	return found, v.complete(found, known, contracts)
}

// complete refuses a target that nobody has, and a named vendor without one: it
// must not look verified.
func (v verifyCmd) complete(found map[string][]*loginwatch.Target, known map[string][]string, contracts []*loginwatch.Contract) error {
	what := "target"
	if v.Target != "" {
		what = fmt.Sprintf("target %q", v.Target)
	}
	if len(found) == 0 {
		return usage("there is no %s for %s: %s", what, app.VendorList(contracts), knownTargets(known, contracts))
	}
	for _, c := range contracts {
		if slices.Contains(v.Vendor, c.Vendor) && len(found[c.Vendor]) == 0 {
			return usage("there is no %s for %s: %s", what, c.Vendor, knownTargets(known, []*loginwatch.Contract{c}))
		}
	}
	return nil
}

// knownTargets says which targets there are.
func knownTargets(known map[string][]string, contracts []*loginwatch.Contract) string {
	var parts []string
	for _, c := range contracts {
		if names := known[c.Vendor]; len(names) > 0 {
			parts = append(parts, c.Vendor+" has "+strings.Join(names, ", "))
		}
	}
	if parts == nil {
		return "known: none"
	}
	return strings.Join(parts, "; ")
}

func (v verifyCmd) configuredTargets(contracts []*loginwatch.Contract, jobs []loginwatch.Job) (map[string][]*loginwatch.Target, error) {
	found, known := map[string][]*loginwatch.Target{}, map[string][]string{}
	for _, j := range jobs {
		vendor := j.Probe.Contract.Vendor
		if !slices.Contains(known[vendor], j.Target.Name) { // several probes may use it
			known[vendor] = append(known[vendor], j.Target.Name)
		}
		wanted := slices.Contains(contracts, j.Probe.Contract) && (v.Target == "" || v.Target == j.Target.Name)
		if !wanted || slices.Contains(found[vendor], j.Target) {
			continue
		}
		if v.CA != "" {
			if j.Target.Transport.CAFile != "" {
				return nil, usage("--ca: target %q has a ca_file of its own", j.Target.Name)
			}
			j.Target.Transport.CAFile = v.CA
		}
		if v.Cert != "" {
			if j.Target.Transport.ClientCertFile != "" {
				return nil, usage("--cert: target %q has a client_certificate of its own", j.Target.Name)
			}
			j.Target.Transport.ClientCertFile, j.Target.Transport.ClientKeyFile = v.Cert, v.Key
		}
		found[vendor] = append(found[vendor], j.Target)
	}
	return found, v.complete(found, known, contracts)
}
