package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/place"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// StoreFromEnvironment gives the password and the key of a store that is named outside a
// file, as by --store: LOGINWATCH_STORE_PASSWORD and LOGINWATCH_STORE_KEY.
func StoreFromEnvironment() loginwatch.SecretSource { return FromEnvironment("store") }

func (r reader) store(c *Config, f *storeFile) {
	name := filepath.Base(r.file) // so that each configuration has its own
	c.Store = place.InFile(r.below(strings.TrimSuffix(name, filepath.Ext(name)) + ".db"))
	secrets := r.references("store")
	c.StoreSecrets = secrets
	if f == nil {
		return
	}
	r.keep(&c.Keep, f)
	if !given(f.URL.Span) {
		for _, s := range []*strictyaml.Value{f.Password, f.Key} {
			if s != nil {
				r.problem(s.Span, `a "password" or "key" goes with a url of postgres://`)
			}
		}
		return
	}
	if err := place.Check(f.URL.Value); err != nil {
		r.problem(f.URL.Span, `"url" %v`, err)
		return
	}
	shared := place.IsShared(f.URL.Value)
	for _, s := range []struct {
		name  string
		value *strictyaml.Value
	}{{"password", f.Password}, {"key", f.Key}} {
		switch {
		case s.value == nil && shared && s.name == "key":
			r.problem(f.URL.Span, `a store in PostgreSQL needs a "key", the same for all who share it: 64 hexadecimal digits by reference, as secrets are`)
		case s.value == nil:
		case !shared:
			r.problem(s.value.Span, `%q goes with a url of postgres://`, s.name)
		default:
			if ref, ok := r.reference(s.value.Span, fmt.Sprintf("%q", s.name), s.value.Any); ok {
				secrets.of[s.name] = ref
			}
		}
	}
	path, isFile := place.File(f.URL.Value)
	c.StoreNamed = true
	switch c.Store = f.URL.Value; {
	case isFile:
		c.Store = place.InFile(r.below(path))
	case shared:
		c.Store = place.WithFiles(c.Store, r.below)
	}
}

const day = 24 * time.Hour

// shortestKeep is what the totals of hours and days need: what comes late is counted
// again for a week.
const shortestKeep = 8

// keep reads how long the history keeps what.
func (r reader) keep(k *Keep, f *storeFile) {
	days := func(name string, n integer, into *time.Duration) {
		switch most := int(10 * 366); {
		case !given(n.Span):
		case n.Value < shortestKeep || n.Value > most:
			r.problem(n.Span, "%q must be from %d to %d", name, shortestKeep, most)
		default:
			*into = time.Duration(n.Value) * day
		}
	}
	days("keep_days", f.KeepDays, &k.Runs)
	days("keep_failures_days", f.KeepFailuresDays, &k.Failures)
	if k.Failures < k.Runs {
		at := f.KeepFailuresDays.Span
		if !given(at) {
			at = f.KeepDays.Span
		}
		r.problem(at, `"keep_failures_days" must not be less than "keep_days"`)
	}
}

// storeWithSecrets is the store and where its secrets come from.
func (c *Config) storeWithSecrets() string {
	if s, ok := c.StoreSecrets.(*references); ok {
		return fmt.Sprintf("%s %v", c.Store, s.of)
	}
	return c.Store
}

// instanceName is how a daemon may be called.
var instanceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// fleet reads what a daemon is beside others.
func (r reader) fleet(c *Config, f configFile) {
	if given(f.Location.Span) {
		if !slug.MatchString(f.Location.Value) {
			r.problem(f.Location.Span, `"location" must be a name of 1 to 63 of a to z, 0 to 9 and hyphens inside`)
		}
		c.Location = f.Location.Value
	}
	if given(f.Instance.Span) {
		if !instanceName.MatchString(f.Instance.Value) {
			r.problem(f.Instance.Span, `"instance" must be a name of 1 to 63 letters, digits, dots, hyphens and underscores`)
		}
		c.Instance = f.Instance.Value
	}
}

// hostName is the daemon's name where nobody gives one.
func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
