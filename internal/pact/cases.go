package pact

import (
	"fmt"
	"slices"

	"github.com/loginwatch/loginwatch"
)

// Cases gives the contract's cases that a pact can express: the named ones, or
// all that may be sent without being named. The error is about a name.
func Cases(c *loginwatch.Contract, named []string) ([]*loginwatch.Case, error) {
	for _, id := range named {
		k := c.Case(id)
		if k == nil {
			return nil, fmt.Errorf("%s has no case %q", c.Vendor, id)
		}
		if reason := LeftOut(k, c); reason != "" {
			return nil, fmt.Errorf("the case %q is in no pact: %s", id, reason)
		}
	}
	var cases []*loginwatch.Case
	for _, k := range c.Cases {
		if slices.Contains(named, k.ID) || len(named) == 0 && LeftOut(k, c) == "" && !k.OnlyWhenNamed() {
			cases = append(cases, k)
		}
	}
	return cases, nil
}
