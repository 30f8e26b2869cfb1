package sim

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
)

// grant is what one answer gives: when its token was created and how long it
// lives.
type grant struct {
	issued   time.Time
	lifetime time.Duration
	unsigned bool // the algorithm "none"
	key      which
	trial    bool              // nobody gets it
	says     map[string]string // what the request makes of the token's claims, by name
	token    string
	claims   any // of token when it is a JWT
}

// filler writes one value of a body as JSON text; "" keeps the example's.
type filler func(*grant) (string, error)

// slot is a place of the example that gets new values.
type slot struct {
	leaf
	fillers []filler // the first is used; the others stand by when the schema refuses what it writes
	random  bool     // the value is made up and so may be refused
	account bool     // the value says whose answer it is, and is no token
	token   bool     // the value is the token
}

// answer is one outcome, ready to be sent many times.
type answer struct {
	outcome   *loginwatch.Outcome
	body      []byte
	slots     []slot            // of the body
	around    []slot            // of headers and cookies: places beside the body
	token     *jwt              // nil when the answer carries none
	of        *loginwatch.Token // nil when the answer carries none
	signer    *signer           // of the token; nil when nobody verifies it
	announces []*signer         // whose keys are in the answer
	found     []leaf            // of the example, and beside it, where the token says a hash of one
	dated     bool              // the answer says when its token was created
	lifetime  time.Duration     // of the example's token; 0 without one
	lives     string            // place of the cookie whose lifetime is the token's; "" for none
	victim    victim
	who       map[string]string // see account
	random    *randomness
}

// newAnswer prepares an outcome: it finds the values of the example that are
// fresh in every answer, and proves that the schema accepts such values.
func newAnswer(c *loginwatch.Contract, o *loginwatch.Operation, x *loginwatch.Outcome, signers map[*loginwatch.Token]*signer, who map[string]string, random *randomness) (*answer, error) {
	a := &answer{outcome: x, random: random, who: who, announces: announcing(o, x, signers)}
	var found []leaf
	if x.Example != nil {
		var err error
		a.body = bytes.TrimSpace(x.Example.Body)
		if found, err = leaves(x.Body, a.body); err != nil {
			return nil, fmt.Errorf("example %s: %w", x.Example.File, err)
		}
	} else if x.Schema != nil {
		return nil, errors.New("it has a schema and no example")
	}
	around := beside(x)
	if o.Token != nil && o.Token.Outcome == x {
		a.of, a.signer, a.found = o.Token, signers[o.Token], slices.Concat(found, around)
		a.readToken(o.Token, slices.Concat(found, around))
	}
	if a.signer != nil && a.token == nil {
		return nil, errors.New("the token of its example is no JWT, so none like it can be signed")
	}
	stays := repeated(c)
	for _, l := range found {
		if text, _ := l.value.(string); stays[text] && text != "" {
			continue
		}
		if s, fresh := a.newSlot(o, l); fresh {
			a.slots = append(a.slots, s)
		}
	}
	for _, l := range around {
		s, fresh := a.newSlot(o, l)
		if !fresh {
			s = slot{leaf: l}
		}
		a.around = append(a.around, s)
	}
	a.victim = newVictim(c, o, x, slices.Concat(found, around))
	if x.Schema == nil {
		return a, nil
	}
	return a, a.prove()
}

// repeated are the demo values of secrets that claims of tokens repeat though no
// request carries them there, such as the issuer that a discovery answers: they stay
// as they are, or no token could say the same.
func repeated(c *loginwatch.Contract) map[string]bool {
	values := map[string]bool{}
	for _, o := range c.Operations {
		if o.Token == nil {
			continue
		}
		for _, claim := range o.Token.Claims {
			for _, name := range loginwatch.ParseTemplate(claim.Value).Names {
				if i := slices.IndexFunc(c.Secrets, func(s loginwatch.Secret) bool { return s.Name == name }); i >= 0 && !carriedTo(c, o, name) {
					values[c.Secrets[i].Demo] = true
				}
			}
		}
	}
	return values
}

// carriedTo tells whether a case brings the secret to the operation.
func carriedTo(c *loginwatch.Contract, o *loginwatch.Operation, name string) bool {
	return slices.ContainsFunc(c.Cases, func(k *loginwatch.Case) bool {
		return k.Operation == o && slices.Contains(c.Closure(k.Request().Names(true)), name)
	})
}

// valueAt gives the value of the leaf at a place; nil when there is none.
func valueAt(found []leaf, at loginwatch.Place) any {
	for _, l := range found {
		if l.pointer == at.String() {
			return l.value
		}
	}
	return nil
}

