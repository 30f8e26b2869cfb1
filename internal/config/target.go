package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/place"
	"github.com/loginwatch/loginwatch/internal/secret"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// target is a target as the file has it, read as far as it can be without the
// vendor's contract.
type target struct {
	name               string
	at                 strictyaml.Span // of the name
	file               targetFile
	*loginwatch.Target // what jobs have of it: the rest ends with the reading of the file
	secrets            *references
	account            map[string]secret.Reference // those of its secrets that make its credential
	next               map[string]secret.Reference // those of its secrets that are to come
}

func (r reader) target(e strictyaml.Entry[targetFile]) *target {
	f := e.Value
	t := &target{name: e.Key, at: e.Span, file: f, Target: &loginwatch.Target{}}
	t.Name = e.Key
	if !slug.MatchString(e.Key) {
		r.problem(e.Span, "a target's name must be 1 to 63 of a to z, 0 to 9 and hyphens inside")
	}
	r.address(t)
	t.Paths = map[string]string{}
	for _, p := range f.Paths {
		t.Paths[p.Key] = p.Value.Value
		if given(p.Value.Span) && (!strings.HasPrefix(p.Value.Value, "/") || strings.ContainsAny(p.Value.Value, "?#") || hasControl(p.Value.Value)) {
			r.problem(p.Value.Span, "the path of %q must begin with / and hold no query, fragment or space", p.Key)
		}
	}
	t.Variables = map[string]string{}
	for _, v := range f.Variables {
		t.Variables[v.Key] = v.Value.Value
	}
	t.secrets = r.references(e.Key)
	t.Secrets = t.secrets
	for _, s := range f.Secrets {
		r.secret(t.secrets.of, nameSecret(s.Key), s)
	}
	r.nextSecrets(t)
	// The message does not repeat the name: it may be the credential itself.
	if c := f.Credential; given(c.Span) && !slug.MatchString(c.Value) {
		r.problem(c.Span, `"credential" must be a name of 1 to 63 of a to z, 0 to 9 and hyphens inside`)
	}
	r.quota(t)
	r.transport(t)
	t.WithoutControl = f.Control != nil && !*f.Control
	t.Traceparent = f.Traceparent.Value
	return t
}

// address reads where the target is.
func (r reader) address(t *target) {
	url, name := t.file.BaseURL, t.file.Documented
	switch {
	case url != nil && name != nil:
		r.problem(name.Span, `give either "base_url" or "documented", not both`)
	case url == nil && name == nil:
		r.problem(t.at, `missing key "base_url", or "documented" with the name of a target of the contract`)
	case url != nil && given(url.Span):
		var err error
		if t.BaseURL, err = BaseURL(url.Value, t.file.InsecureHTTP); err != nil {
			r.problem(url.Span, `"base_url" %v%s`, err, howToAllow(err))
		}
	}
}

// howToAllow names the key of this file; elsewhere it is a flag.
func howToAllow(err error) string {
	if errors.Is(err, errURLClear) {
		return " (insecure_http: true)"
	}
	return ""
}

func (r reader) transport(t *target) {
	f := t.file
	t.Transport.CAFile = r.path(f.CAFile)
	if f.Certificate != nil {
		t.Transport.ClientCertFile = r.path(f.Certificate.CertFile)
		t.Transport.ClientKeyFile = r.path(f.Certificate.KeyFile)
	}
	if given(f.Proxy.Span) {
		var err error
		if t.Transport.Proxy, err = proxyURL(f.Proxy.Value); err != nil {
			r.problem(f.Proxy.Span, `"proxy" %v`, err)
		}
	}
	if v := f.IPVersion; given(v.Span) {
		if v.Value != 4 && v.Value != 6 {
			r.problem(v.Span, `"ip_version" must be 4 or 6`)
		}
		t.Transport.IPVersion = v.Value
	}
}

// secretName is what contracts may name a secret; anything else might be one.
var secretName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// secret reads a reference. Its problems name the key alone: what is no
// reference may be the secret itself.
func (r reader) secret(into map[string]secret.Reference, name string, s strictyaml.Entry[strictyaml.Value]) {
	if ref, ok := r.reference(s.Span, name, s.Value.Any); ok {
		into[s.Key] = ref
	}
}

// reference reads where a secret comes from; ok is false where that is a problem.
func (r reader) reference(at strictyaml.Span, name string, value any) (ref secret.Reference, ok bool) {
	text, _ := value.(string)
	ref, ok = secret.Parse(text)
	switch {
	case !ok:
		r.problem(at, "%s must be a reference, %s: no secret stands in this file itself", name, secret.Forms)
	case ref.Kind == secret.File, ref.Kind == secret.SOPS:
		if mistake := place.PathMistake(ref.From); mistake != "" {
			r.problem(at, "%s: %s", name, mistake)
			return ref, false
		}
		ref.From = r.below(ref.From)
	case ref.Kind == secret.Exec && r.sources.Commands[ref.From] == nil:
		r.unknownCommand(at, name, ref)
		return ref, false
	}
	return ref, ok
}

// references are secrets of the file, none yet.
func (r reader) references(target string) *references {
	return &references{target: target, file: r.file, of: map[string]secret.Reference{}, sources: r.sources}
}

// nameSecret names a secret by its key, unless that could be one itself.
func nameSecret(key string) string {
	if secretName.MatchString(key) {
		return fmt.Sprintf("the secret %q", key)
	}
	return "a secret"
}
