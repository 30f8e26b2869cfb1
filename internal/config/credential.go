package config

import (
	"maps"
	"slices"
	"strings"
)

// shareCredentials names the credential of each target and the secrets that make
// it. Targets of one vendor whose references agree in every secret that both have
// log in as the same user, so what they have in common is their credential and
// they share its budget of refusals. Its name is the operator's, or that of the
// references, so that a target's new name or a new target changes none.
func shareCredentials(targets []*target) {
	for i, common := range commonSecrets(targets) {
		t := targets[i]
		if len(common) == 0 {
			common = t.secrets.of
		}
		t.CredentialSecrets = slices.Sorted(maps.Keys(common))
		t.Credential = t.file.Vendor.Value + "/" + t.credentialName(common)
	}
}

func (t *target) credentialName(common map[string]reference) string {
	if given(t.file.Credential.Span) {
		return t.file.Credential.Value
	}
	var refs []string
	for _, name := range t.CredentialSecrets {
		refs = append(refs, name+"="+common[name].String())
	}
	if refs == nil {
		return t.name
	}
	return strings.Join(refs, ",")
}

func sameUser(x, y map[string]reference) bool {
	common := 0
	for name, r := range x {
		if other, both := y[name]; both {
			if r != other {
				return false
			}
			common++
		}
	}
	return common > 0
}

// readable tells whether every secret is a reference; one that is none is a
// problem of its own.
func (t *target) readable() bool { return len(t.secrets.of) == len(t.file.Secrets) }

// checkCredentials reports one name for two credentials: what is shown under it
// would be now the one and now the other.
func (a *assigner) checkCredentials() {
	alike := map[string][]*target{} // by credential, one for each set of references
	seen := map[string]bool{}
	for _, t := range a.config.targets {
		if !given(t.file.Credential.Span) || !t.readable() {
			continue
		}
		for _, other := range alike[t.Credential] {
			if !sameUser(other.secrets.of, t.secrets.of) {
				a.problem(t.file.Credential.Span, "the targets %q and %q name their credential alike, but it is not the same: their secrets have other references", other.name, t.name)
				break
			}
		}
		references := t.Credential + "\x00" + t.user(slices.Sorted(maps.Keys(t.secrets.of)))
		if !seen[references] {
			seen[references] = true
			alike[t.Credential] = append(alike[t.Credential], t)
		}
	}
}