// readToken finds what the example grants: how long and, for a JWT, in which
// form.
func (a *answer) readToken(t *loginwatch.Token, found []leaf) {
	text, _ := valueAt(found, t.At).(string)
	a.token, _ = parseJWT(text)
	a.dated = a.token != nil || t.Issued != "" || t.Lifetime != nil && t.Lifetime.Until != ""
	a.lifetime = time.Hour // where nothing says how long
	if t.Lifetime != nil {
		if _, isCookie := t.Lifetime.At.Cookie(); isCookie {
			a.lives = t.Lifetime.At.String()
		}
	}
	if a.token != nil {
		if d, ok := a.token.lifetime(); ok {
			a.lifetime = d
			return
		}
	}
	if t.Lifetime != nil {
		if n, err := strconv.ParseInt(fmt.Sprint(valueAt(found, t.Lifetime.At)), 10, 32); err == nil && n > 0 && t.Lifetime.At != "" {
			a.lifetime = time.Duration(n) * t.Lifetime.Unit
			return
		}
		if end, ok := readInstant(valueAt(found, t.Lifetime.Until), t.Lifetime.Written); ok && end.After(a.outcome.AsOf) && !a.outcome.AsOf.IsZero() {
			a.lifetime = end.Sub(a.outcome.AsOf)
			return
		}
		if t.Lifetime.Documented > 0 {
			a.lifetime = t.Lifetime.Documented
			return
		}
	}
	if a.token != nil && !a.outcome.AsOf.IsZero() {
		if left := a.token.times["/exp"] - a.outcome.AsOf.Unix(); left > 0 {
			a.lifetime = time.Duration(left) * time.Second
		}
	}
}

// newSlot says how a value of the example is made again; fresh is false when it
// is the same in every answer.
func (a *answer) newSlot(o *loginwatch.Operation, l leaf) (s slot, fresh bool) {
	if o.Token != nil && o.Token.Outcome == a.outcome {
		if f := a.tokenFiller(o.Token, l); f != nil {
			return slot{leaf: l, fillers: []filler{f}, token: o.Token.At.String() == l.pointer}, true
		}
	}
	for _, p := range a.outcome.Placeholders {
		if text, ok := l.value.(string); ok && under(p.String(), l.pointer) {
			return slot{leaf: l, random: true, fillers: []filler{
				func(*grant) (string, error) { s, err := a.random.unknown(); return quote(s), err },
				func(*grant) (string, error) { s, err := a.random.text(text); return quote(s), err },
			}}, true
		}
	}
	secret := o.Token != nil && o.Token.Outcome == a.outcome && o.Token.At.String() == l.pointer
	secret = secret || a.secret(l.pointer)
	if !secret {
		return slot{}, false
	}
	fillers := []filler{func(*grant) (string, error) { return freshValue(l.value, a.random) }}
	if value, isAccount := a.accountAt(o, l); isAccount {
		return slot{leaf: l, random: true, account: true, fillers: append([]filler{func(*grant) (string, error) { return quote(value), nil }}, fillers...)}, true
	}
	if text, ok := l.value.(string); ok {
		if other, isJWT := parseJWT(text); isJWT { // a second token, such as one for refreshing
			fillers = []filler{func(g *grant) (string, error) { s, _, err := other.issue(g, a.random); return quote(s), err }}
		}
		for _, n := range prefixes(text) {
			fillers = append(fillers, func(*grant) (string, error) { s, err := a.random.text(text[n:]); return quote(text[:n] + s), err })
		}
	}
	return slot{leaf: l, random: true, fillers: fillers}, true
}

// secret tells whether what stands at a place is never shown.
func (a *answer) secret(place string) bool {
	if name, ok := loginwatch.Place(place).Header(); ok {
		return a.outcome.Header(name).Secret
	}
	if _, ok := loginwatch.Place(place).Cookie(); ok {
		return true
	}
	return a.outcome.Schema != nil && slices.ContainsFunc(a.outcome.Schema.SecretFields(), func(p loginwatch.Place) bool { return under(p.String(), place) })
}

