package flow

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// carrier is a part of a request that can't carry every value.
type carrier struct {
	mistake string
	carries func(value string) bool
}

var (
	inHeader  = carrier{"holds a line break or a control character, so no header can carry it", func(v string) bool { return wire.HeaderValue("x" + v + "x") }}
	atStart   = carrier{"begins with a blank, which is lost at the start of a header", func(v string) bool { return wire.HeaderValue(v + "x") }}
	atEnd     = carrier{"ends with a blank, which is lost at the end of a header", func(v string) bool { return wire.HeaderValue("x" + v) }}
	inSegment = carrier{"is . or .., which no path can carry as a name", func(v string) bool { return v != "." && v != ".." }}
	inJSON    = carrier{"is not UTF-8, so no JSON can carry it", utf8.ValidString}
	inXML     = carrier{"holds a character that no XML can carry", func(v string) bool { _, err := wire.EscapeXML(v); return err == nil }}
)

// ofBody gives what the bodies of a format can't carry. In forms and multipart
// any byte can stand.
func ofBody(format loginwatch.BodyFormat) carrier {
	switch format {
	case loginwatch.BodyJSON:
		return inJSON
	case loginwatch.BodyXML:
		return inXML
	}
	return carrier{carries: func(string) bool { return true }}
}

// unusable says which configured secrets no request can carry where the steps
// need them, and what can't be computed of them; "" when there is none. Nothing
// is sent then: half a credential could count as a wrong one.
func (p *Plan) unusable() string {
	if len(p.Probe.Contract.Computed) == 0 && !p.odd() && !p.pins() {
		return "" // what anything can carry needs no look at the steps
	}
	u := inspection{plan: p}
	for i, step := range p.Steps {
		u.earlier = p.Steps[:i]
		request := step.Case.Request()
		for segment := range strings.SplitSeq(request.Path, "/") {
			if t := loginwatch.ParseTemplate(segment); len(t.Names) == 1 && t.Texts[0]+t.Texts[1] == "" {
				u.template(segment, inSegment)
			}
		}
		for _, h := range request.Headers {
			u.template(h.Value, inHeader)
			if t := loginwatch.ParseTemplate(h.Value); len(t.Names) > 0 {
				first, last := t.Names[0], t.Names[len(t.Names)-1]
				if t.Texts[0] == "" {
					u.template("${"+first+"}", atStart)
				}
				if t.Texts[len(t.Texts)-1] == "" {
					u.template("${"+last+"}", atEnd)
				}
			}
		}
		if request.Raw == "" {
			for _, text := range request.Texts() {
				u.template(text, ofBody(request.Format))
			}
		}
		u.computed(request)
		u.pinned(step.Case)
	}
	var parts []string
	if len(u.found) > 0 {
		parts = append(parts, "can't be sent: "+strings.Join(u.found, ", "))
	}
	if len(u.keys) > 0 {
		parts = append(parts, "can't verify a token: "+strings.Join(u.keys, ", "))
	}
	return strings.Join(parts, "; ")
}

// odd tells whether some part of a request can't carry one of the secrets.
func (p *Plan) odd() bool {
	for _, s := range p.configured {
		if graphic(s.value) {
			continue
		}
		for _, in := range []carrier{inHeader, atStart, atEnd, inSegment, inJSON, inXML} {
			if !in.carries(s.value) {
				return true
			}
		}
	}
	return false
}

// graphic tells whether a value has nothing but visible ASCII, which everything can
// carry but for the two segments of a path that mean another one.
func graphic(value string) bool {
	return value != "." && value != ".." && !strings.ContainsFunc(value, func(c rune) bool { return c <= ' ' || c > '~' })
}

// inspection looks for secrets that no request can carry.
type inspection struct {
	plan            *Plan
	earlier         []loginwatch.Step // that may capture what is configured now
	found, reported []string
	keys            []string // pinned ones that can't be used
}

// template looks at the secrets that a text of a request holds, and at what is
// computed of them.
func (u *inspection) template(text string, in carrier) {
	for _, name := range loginwatch.Placeholders(text) {
		if v := u.plan.Probe.Contract.ComputedValue(name); v != nil {
			u.result(v, in)
			continue
		}
		s, isSecret := u.plan.configured[name]
		if !isSecret || slices.Contains(u.reported, name) || captures(u.earlier, name) {
			continue
		}
		if s.err == nil && s.value != "" && !in.carries(s.value) {
			u.report(name, in.mistake)
		}
	}
}

