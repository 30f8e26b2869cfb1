// Package place reads where a store is: memory, sqlite:FILE or postgres://…. Who names one
// in a file or with a flag and who opens it read it alike. It opens nothing, and what it
// says of a mistake repeats nothing of the address.
package place

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Memory is a store that forgets with its process.
const Memory = "memory"

const inFile = "sqlite:"

// InFile is the address of a store in a file.
func InFile(path string) string { return inFile + path }

// File gives the file of a store that is one.
func File(address string) (path string, isFile bool) { return strings.CutPrefix(address, inFile) }

// CheckJoined says what is wrong with the address of a store that a verification
// joins.
func CheckJoined(address string) error {
	if address == Memory {
		return errors.New("memory would be shared with nobody: leave it out, or name the daemon's store")
	}
	return Check(address)
}

// Check says what is wrong with the address of a store. The error repeats nothing
// of it: a password may stand there.
func Check(address string) error {
	path, isFile := File(address)
	switch {
	case address == Memory:
		return nil
	case IsShared(address):
		return checkShared(address)
	case !isFile:
		return errors.New("must be memory, sqlite:FILE or postgres://HOST/DATABASE")
	case path == "":
		return errors.New("lacks the file: sqlite:FILE")
	case strings.HasPrefix(path, "//"):
		return errors.New("must have the file right behind sqlite:, without //")
	case strings.HasPrefix(path, ":"):
		return errors.New("names a file that begins with a colon: for a store that forgets with the process write memory, for such a file ./ before it")
	}
	if mistake := PathMistake(path); mistake != "" {
		return fmt.Errorf("has a mistake: %s", mistake)
	}
	return nil
}

// PathMistake says why a path would lead elsewhere than its writer thinks; "" when it would not.
func PathMistake(path string) string {
	switch {
	case strings.HasPrefix(path, "~"), strings.HasPrefix(path, "$"):
		return "~ and $ at the beginning of a path mean nothing here, only a shell expands them: write the whole path, or one relative to this file"
	case strings.TrimSpace(path) != path:
		return "the path has white space around it"
	}
	return ""
}

// IsShared tells whether a store is in PostgreSQL, for the daemons of many machines.
func IsShared(address string) bool {
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
	case err != nil, strings.ContainsFunc(address, isControl), strings.Contains(address, "#"):
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

// WithFiles gives a checked address of PostgreSQL's whose paths to files are others.
func WithFiles(address string, other func(path string) string) string {
	before, query, _ := strings.Cut(address, "?")
	values, err := url.ParseQuery(query)
	if err != nil || len(values) == 0 {
		return address // it was checked
	}
	for _, key := range sharedFiles {
		if values.Has(key) {
			values.Set(key, other(values.Get(key)))
		}
	}
	return before + "?" + values.Encode()
}

// isControl tells of white space and what no terminal shows.
func isControl(r rune) bool { return r <= ' ' || r == 0x7f }
