package pack

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/compute"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// probes reads probes/ of one source. Its vendors may come from other sources.
func (l *loader) probes(s Source) {
	for _, e := range entries(s.FS, "probes") {
		name := path.Join("probes", e.Name())
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".yaml") {
			l.fileProblem(s, name, "not a probe file: its name must be VENDOR.yaml")
			continue
		}
		data, err := fs.ReadFile(s.FS, name)
		if err != nil {
			l.fileProblem(s, name, "can't be read")
			continue
		}
		doc, problems := strictyaml.Parse(s.pos(name).File, data)
		if doc == nil {
			l.problems = append(l.problems, problems...)
			continue
		}
		p := &prober{loader: l, doc: doc}
		p.read(strings.TrimSuffix(e.Name(), ".yaml"))
		l.problems = append(l.problems, doc.Problems()...)
		if len(doc.Problems()) == 0 {
			l.goodProbes = append(l.goodProbes, p.probes...)
		}
	}
}

// prober reads one probe file.
type prober struct {
	loader *loader
	doc    *strictyaml.Document
	owner  *builder
	probes []*loginwatch.Probe
}

func (p *prober) problem(at span, format string, args ...any) {
	p.doc.Problemf(at.Pos, at.Width, format, args...)
}

func (p *prober) read(fileName string) {
	var f probesFile
	p.doc.Decode(&f)
	vendor := f.Vendor.Value
	if p.owner = p.loader.byVendor[vendor]; p.owner == nil {
		if vendor != "" && !p.loader.unusable[vendor] {
			var known []string
			for v := range p.loader.byVendor {
				known = append(known, v)
			}
			p.problem(f.Vendor.Span, "unknown vendor %q%s", vendor, strictyaml.Hint(vendor, known))
		}
		return
	}
	if vendor != fileName {
		p.problem(f.Vendor.Span, "vendor %q is not the name of its file, %q", vendor, fileName+".yaml")
	}
	for _, e := range f.Probes {
		if !slug.MatchString(e.Key) {
			p.problem(e.Span, "probe %q must be lower-case letters and digits, joined by hyphens", e.Key)
		}
		probe := p.probe(e.Key, e.Value)
		if first, known := p.loader.probePos[probe.ID()]; known {
			p.problem(e.Span, "probe %q is already in %s", probe.ID(), first)
		} else {
			p.loader.probePos[probe.ID()] = e.Pos
		}
		p.probes = append(p.probes, probe)
	}
}

func (p *prober) probe(name string, f probeFile) *loginwatch.Probe {
	probe := &loginwatch.Probe{
		Contract: p.owner.c, Name: name, Schedule: f.Schedule.Value, Timeout: f.Timeout.Value,
		Disabled: f.Enabled != nil && !*f.Enabled, Pos: f.Pos,
		Objectives: loginwatch.Objectives{
			Availability:    p.share("availability", f.Objectives.Availability),
			Correctness:     p.share("correctness", f.Objectives.Correctness),
			LatencyQuantile: p.share("quantile", f.Objectives.Latency.Quantile),
			Latency:         p.seconds(f.Objectives.Latency.Seconds),
		},
	}
	if check := p.loader.opts.CheckSchedule; check != nil && f.Schedule.Width > 0 {
		if err := check(f.Schedule.Value); err != nil {
			p.problem(f.Schedule.Span, "%v", err)
		}
	}
	if f.Timeout.Width > 0 && f.Timeout.Value <= 0 {
		p.problem(f.Timeout.Span, "timeout must be longer than 0s")
	}
	if f.Steps != nil && len(f.Steps) == 0 {
		p.problem(f.span, "probe %q has no steps", name)
	}
	for _, s := range f.Steps {
		probe.Steps = append(probe.Steps, p.step(probe, s))
	}
	p.roles(probe, f)
	for i, s := range f.Steps {
		p.captures(probe, i, s)
	}
	return probe
}

// roles reads what each step is for. A single step needs no word: it is what the
// probe is for.
func (p *prober) roles(probe *loginwatch.Probe, f probeFile) {
	if len(f.Steps) == 1 && f.Steps[0].Role == nil {
		probe.Steps[0].Role = loginwatch.RoleSubject
		p.keys(probe, f)
		return
	}
	known := make([]string, len(loginwatch.Roles))
	for i, r := range loginwatch.Roles {
		known[i] = string(r)
	}
	latest, subjects := 0, 0
	for i, s := range f.Steps {
		if s.Role == nil {
			p.problem(s.span, "step %d needs a role, since there are several: %s", i+1, strings.Join(known, ", "))
			return
		}
		probe.Steps[i].Role = loginwatch.Role(s.Role.Value)
		at := slices.Index(known, s.Role.Value)
		switch {
		case s.Role.Width == 0: // reported as no string
			return
		case at < 0:
			p.problem(s.Role.Span, "%q is no role: it is one of %s%s", s.Role.Value, strings.Join(known, ", "), strictyaml.DidYouMean(s.Role.Value, known))
			return
		case at < latest:
			p.problem(s.Role.Span, "%s stands after %s: the order is %s", known[at], known[latest], strings.Join(known, ", "))
		}
		latest = at
		if probe.Steps[i].Role != loginwatch.RoleSubject {
			continue
		}
		if subjects++; subjects > 1 {
			p.problem(s.Role.Span, "probe %q has a second subject: a probe is for one login", probe.Name)
		}
	}
	if subjects == 0 && len(f.Steps) > 0 {
		p.problem(f.span, "probe %q has no subject: one step must be what it is for", probe.Name)
	}
	if subjects == 1 {
		p.oneLogin(probe, f)
	}
	p.keys(probe, f)
}

