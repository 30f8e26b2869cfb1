package sim

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/route"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// binding is a value that a request carries under the name of a placeholder.
type binding struct{ name, value string }

// pattern is a text of the contract that may hold placeholders.
type pattern struct{ loginwatch.Template }

func newPattern(text string) pattern { return pattern{loginwatch.ParseTemplate(text)} }

// match gives the values that text carries; ok is false when text is not of
// the pattern. A pattern without placeholders wants its very text.
func (p pattern) match(text string) (values []binding, ok bool) {
	if len(p.Names) == 0 {
		return nil, text == p.Texts[0]
	}
	rest, ok := strings.CutPrefix(text, p.Texts[0])
	if !ok {
		return nil, false
	}
	last := len(p.Names) - 1
	for i, name := range p.Names[:last] {
		value, after, found := strings.Cut(rest, p.Texts[i+1])
		if !found {
			return nil, false
		}
		values, rest = append(values, binding{name, value}), after
	}
	value, ok := strings.CutSuffix(rest, p.Texts[last+1])
	return append(values, binding{p.Names[last], value}), ok
}

// secretNames keeps those names that the contract lists as secrets, and what is
// computed, which can be wrong as well: what is left are variables, which may have
// any value.
func secretNames(c *loginwatch.Contract, names []string) map[string]bool {
	secrets := make(map[string]bool, len(names))
	for _, name := range names {
		if c.ComputedValue(name) != nil {
			secrets[name] = true
		}
		for _, s := range c.Secrets {
			if s.Name == name {
				secrets[name] = true
			}
		}
	}
	return secrets
}

// place is where a documented body holds a secret.
type place struct {
	pointer string
	value   pattern
}

// secretPlaces lists the places of a contract's body that hold a secret. They
// alone say who logs in; whether the rest of a body is right, or may be left
// out, is for the request schema to say.
func secretPlaces(c *loginwatch.Contract, body any) []place {
	return slices.DeleteFunc(templatePlaces(body), func(p place) bool { return len(secretNames(c, p.value.Names)) == 0 })
}

// templatePlaces lists the places of a body that hold a placeholder.
func templatePlaces(body any) []place {
	var found []place
	for _, leaf := range route.Scalars(body) {
		if p := newPattern(leaf.Text); len(p.Names) > 0 {
			found = append(found, place{leaf.Pointer, p})
		}
	}
	return found
}

// read gives the values that doc carries at the place.
func (p place) read(doc any) (values []binding, ok bool) {
	v, _ := tree.Lookup(doc, p.pointer)
	text, isText := v.(string)
	if !isText {
		return nil, false
	}
	return p.value.match(text)
}

// carried gives the values that doc carries at the places; ok is false when it
// carries none, or something of another form, at one of them.
func carried(places []place, doc any) (values []binding, ok bool) {
	for _, p := range places {
		found, ok := p.read(doc)
		if !ok {
			return nil, false
		}
		values = append(values, found...)
	}
	return values, true
}

// covers tells whether all of the places are among those of more, which has
// others besides.
func covers(more, places []place) bool {
	return len(more) > len(places) && !slices.ContainsFunc(places, func(p place) bool {
		return !slices.ContainsFunc(more, func(m place) bool { return m.pointer == p.pointer })
	})
}
