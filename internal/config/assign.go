package config

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"maps"
	"net/netip"
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
	"github.com/loginwatch/loginwatch/internal/window"
)

// Options are what Assign needs from others.
type Options struct {
	// CheckSchedule tells what is wrong with a schedule; nil checks none.
	CheckSchedule func(expr string) error
	// ReadFile reads certificates, to find a missing or useless file before the
	// first run does; nil looks at none.
	ReadFile func(path string) ([]byte, error)
	// CheckProgram tells what is wrong with a program that is to be run; nil looks at none.
	CheckProgram func(path string) error
	// ParseBegins reads the schedule of a maintenance; nil reads none.
	ParseBegins func(expr string) (window.Schedule, error)
	// OneTime gives the secrets that one-time codes are made of; nil knows none.
	OneTime func(*loginwatch.Contract) []string
}

// Assign puts the probes of the packs and the targets of the file together, in
// the order of vendor, probe and target: the jobs. By default every enabled probe of a
// vendor runs against every target of that vendor. The problems are those that
// [Parse] could not see; with any, the jobs are incomplete.
func (c *Config) Assign(contracts []*loginwatch.Contract, probes []*loginwatch.Probe, options Options) ([]loginwatch.Job, loginwatch.Problems) {
	if c.doc == nil { // only Default has no text
		return nil, nil
	}
	doc := c.doc.Fresh()
	a := assigner{reader: reader{doc: doc}, config: c, options: options, contracts: map[string]*loginwatch.Contract{}, targets: map[string]*target{}, announced: map[string][]loginwatch.Maintenance{}}
	for _, k := range contracts {
		a.contracts[k.Vendor] = k
	}
	for _, t := range c.targets {
		a.completeTarget(t)
		t.nameCredential(a.contracts[t.file.Vendor.Value])
		a.targets[t.name] = t
	}
	a.checkSources()
	a.checkTracing()
	a.checkCredentials()
	a.shareQuotas()
	a.checkProbeNames(probes)
	a.maintenance = a.readMaintenance()

	var all []loginwatch.Job
	for _, p := range probes {
		all = append(all, a.assign(p)...)
	}
	slices.SortStableFunc(all, func(x, y loginwatch.Job) int {
		return cmp.Or(cmp.Compare(x.Probe.ID(), y.Probe.ID()), cmp.Compare(x.Target.Name, y.Target.Name))
	})
	if len(all) == 0 && c.sound && len(doc.Problems()) == 0 {
		doc.Problemf(loginwatch.Pos{File: c.file}, 0, "no probe runs against any target: nothing would be watched")
	}
	return all, doc.Problems()
}

type assigner struct {
	reader
	config    *Config
	options   Options
	contracts map[string]*loginwatch.Contract
	targets   map[string]*target

	maintenance []maintenance
	announced   map[string][]loginwatch.Maintenance // what is of some targets, by which it is
}

// completeTarget checks a target against the contract of its vendor.
func (a *assigner) completeTarget(t *target) {
	a.checkFiles(t.file.CAFile.Span, t.file.Certificate, t.Transport.CAFile, t.Transport.ClientCertFile, t.Transport.ClientKeyFile)
	if t.file.Vendor.Value == "" {
		return // Parse says so
	}
	k := a.contracts[t.file.Vendor.Value]
	if k == nil {
		a.unknown(t.file.Vendor.Span, "vendor", t.file.Vendor.Value, slices.Collect(maps.Keys(a.contracts)))
		return
	}
	if name := t.file.Documented; name != nil && given(name.Span) {
		a.documented(t, k)
	}
	a.checkFamily(t)
	names(a, "operation", t.file.Paths, k.Operations, func(o *loginwatch.Operation) string { return o.ID })
	names(a, "variable", t.file.Variables, k.Variables, func(v loginwatch.Variable) string { return v.Name })
	names(a, "secret", t.file.Secrets, k.Secrets, func(s loginwatch.Secret) string { return s.Name })
	a.checkNext(t, k)
}

func (a *assigner) documented(t *target, k *loginwatch.Contract) {
	name := t.file.Documented
	for _, d := range k.Targets {
		if d.Name != name.Value {
			continue
		}
		var err error
		if t.BaseURL, err = BaseURL(d.URL, t.file.InsecureHTTP); err != nil {
			a.problem(name.Span, "the documented URL of %q %v%s", name.Value, err, howToAllow(err))
		}
		return
	}
	known := nameAll(k.Targets, func(d loginwatch.DocumentedTarget) string { return d.Name })
	a.unknown(name.Span, "documented target", name.Value, known)
}

// checkFamily refuses an address that stands in the file and that ip_version
// rules out: no connection could come about. With a proxy, only that is dialled.
func (a *assigner) checkFamily(t *target) {
	u := t.BaseURL
	if t.file.Proxy.Width > 0 {
		u = t.Transport.Proxy
	}
	if u == nil || !given(t.file.IPVersion.Span) {
		return
	}
	at, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return // a name, which may have addresses of both
	}
	family := 6
	if at.Unmap().Is4() {
		family = 4
	}
	if v := t.Transport.IPVersion; v != family && (v == 4 || v == 6) {
		a.problem(t.file.IPVersion.Span, `"ip_version" is %d, but what it connects to is an address of version %d`, v, family)
	}
}

// names reports the keys of a mapping that the contract does not have.
func names[T, V any](a *assigner, what string, keys strictyaml.Map[V], known []T, name func(T) string) {
	all := nameAll(known, name)
	for _, e := range keys {
		if !slices.Contains(all, e.Key) {
			a.unknown(e.Span, what, e.Key, all)
		}
	}
}