// keys asks for a step that fetches the keys by which a token is verified.
func (p *prober) keys(probe *loginwatch.Probe, f probeFile) {
	for i, s := range probe.Steps {
		if s.Case == nil || s.Case.Operation == nil {
			continue
		}
		from := s.Case.KeysFrom()
		if from != nil && !slices.ContainsFunc(probe.Steps[:i], func(before loginwatch.Step) bool { return before.Case == from }) {
			p.problem(f.Steps[i].Case.Span, "the token of case %q is verified by keys of case %q, which has to be a step before it", s.Case.ID, from.ID)
		}
	}
}

// oneLogin refuses a probe that would send the subject's operation, any case or a
// one-time code twice in one slot: a login is not a ping, and a second code has to
// wait for the next time step.
func (p *prober) oneLogin(probe *loginwatch.Probe, f probeFile) {
	subject, coded := probe.Subject(), false
	for i := range probe.Steps {
		k := probe.Steps[i].Case
		if k == nil || k.Operation == nil || subject == nil || subject.Case == nil {
			continue
		}
		twice := slices.ContainsFunc(probe.Steps[:i], func(s loginwatch.Step) bool { return s.Case == k })
		if twice || &probe.Steps[i] != subject && k.Operation == subject.Case.Operation {
			p.problem(f.Steps[i].Case.Span, "a run of %q would send the operation %q twice", probe.Name, k.Operation.ID)
		}
		if p.sendsCode(k) {
			if coded {
				p.problem(f.Steps[i].Case.Span, "a run of %q would send a second one-time code, and a vendor takes one in a time step", probe.Name)
			}
			coded = true
		}
	}
}

func (p *prober) sendsCode(k *loginwatch.Case) bool {
	c := p.owner.c
	return slices.ContainsFunc(c.Closure(k.Request().Names(true)), func(name string) bool {
		v := c.ComputedValue(name)
		return v != nil && compute.Step(compute.CallOf(v)) > 0
	})
}

// share checks a part of a whole; 0 would be no objective, and 1 one without a
// budget to burn.
func (p *prober) share(name string, d decimal) float64 {
	if d.Width > 0 && (d.Value <= 0 || d.Value >= 1) {
		p.problem(d.Span, "%s must be above 0 and below 1, such as 0.995", name)
	}
	return d.Value
}

func (p *prober) seconds(d decimal) time.Duration {
	if d.Width > 0 && (d.Value <= 0 || d.Value > 3600) {
		p.problem(d.Span, "seconds must be above 0 and at most 3600")
		return 0
	}
	return time.Duration(d.Value * float64(time.Second))
}

func (p *prober) step(probe *loginwatch.Probe, f stepFile) loginwatch.Step {
	step := loginwatch.Step{Case: p.owner.c.Case(f.Case.Value), Pos: f.Pos}
	switch {
	case f.Case.Value == "": // reported as missing
	case step.Case == nil:
		p.problem(f.Case.Span, "unknown case %q%s", f.Case.Value, strictyaml.Hint(f.Case.Value, p.owner.file.Cases.Keys()))
	case step.Case.Risk != "" && !probe.Disabled:
		p.problem(f.Case.Span, "case %q risks a %s: a probe with it must have enabled: false", f.Case.Value, step.Case.Risk)
	}
	for _, e := range f.Capture {
		step.Capture = append(step.Capture, loginwatch.Capture{Name: e.Key, At: loginwatch.Place(e.Value.Value), Pos: e.Pos})
	}
	return step
}

// captures checks what step i takes from its answer for the steps after it.
func (p *prober) captures(probe *loginwatch.Probe, i int, f stepFile) {
	for _, e := range f.Capture {
		if _, known := p.owner.file.Secrets.Get(e.Key); !known {
			p.problem(e.Span, "capture %q is no secret of %s%s", e.Key, p.owner.c.Vendor, strictyaml.Hint(e.Key, p.owner.file.Secrets.Keys()))
		} else if !p.used(probe, i, e.Key) {
			p.problem(e.Span, "capture %q is not used by any step after this one", e.Key)
		}
		k := probe.Steps[i].Case
		if k == nil || len(k.Expect) == 0 && !k.Undocumented || e.Value.Width == 0 {
			continue
		}
		p.capturePlace(k, e.Value)
	}
}

// used tells whether somebody uses what step i captures: a step after it, the next
// run where the step itself spends the value, or a case that stands after others.
func (p *prober) used(probe *loginwatch.Probe, i int, name string) bool {
	if k := probe.Steps[i].Case; k != nil && k.Operation != nil && slices.Contains(k.Operation.Spends, name) {
		return true
	}
	uses := func(k *loginwatch.Case) bool {
		return k != nil && k.Operation != nil && // Needs has what the claims of its token are held against
			(slices.Contains(k.Needs, name) || slices.Contains(p.owner.c.Closure(k.Request().Names(true)), name))
	}
	return slices.ContainsFunc(probe.Steps[i+1:], func(s loginwatch.Step) bool { return uses(s.Case) }) ||
		slices.ContainsFunc(p.owner.c.Cases, func(k *loginwatch.Case) bool { return len(k.After) > 0 && uses(k) })
}

// capturePlace holds a capture against the answer that the case expects: the
// success, or the only outcome of a case that is documented to be refused, such as
// a challenge.
func (p *prober) capturePlace(k *loginwatch.Case, at text) {
	from := slices.IndexFunc(k.Expect, func(o *loginwatch.Outcome) bool { return o.Means == loginwatch.OK })
	if from < 0 && len(k.Expect) == 1 {
		from = 0
	}
	if from < 0 {
		p.problem(at.Span, "case %q expects no success to capture from", k.ID)
		return
	}
	if mistake := secretIn(k.Expect[from], loginwatch.Place(at.Value)); mistake != "" {
		p.problem(at.Span, "%s", mistake)
	}
}
