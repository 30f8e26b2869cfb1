package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/secret"
)

// nameCredential names what a target logs in with: as the operator does, or by the
// references of the secrets that make the account by its contract. So targets that log
// in alike have the same name, whatever else they configure, and a new name of a target
// changes none.
func (t *target) nameCredential(k *loginwatch.Contract) {
	t.account = accountOf(k, t.secrets.of)
	t.Credential = t.file.Vendor.Value + "/" + t.credentialName()
}

// accountOf gives the references that make the account, or all where none does.
func accountOf(k *loginwatch.Contract, all map[string]secret.Reference) map[string]secret.Reference {
	of := map[string]secret.Reference{}
	if k != nil {
		for _, name := range k.Account {
			if r, has := all[name]; has {
				of[name] = r
			}
		}
	}
	if len(of) == 0 {
		return all
	}
	return of
}

func (t *target) credentialName() string {
	if given(t.file.Credential.Span) {
		return t.file.Credential.Value
	}
	var refs []string
	for _, name := range slices.Sorted(maps.Keys(t.account)) {
		refs = append(refs, name+"="+t.account[name].String())
	}
	if refs == nil {
		return t.name
	}
	return strings.Join(refs, ",")
}

// readable tells whether every secret is a reference; one that is none is a
// problem of its own.
func (t *target) readable() bool { return len(t.secrets.of) == len(t.file.Secrets) }

// checkCredentials reports one name for two credentials: what is shown under it
// would be now the one and now the other.
func (a *assigner) checkCredentials() {
	first := map[string]*target{} // by the credential's name
	for _, t := range a.config.targets {
		if !given(t.file.Credential.Span) || !t.readable() {
			continue
		}
		switch other := first[t.Credential]; {
		case other == nil:
			first[t.Credential] = t
		case !maps.Equal(other.account, t.account):
			a.problem(t.file.Credential.Span, "the targets %q and %q name their credential alike, but it is not the same: their secrets have other references", other.name, t.name)
		}
	}
}
