package config

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// Where a store can be. The file is beside the operator's where nothing is said.
const (
	StoreInMemory = "memory"
	storeInFile   = "sqlite:"
)

// StoreFromEnvironment gives the password and the key of a store that is named outside a
// file, as by --store: LOGINWATCH_STORE_PASSWORD and LOGINWATCH_STORE_KEY.
func StoreFromEnvironment() loginwatch.SecretSource { return FromEnvironment("store") }

func (r reader) store(c *Config, f *storeFile) {
	name := filepath.Base(r.file) // so that each configuration has its own
	c.Store = storeInFile + r.below(strings.TrimSuffix(name, filepath.Ext(name))+".db")
	secrets := &references{target: "store", file: r.file, of: map[string]reference{}}
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
	if err := CheckStore(f.URL.Value); err != nil {
		r.problem(f.URL.Span, `"url" %v`, err)
		return
	}
	shared := isShared(f.URL.Value)
	for _, s := range []struct {
		name  string
		value *strictyaml.Value
	}{{"password", f.Password}, {"key", f.Key}} {
		switch {
		case s.value == nil && shared && s.name == "key":
			r.problem(f.URL.Span, `a store in PostgreSQL needs a "key", the same for all who share it: 64 hexadecimal digits by reference, env:NAME or file:PATH`)
		case s.value == nil:
		case !shared:
			r.problem(s.value.Span, `%q goes with a url of postgres://`, s.name)
		default:
			if ref, ok := r.reference(s.value.Span, fmt.Sprintf("%q", s.name), s.value.Any); ok {
				secrets.of[s.name] = ref
			}
		}
	}
	path, isFile := strings.CutPrefix(f.URL.Value, storeInFile)
	switch c.Store = f.URL.Value; {
	case isFile:
		c.Store = storeInFile + r.below(path)
	case shared:
		c.Store = r.withFilesBelow(c.Store)
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

// CheckJoinedStore says what is wrong with the address of a store that a verification
// joins.
func CheckJoinedStore(address string) error {
	if address == StoreInMemory {
		return errors.New("memory would be shared with nobody: leave it out, or name the daemon's store")
	}
	return CheckStore(address)
}

// CheckStore says what is wrong with the address of a store. The error repeats nothing
// of it: a password may stand there.
func CheckStore(address string) error {
	path, isFile := strings.CutPrefix(address, storeInFile)
	switch {
	case address == StoreInMemory:
		return nil
	case isShared(address):
		return checkShared(address)
	case !isFile:
		return errors.New("must be memory, sqlite:FILE or postgres://HOST/DATABASE")
	case path == "":
		return errors.New("lacks the file: sqlite:FILE")
	case strings.HasPrefix(path, "//"):
		return errors.New("must have the file right behind sqlite:, without //")
	}
	if mistake := pathMistake(path); mistake != "" {
		return fmt.Errorf("has a mistake: %s", mistake)
	}
	return nil
}

// storeWithSecrets is the store and where its secrets come from.
func (c *Config) storeWithSecrets() string {
	if s, ok := c.StoreSecrets.(*references); ok {
		return fmt.Sprintf("%s %v", c.Store, s.of)
	}
	return c.Store
}

// isShared tells whether a store is in PostgreSQL, for the daemons of many machines.
func isShared(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// sharedKeys are what a URL of PostgreSQL's may say behind its ?, and the values of
// those that have few. Nothing else of libpq's is for an operator to change: it would
// weaken what a claim rests on, or name a second place for a password.
var sharedKeys = map[string][]string{
	"host": nil, "port": nil, "user": nil, "connect_timeout": nil,
	"sslmode":     {"disable", "require", "verify-ca", "verify-full"},
	"sslrootcert": nil, "sslcert": nil, "sslkey": nil,
}

// sharedFiles are those that are paths.
var sharedFiles = []string{"sslrootcert", "sslcert", "sslkey"}

func checkShared(address string) error {
	_, rest, _ := strings.Cut(address, "://")
	rest, query, _ := strings.Cut(rest, "?")
	authority, database, _ := strings.Cut(rest, "/")
	host := authority
	if i := strings.LastIndex(authority, "@"); i >= 0 {
		host = authority[i+1:]
		if strings.Contains(authority[:i], ":") {
			return errStorePassword
		}
	}
	values, err := url.ParseQuery(query)
	switch {
	case values.Has("password"), values.Has("sslpassword"):
		return errStorePassword
	case err != nil, hasControl(address), strings.Contains(address, "#"):
		return errors.New("is no URL of the form postgres://USER@HOST/DATABASE?sslmode=verify-full")
	case host == "" && values.Get("host") == "":
		return errors.New("lacks the host: postgres://USER@HOST/DATABASE")
	case database == "" || strings.Contains(database, "/"):
		return errors.New("lacks the database: postgres://USER@HOST/DATABASE")
	}
	for key, value := range values {
		few, known := sharedKeys[key]
		switch {
		case !known:
			return errors.New("may say behind its ? only connect_timeout, host, port, sslcert, sslkey, sslmode, sslrootcert and user")
		case len(value) != 1:
			return fmt.Errorf("says %s twice", key)
		case few != nil && !slices.Contains(few, value[0]):
			return fmt.Errorf("must have as %s one of %s", key, strings.Join(few, ", "))
		}
	}
	return nil
}

var errStorePassword = errors.New(`must hold no password: give it by reference, under "password" beside "url", or in LOGINWATCH_STORE_PASSWORD with --store`)

// withFilesBelow makes the paths in a URL relative to the working directory.
func (r reader) withFilesBelow(address string) string {
	before, query, _ := strings.Cut(address, "?")
	values, err := url.ParseQuery(query)
	if err != nil || len(values) == 0 {
		return address // it was checked
	}
	for _, key := range sharedFiles {
		if values.Has(key) {
			values.Set(key, r.below(values.Get(key)))
		}
	}
	return before + "?" + values.Encode()
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