// result looks at a computed value. One that is made of the request itself, or that
// can't be computed yet or at all, is not for here.
func (u *inspection) result(v *loginwatch.Computed, in carrier) {
	names := u.plan.Probe.Contract.Closure([]string{v.Name})
	secrets := u.secretsOf(v)
	if len(secrets) == 0 || slices.ContainsFunc(secrets, u.unknown) || slices.Contains(u.reported, v.Name) || slices.ContainsFunc(names, ofRequest) {
		return
	}
	value, err := u.plan.composer(anyTime, rand.Reader).computed(v)
	if err == nil && !in.carries(value) {
		u.reported = append(u.reported, v.Name)
		u.found = append(u.found, fmt.Sprintf("%s, computed from %s: it %s", v.Name, u.origins(secrets), in.mistake))
	}
}

func ofRequest(name string) bool {
	return name == loginwatch.RequestBody || name == loginwatch.RequestMethod || name == loginwatch.RequestTarget
}

func (u *inspection) report(name, mistake string) {
	u.reported = append(u.reported, name)
	u.found = append(u.found, fmt.Sprintf("%s (%s %s)", name, u.plan.Target.Secrets.Origin(name), mistake))
}

// anyTime is when a trial takes place: whether a key can be used does not depend
// on it.
var anyTime = time.Unix(1<<30, 0)

// computed tries what the request computes of configured secrets alone: a key
// that is none can't sign anything.
func (u *inspection) computed(request loginwatch.CaseRequest) {
	contract := u.plan.Probe.Contract
	if len(contract.Computed) == 0 {
		return
	}
	c := u.plan.composer(anyTime, rand.Reader)
	c.env.Method, c.env.Target = request.Method, request.Path
	for _, name := range contract.Closure(request.Names(true)) {
		v := contract.ComputedValue(name)
		if v == nil || slices.Contains(u.reported, name) {
			continue
		}
		secrets := u.secretsOf(v)
		if !slices.ContainsFunc(secrets, u.unknown) {
			var failed *computedError
			if _, err := c.computed(v); errors.As(err, &failed) && failed.value == v {
				u.failed(failed, secrets)
			}
		}
	}
}

// secretsOf gives the secrets that a computed value is made of.
func (u *inspection) secretsOf(v *loginwatch.Computed) []string {
	return slices.DeleteFunc(u.plan.Probe.Contract.Closure([]string{v.Name}), func(name string) bool {
		_, isSecret := u.plan.configured[name]
		return !isSecret
	})
}

// unknown tells whether nobody knows the secret's value yet.
func (u *inspection) unknown(name string) bool {
	s := u.plan.configured[name]
	return s.value == "" || s.err != nil || captures(u.earlier, name)
}

// origins says where secrets come from.
func (u *inspection) origins(secrets []string) string {
	origins := make([]string, len(secrets))
	for i, name := range secrets {
		origins[i] = fmt.Sprintf("%s (%s)", name, u.plan.Target.Secrets.Origin(name))
	}
	return strings.Join(origins, ", ")
}

func (u *inspection) failed(e *computedError, secrets []string) {
	u.reported = append(u.reported, e.value.Name)
	of := "from nothing"
	if len(secrets) > 0 {
		of = "from " + u.origins(secrets)
	}
	u.found = append(u.found, fmt.Sprintf("%s, which can't be computed %s: %v", e.value.Name, of, e.err))
}

// Suspects says what is odd about what was sent, for whoever looks for the cause of
// a refusal: it may be nothing but a blank. "" when nothing is.
func (p *Plan) Suspects() string {
	odd := p.oddSecrets()
	if late := p.lateCode(); late != "" {
		odd = append(odd, late)
	}
	if len(odd) == 0 {
		return ""
	}
	return "look at this first: " + strings.Join(odd, "; ")
}

func (p *Plan) oddSecrets() []string {
	inspector, ok := p.secrets.(loginwatch.SecretInspector)
	if !ok {
		return nil
	}
	var odd []string
	for _, secret := range p.Probe.Contract.Secrets { // in an order that people know
		if !slices.Contains(p.sent, secret.Name) {
			continue
		}
		if what := inspector.Oddity(secret.Name); what != "" {
			odd = append(odd, fmt.Sprintf("the secret %q (%s) %s and was sent as it is", secret.Name, p.Target.Secrets.Origin(secret.Name), what))
		}
	}
	return odd
}