func nameAll[T any](of []T, name func(T) string) []string {
	all := make([]string, len(of))
	for i, x := range of {
		all[i] = name(x)
	}
	return all
}

func (a *assigner) unknown(at strictyaml.Span, what, name string, known []string) {
	a.problem(at, "unknown %s %q%s", what, name, strictyaml.Hint(name, known))
}

// checkProbeNames reports what the file says about probes and targets that
// there are none of.
func (a *assigner) checkProbeNames(probes []*loginwatch.Probe) {
	known := nameAll(probes, (*loginwatch.Probe).ID)
	for _, e := range a.config.probes {
		i := slices.Index(known, e.Key)
		if i < 0 {
			a.unknown(e.Span, "probe", e.Key, slices.Clone(known))
			continue
		}
		a.checkOverrides(e, probes[i])
	}
}

func (a *assigner) checkOverrides(e strictyaml.Entry[probeFile], p *loginwatch.Probe) {
	if s := e.Value.Schedule; given(s.Span) && a.options.CheckSchedule != nil {
		if err := a.options.CheckSchedule(s.Value); err != nil {
			a.problem(s.Span, "%v", err)
		}
	}
	named := e.Value.Targets
	if e.Value.enabled(!p.Disabled) && (named == nil || len(*named) == 0) && len(a.targetsOf(p)) == 0 && !slices.ContainsFunc(a.config.targets, a.astray) {
		a.problem(e.Span, "%q is enabled without a target of vendor %q", e.Key, p.Contract.Vendor)
	}
	if named == nil {
		return
	}
	seen := map[string]bool{}
	for _, name := range *named {
		switch t := a.targets[name.Value]; {
		case t == nil:
			a.unknown(name.Span, "target", name.Value, nameAll(a.config.targets, func(t *target) string { return t.name }))
		case t.file.Vendor.Value != p.Contract.Vendor && !a.astray(t):
			a.problem(name.Span, "target %q is of vendor %q, not %q", name.Value, t.file.Vendor.Value, p.Contract.Vendor)
		case seen[name.Value]:
			a.problem(name.Span, "target %q is named twice", name.Value)
		}
		seen[name.Value] = true
	}
}

// astray tells whether a target's vendor is none that the packs have: that is a
// problem of its own, and what follows from it is none.
func (a *assigner) astray(t *target) bool { return a.contracts[t.file.Vendor.Value] == nil }

func (a *assigner) targetsOf(p *loginwatch.Probe) (found []*target) {
	override, _ := a.config.probes.Get(p.ID())
	named := map[string]bool{}
	if override.Targets != nil {
		for _, name := range *override.Targets {
			named[name.Value] = true
		}
	}
	for _, t := range a.config.targets {
		if (override.Targets == nil || named[t.name]) && t.file.Vendor.Value == p.Contract.Vendor {
			found = append(found, t)
		}
	}
	return found
}

// assign gives the jobs of one probe, overrides applied.
func (a *assigner) assign(p *loginwatch.Probe) (all []loginwatch.Job) {
	override, _ := a.config.probes.Get(p.ID())
	if !override.enabled(!p.Disabled) {
		return nil
	}
	own := *p
	own.Disabled = false
	if given(override.Schedule.Span) {
		own.Schedule = override.Schedule.Value
	}
	// Parse has reported what is wrong here.
	if override.Timeout.Value > 0 {
		own.Timeout = override.Timeout.Value
	}
	override.Objectives.apply(&own.Objectives, func(strictyaml.Span, string) {})
	for _, t := range a.targetsOf(p) {
		a.checkSecrets(p, t)
		all = append(all, loginwatch.Job{Probe: &own, Target: t.Target, Location: a.config.Location, Maintenance: a.maintenanceOf(t)})
	}
	return all
}

// checkSecrets reports the secrets that a probe needs and a target lacks.
func (a *assigner) checkSecrets(p *loginwatch.Probe, t *target) {
	has := map[string]bool{}
	for _, s := range t.file.Secrets { // also those whose reference is wrong: one mistake, one problem
		has[s.Key] = true
	}
	for _, step := range p.Steps {
		leftOut := len(step.Capture) > 0
		for _, c := range step.Capture {
			leftOut = leftOut && has[c.Name]
		}
		if leftOut {
			continue // all that it would fetch is configured
		}
		for _, name := range step.Case.Needs {
			if !has[name] {
				a.problem(t.at, "target %q lacks the secret %q, which the case %q of %q needs", t.name, name, step.Case.ID, p.ID())
				has[name] = true // say it once
			}
		}
		for _, c := range step.Capture {
			has[c.Name] = true
		}
	}
}

// checkFiles looks whether the certificates are there and usable.
func (a *assigner) checkFiles(at strictyaml.Span, f *certificateFile, caFile, certFile, keyFile string) {
	if a.options.ReadFile == nil {
		return
	}
	read := func(at strictyaml.Span, path string) ([]byte, bool) {
		if path == "" {
			return nil, false
		}
		data, err := a.options.ReadFile(path)
		if err != nil {
			a.problem(at, "%v", Unread(path, err))
		}
		return data, err == nil
	}
	if pem, ok := read(at, caFile); ok && !x509.NewCertPool().AppendCertsFromPEM(pem) {
		a.problem(at, "the file holds no PEM certificate")
	}
	if f == nil {
		return
	}
	cert, ok := read(f.CertFile.Span, certFile)
	key, keyOK := read(f.KeyFile.Span, keyFile)
	if !ok || !keyOK {
		return
	}
	// The error of X509KeyPair tells about blocks of the key file: leave it out.
	if _, err := tls.X509KeyPair(cert, key); err != nil {
		a.problem(f.CertFile.Span, "the files are no PEM certificate with the private key that belongs to it")
	}
}
