package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// maxSecret is the size of the largest secret file, in bytes: a key or a token
// is far smaller, and a file that is no secret must not fill the memory.
const maxSecret = 64 << 10

// reference is where one secret comes from.
type reference struct {
	env  string // name of an environment variable, or
	file string // path
}

func (r reference) String() string {
	if r.env != "" {
		return "env:" + r.env
	}
	return "file:" + r.file
}

// read gives the value; one that is empty, or white space alone, is a missing one.
func (r reference) read() (value string, found bool, err error) {
	text := ""
	if r.env != "" {
		text = os.Getenv(r.env)
	} else if text, err = readSecret(r.file); err != nil {
		return "", false, err
	}
	value = secretOf(text)
	return value, value != "", nil
}

// secretOf is the one rule for every origin: one line break at the end is no part
// of the secret, since editors and shells put it there; nothing else is altered.
func secretOf(text string) string {
	if strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")) == "" {
		return ""
	}
	if before, ended := strings.CutSuffix(text, "\n"); ended {
		return strings.TrimSuffix(before, "\r")
	}
	return text
}

func readSecret(path string) (string, error) {
	// Opening a pipe could wait for its writer for ever.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return "", fmt.Errorf("secret file %s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err // the path is said already
		}
		return "", fmt.Errorf("secret file %s: %w", path, err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", fmt.Errorf("secret file %s: can't be read", path)
	}
	if len(data) > maxSecret {
		return "", fmt.Errorf("secret file %s: larger than %d KiB", path, maxSecret>>10)
	}
	return string(data), nil
}

// references is the secrets of one target of the operator's file.
type references struct {
	target string
	file   string // of the configuration
	of     map[string]reference
}

func (s *references) Secret(name string) (value string, found bool, err error) {
	r, configured := s.of[name]
	if !configured {
		return "", false, nil
	}
	return r.read()
}

func (s *references) Origin(name string) string {
	if r, configured := s.of[name]; configured {
		return r.String()
	}
	return fmt.Sprintf("secrets of target %q in %s", s.target, s.file)
}

type environment struct{ prefix string }

// FromEnvironment gives a vendor's secrets from environment variables named
// LOGINWATCH_VENDOR_NAME, in upper case, hyphens as underscores.
func FromEnvironment(vendor string) loginwatch.SecretSource {
	return environment{prefixOf(vendor)}
}

func prefixOf(vendor string) string { return "LOGINWATCH_" + upper(vendor) + "_" }

func upper(s string) string { return strings.ToUpper(strings.ReplaceAll(s, "-", "_")) }

func (e environment) reference(name string) reference { return reference{env: e.prefix + upper(name)} }

func (e environment) Secret(name string) (value string, found bool, err error) {
	return e.reference(name).read()
}

func (e environment) Origin(name string) string { return e.reference(name).String() }

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
