package config

import (
	"fmt"
	"io"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/secret"
)

// references is the secrets of one target of the operator's file.
type references struct {
	target  string
	file    string // of the configuration
	of      map[string]secret.Reference
	sources *secret.Sources
}

// Secret implements [loginwatch.SecretSource].
func (s *references) Secret(name string) (value string, found bool, err error) {
	return s.Read().Secret(name)
}

// Origin implements [loginwatch.SecretSource].
func (s *references) Origin(name string) string {
	if r, configured := s.of[name]; configured {
		return r.String()
	}
	return fmt.Sprintf("secrets of target %q in %s", s.target, s.file)
}

// Read implements [loginwatch.SecretReader].
func (s *references) Read() loginwatch.SecretSource { return reading{s, s.sources.Read()} }

// Costs implements [loginwatch.SecretReader].
func (s *references) Costs(name string) bool { return s.of[name].Costs() }

// Oddity implements [loginwatch.SecretInspector].
func (s *references) Oddity(name string) string { return reading{s, s.sources.Read()}.Oddity(name) }

// reading is the secrets of a target as one run reads them.
type reading struct {
	*references
	values *secret.Reading
}

// Secret implements [loginwatch.SecretSource].
func (r reading) Secret(name string) (value string, found bool, err error) {
	ref, configured := r.of[name]
	if !configured {
		return "", false, nil
	}
	value, err = r.values.Value(ref)
	return value, value != "", err
}

// Read implements [loginwatch.SecretReader]: a reading is one already.
func (r reading) Read() loginwatch.SecretSource { return r }

// Oddity implements [loginwatch.SecretInspector].
func (r reading) Oddity(name string) string {
	value, _, err := r.Secret(name)
	if err != nil {
		return "" // who needs it says so
	}
	return oddity(value)
}

// FromEnvironment gives a vendor's secrets from environment variables named
// LOGINWATCH_VENDOR_NAME, in upper case, hyphens as underscores.
func FromEnvironment(vendor string) loginwatch.SecretSource {
	return environment{prefixOf(vendor)}
}

type environment struct{ prefix string }

func prefixOf(vendor string) string { return "LOGINWATCH_" + upper(vendor) + "_" }

func upper(s string) string { return strings.ToUpper(strings.ReplaceAll(s, "-", "_")) }

// of is the source of one of them.
func (e environment) of(name string) *references {
	return &references{of: map[string]secret.Reference{name: {Kind: secret.Env, From: e.prefix + upper(name)}}}
}

// Secret implements [loginwatch.SecretSource].
func (e environment) Secret(name string) (value string, found bool, err error) {
	return e.of(name).Secret(name)
}

// Origin implements [loginwatch.SecretSource].
func (e environment) Origin(name string) string { return e.of(name).Origin(name) }

// Oddity implements [loginwatch.SecretInspector].
func (e environment) Oddity(name string) string { return e.of(name).Oddity(name) }

type static struct {
	origin string
	values map[string]string
}

// Static gives secrets that are known from the start, such as the simulator's
// demonstration credentials. origin says where they are from.
func Static(origin string, values map[string]string) loginwatch.SecretSource {
	return static{origin, values}
}

func (s static) Secret(name string) (value string, found bool, err error) {
	value = s.values[name]
	return value, value != "", nil
}

func (s static) Origin(string) string { return s.origin }

// Format keeps the values out of every way to print a source.
func (s static) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "secrets from "+s.origin) }
