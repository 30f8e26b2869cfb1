package loginwatch

import (
	"maps"
	"slices"
)

// Computed is a value of the contract that is made of others by a function of
// the closed table of internal/compute. Templates name it as they name a secret.
type Computed struct {
	Name     string
	Function string
	Of       []string          // inputs; may hold placeholders, also of [RequestParts]
	Options  map[string]string // by name; may hold placeholders
	Claims   map[string]any    // of a token; strings may hold placeholders
	Header   map[string]any    // of a token; strings may hold placeholders
	Once     bool              // one value for the whole run, else a new one for every request
	Cite     Cite
	Pos      Pos
}

// Names gives every name that the value is made of, each once; those of the
// inputs come first.
func (c *Computed) Names() []string {
	var names []string
	add := func(text string) {
		for _, name := range Placeholders(text) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, input := range c.Of {
		add(input)
	}
	for _, option := range slices.Sorted(maps.Keys(c.Options)) {
		add(c.Options[option])
	}
	for _, members := range []map[string]any{c.Claims, c.Header} {
		for _, text := range texts(members) {
			add(text)
		}
	}
	return names
}

// ComputedValue finds a computed value by name; nil when there is none.
func (c *Contract) ComputedValue(name string) *Computed {
	for _, v := range c.Computed {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// Closure gives the names and all that the computed ones among them are made of,
// be it by way of others, each once.
func (c *Contract) Closure(names []string) []string {
	var all []string
	var add func(names []string)
	add = func(names []string) {
		for _, name := range names {
			if slices.Contains(all, name) {
				continue
			}
			all = append(all, name)
			if v := c.ComputedValue(name); v != nil {
				add(v.Names())
			}
		}
	}
	add(names)
	return all
}

// MadeOf gives the names that a template holds, with all that the computed ones
// among them are made of.
func (c *Contract) MadeOf(template string) []string { return c.Closure(Placeholders(template)) }
