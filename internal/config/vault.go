package config

import (
	"errors"
	"regexp"

	"github.com/loginwatch/loginwatch/internal/secret"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// vaultLogin is the path of a login to Vault, below its interface.
var vaultLogin = regexp.MustCompile(`^auth/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.@-]+)+$`)

// vault reads where Vault is and how a token for it is had. What is not said comes from
// the environment.
func (r reader) vault(f vaultFile) {
	v := &secret.Vault{Namespace: f.Namespace.Value, CAFile: r.path(f.CAFile)}
	r.sources.Vault = v
	if given(f.Address.Span) {
		switch u, err := BaseURL(f.Address.Value, false); {
		case errors.Is(err, errURLClear):
			r.problem(f.Address.Span, `"address" would send our token in plain text: use https`)
		case err != nil:
			r.problem(f.Address.Span, `"address" %v`, err)
		default:
			v.Address = u.String()
		}
	}
	switch {
	case f.Token == nil:
	case f.Token.More == nil:
		if ref, ok := r.openingVault(f.Token.Span, `"token"`, f.Token.Value); ok {
			v.Token = &ref
		}
	default:
		v.Login = r.vaultLogin(f.Token.More)
	}
}

// vaultLogin reads what is sent for a token.
func (r reader) vaultLogin(f *vaultLoginFile) *secret.VaultLogin {
	if given(f.Login.Span) && !vaultLogin.MatchString(f.Login.Value) {
		r.problem(f.Login.Span, `"login" must be the path of a login, such as auth/approle/login`)
	}
	l := &secret.VaultLogin{Path: f.Login.Value, Plain: map[string]string{}, Secret: map[string]secret.Reference{}}
	for _, s := range f.Secrets {
		if ref, ok := r.openingVault(s.Span, nameSecret(s.Key), s.Value.Any); ok {
			l.Secret[s.Key] = ref
		}
	}
	for _, p := range f.Values {
		l.Plain[p.Key] = p.Value.Value
	}
	return l
}

// openingVault reads a reference that Vault itself can't give.
func (r reader) openingVault(at strictyaml.Span, name string, value any) (secret.Reference, bool) {
	ref, ok := r.reference(at, name, value)
	if ok && ref.Kind == secret.InVault {
		r.problem(at, "%s opens our Vault, so it can't stand in there", name)
		return ref, false
	}
	return ref, ok
}