// tokenFiller writes the values that the token's statements tie together; nil
// for any other value.
func (a *answer) tokenFiller(t *loginwatch.Token, l leaf) filler {
	if a.token != nil && t.At.String() == l.pointer {
		return func(g *grant) (string, error) { return quote(g.token), nil }
	}
	if t.Issued != "" && t.Issued.String() == l.pointer {
		return func(g *grant) (string, error) { text, _ := instant(l.value, g.issued); return text, nil }
	}
	if t.Lifetime != nil && t.Lifetime.Until != "" && t.Lifetime.Until.String() == l.pointer {
		return func(g *grant) (string, error) {
			return writeInstant(l.value, t.Lifetime.Written, g.issued.Add(g.lifetime)), nil
		}
	}
	if _, isCookie := loginwatch.Place(l.pointer).Cookie(); !isCookie && t.Lifetime != nil && t.Lifetime.At != "" && t.Lifetime.At.String() == l.pointer && t.Lifetime.Unit > 0 {
		return func(g *grant) (string, error) {
			return like(l.value, strconv.FormatInt(int64(g.lifetime/t.Lifetime.Unit), 10)), nil
		}
	}
	for _, m := range t.Matches {
		if m.At.String() != l.pointer || a.token == nil {
			continue
		}
		return func(g *grant) (string, error) {
			values := everywhere(g.claims, m.Claim)
			texts := make([]string, 0, len(values))
			for _, v := range values {
				texts = append(texts, fmt.Sprint(v))
			}
			if len(texts) == 0 {
				return "", nil
			}
			return like(l.value, strings.Join(texts, m.Join)), nil
		}
	}
	return nil
}

// like writes text with the JSON type of an example's value.
func like(example any, text string) string {
	if _, isText := example.(string); isText {
		return quote(text)
	}
	return text
}

// rendered is an outcome with fresh values.
type rendered struct {
	body   []byte
	around []named           // headers and cookies, in the contract's order
	fresh  []string          // the values that are made up in it
	early  map[string]string // values that had to be there before the token, by place, as JSON text
}

// named is what stands at a place beside the body.
type named struct{ place, value string }

// render makes one answer.
func (a *answer) render(g *grant) (r rendered, err error) {
	if a.token != nil {
		if err := a.makeEarly(g, &r); err != nil {
			return r, err
		}
		if err := a.issue(g, &r); err != nil {
			return r, err
		}
	}
	patches := make([]patch, 0, len(a.slots))
	for _, s := range a.slots {
		text, err := r.fill(s, g)
		if err != nil {
			return r, err
		}
		if text != "" {
			patches = append(patches, patch{s.start, s.end, write(a.outcome.Body, text)})
		}
	}
	r.body = apply(a.body, patches)
	if len(a.announces) > 0 {
		if r.body, err = a.announce(r.body, g.trial); err != nil {
			return r, err
		}
	}
	for _, s := range a.around {
		text, err := r.fill(s, g)
		if err != nil {
			return r, err
		}
		value := fmt.Sprint(s.value)
		if text != "" {
			value = unquote(text)
		}
		r.around = append(r.around, named{s.pointer, value})
	}
	return r, nil
}

// fill makes the value of a slot as JSON text; "" keeps the example's.
func (r *rendered) fill(s slot, g *grant) (string, error) {
	if len(s.fillers) == 0 {
		return "", nil
	}
	text, early := r.early[s.pointer]
	var err error
	if !early {
		text, err = s.fillers[0](g)
	}
	if err == nil && text != "" && (s.random && !s.account || s.token) && text[0] == '"' {
		r.fresh = append(r.fresh, unquote(text))
	}
	return text, err
}

// proofs is how often a fresh body must pass its schema before made-up values
// are trusted.
const proofs = 32

// prove lets the schema judge made-up values: where it refuses one that it
// accepts in the example, the next way to make it is taken, and in the end the
// example's own value stays.
func (a *answer) prove() error {
	if !slices.ContainsFunc(a.slots, func(s slot) bool { return s.random }) {
		return nil
	}
	g := grant{issued: time.Unix(1_700_000_000, 0).UTC(), lifetime: a.lifetime, trial: true}
	for n := 0; n < proofs; {
		r, err := a.render(&g)
		if err != nil {
			return err
		}
		doc, refusal := guard.DecodeAs(a.outcome.Body, r.body)
		if refusal != nil {
			return refusal
		}
		violations, err := a.outcome.Schema.Validate(doc)
		if err != nil {
			return fmt.Errorf("schema %s: %w", a.outcome.Schema.Name, err)
		}
		if a.giveWay(violations) {
			n = 0
			continue
		}
		n++
	}
	return nil
}

// giveWay replaces the way in which refused values are made.
func (a *answer) giveWay(violations []loginwatch.Violation) (changed bool) {
	for _, v := range violations {
		for i := range a.slots {
			s := &a.slots[i]
			if !s.random || s.pointer != v.Pointer {
				continue
			}
			changed = true
			if s.fillers = s.fillers[1:]; len(s.fillers) == 0 {
				keep := func(*grant) (string, error) { return "", nil }
				s.fillers, s.random = []filler{keep}, false
			}
		}
	}
	return changed
}
