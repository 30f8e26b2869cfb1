package flow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/compute"
	"github.com/loginwatch/loginwatch/internal/token"
)

// Announce takes the keys that the answer to a case had; nil where it is none that
// has any.
func (p *Plan) Announce(k *loginwatch.Case, keys *token.Keys) {
	if keys != nil {
		p.announced[k] = keys
	}
}

// Keys gives those that verify the token that the case promises: announced in this
// run, or pinned; nil when there are none.
func (p *Plan) Keys(k *loginwatch.Case) *token.Keys {
	t := k.Token()
	if t == nil || t.Keys == nil {
		return nil
	}
	if t.Keys.From != nil {
		return p.announced[t.Keys.From]
	}
	keys, _ := p.pinned(t) // whether they can be read was looked at before anything was sent
	return keys
}

// pinned reads the secret by which a token is verified.
func (p *Plan) pinned(t *loginwatch.Token) (*token.Keys, error) {
	value, err := p.plain(t.Keys.Pinned)
	if err != nil {
		return nil, err
	}
	var key any
	if slices.Contains(loginwatch.Shared, t.Algorithms[0]) {
		key, err = compute.SharedKey(value, t.Algorithms[0])
	} else {
		key, err = compute.PublicKey(value)
	}
	if err != nil {
		return nil, err
	}
	keys := token.Pinned(key)
	if !keys.Fits(t.Algorithms) {
		return nil, fmt.Errorf("keys: key is of another kind than %s takes", strings.Join(t.Algorithms, " or "))
	}
	return keys, nil
}

// pins tells whether a token of the run is verified by a pinned key.
func (p *Plan) pins() bool {
	return slices.ContainsFunc(p.Steps, func(s loginwatch.Step) bool { return pinnedFor(s.Case) != nil })
}

// pinnedFor gives the token of a case that a pinned key verifies; nil for none.
func pinnedFor(k *loginwatch.Case) *loginwatch.Token {
	if t := k.Token(); t != nil && t.Keys != nil && t.Keys.Pinned != "" {
		return t
	}
	return nil
}

// pinned looks at the key that verifies the token of a case.
func (u *inspection) pinned(k *loginwatch.Case) {
	t := pinnedFor(k)
	if t == nil || slices.Contains(u.reported, t.Keys.Pinned) || u.unknown(t.Keys.Pinned) {
		return
	}
	if _, err := u.plan.pinned(t); err != nil {
		u.reported = append(u.reported, t.Keys.Pinned)
		u.keys = append(u.keys, fmt.Sprintf("%s (%s): %v", t.Keys.Pinned, u.plan.Target.Secrets.Origin(t.Keys.Pinned), err))
	}
}

// Claims gives the values that the token of a case is documented to repeat, by name
// of the claim. What is computed for the run has to be by now: its message is made.
func (p *Plan) Claims(k *loginwatch.Case) (map[string]string, error) {
	t := k.Token()
	if t == nil || len(t.Claims) == 0 {
		return nil, nil
	}
	values := map[string]string{}
	for _, c := range t.Claims {
		var failed error
		values[c.Name] = loginwatch.ExpandPlaceholders(c.Value, func(name string) string {
			value, kept := p.kept[name]
			if !kept {
				var err error
				if value, err = p.plain(name); err != nil {
					failed = err
				}
			}
			return value
		})
		if failed != nil {
			return nil, fmt.Errorf("claim %q of the token: %w", c.Name, failed)
		}
	}
	return values, nil
}
