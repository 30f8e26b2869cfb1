package config

import (
	"maps"
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/secret"
)

// nextSecrets reads the secrets that are to come. What is missing is none yet, and no
// mistake.
func (r reader) nextSecrets(t *target) {
	t.next = map[string]secret.Reference{}
	for _, s := range t.file.NextSecrets {
		r.secret(t.next, "the next one of "+nameSecret(s.Key), s)
		if coming, readable := t.next[s.Key]; readable && coming == t.secrets.of[s.Key] {
			r.problem(s.Span, "%s is to come from where the current one comes from: name another place", nameSecret(s.Key))
		}
	}
	if len(t.next) == 0 {
		return
	}
	all := maps.Clone(t.secrets.of)
	maps.Copy(all, t.next)
	next := r.references(t.name)
	next.of = all
	t.Next, t.Coming = next, slices.Sorted(maps.Keys(t.next))
}

// checkNext refuses secrets to come that no login could try.
func (a *assigner) checkNext(t *target, k *loginwatch.Contract) {
	names(a, "secret", t.file.NextSecrets, k.Secrets, func(s loginwatch.Secret) string { return s.Name })
	var once, seeds []string
	for _, o := range k.Operations {
		once = append(once, o.Spends...)
	}
	if a.options.OneTime != nil {
		seeds = a.options.OneTime(k)
	}
	for _, s := range t.file.NextSecrets {
		switch {
		case !slices.ContainsFunc(k.Secrets, func(known loginwatch.Secret) bool { return known.Name == s.Key }):
		case !slices.Contains(t.file.Secrets.Keys(), s.Key):
			a.problem(s.Span, `the secret %q is to come, but there is no current one under "secrets": name that first`, s.Key)
		case slices.Contains(once, s.Key):
			a.problem(s.Span, "the secret %q is taken once and replaced by its vendor: there is no next one to configure", s.Key)
		case slices.Contains(seeds, s.Key):
			a.problem(s.Span, `one-time codes are made of the secret %q: it has no next one, change it under "secrets"`, s.Key)
		case len(k.Account) > 0 && !slices.Contains(k.Account, s.Key):
			a.problem(s.Span, `no login of a probe needs the secret %q, so none can try its next one: change it under "secrets"`, s.Key)
		}
	}
}
