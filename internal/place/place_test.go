package place

import (
	"fmt"
	"strings"
	"testing"
)

// Where a store is, is said without a password; what is wrong is said without repeating
// any of it.
func TestCheck(t *testing.T) {
	const password = "no password: give it by reference"
	for address, says := range map[string]string{
		"memory":                        "",
		"sqlite:a.db":                   "",
		"postgres://u@h/db":             "",
		"postgresql://u@h/db":           "",
		"postgres://u@h1:1,h2:2/db":     "",
		"postgres://u@[::1]:5432/db":    "",
		"postgres://u@/db?host=/run/pg": "",
		"postgres://h/db?sslmode=verify-full&sslrootcert=ca.pem&connect_timeout=3": "",
		"mysql://u:HUNTER2@h/db":             "must be memory, sqlite:FILE or postgres://HOST/DATABASE",
		"sqlite:":                            "lacks the file",
		"sqlite:sub/a.db":                    "",
		"sqlite:../a.db":                     "",
		"sqlite:/var/lib/a.db":               "",
		"sqlite::memory:":                    "names a file that begins with a colon: for a store that forgets with the process write memory",
		"sqlite:~/HUNTER2.db":                "~ and $ at the beginning of a path mean nothing here",
		"sqlite:$HOME/HUNTER2.db":            "~ and $ at the beginning of a path mean nothing here",
		"sqlite: a.db":                       "white space around it",
		"":                                   "must be memory, sqlite:FILE or postgres://HOST/DATABASE",
		"a.db":                               "must be memory, sqlite:FILE or postgres://HOST/DATABASE",
		"Memory":                             "must be memory, sqlite:FILE or postgres://HOST/DATABASE",
		"file:a.db":                          "must be memory, sqlite:FILE or postgres://HOST/DATABASE",
		"postgres:u:HUNTER2@h/db":            "must be memory, sqlite:FILE or postgres://HOST/DATABASE",
		"sqlite://a.db":                      "without //",
		"postgres://u:HUNTER2@h/db":          password,
		"postgres://u:HUNTER2@/db?host=/run": password,
		"postgres://u:HUNTER2@x@h/db":        password,
		"postgres://u@h/db?password=HUNTER2": password,
		"postgres://u@h/db?sslmode=disable&password=HUNTER2": password,
		"postgres://u@h/db?sslpassword=HUNTER2":              password,
		"postgres://u@h/db?passfile=HUNTER2":                 "may say behind its ? only",
		"postgres://u@h/db?service=HUNTER2":                  "may say behind its ? only",
		"postgres://u@h/db?synchronous_commit=off":           "may say behind its ? only",
		"postgres://u@h/db?options=-c%20fsync%3Doff":         "may say behind its ? only",
		"postgres://u@h/db?target_session_attrs=any":         "may say behind its ? only",
		"postgres://u@h/db?sslmode=prefer":                   "must have as sslmode one of disable, require, verify-ca, verify-full",
		"postgres://u@h/db?sslmode=disable&sslmode=HUNTER2":  "says sslmode twice",
		"postgres:///db":            "lacks the host",
		"postgres://u@h":            "lacks the database",
		"postgres://u@h/":           "lacks the database",
		"postgres://u@h/a/b":        "lacks the database",
		"postgres://u@h/db?%zz":     "is no URL",
		"postgres://u@h/d b":        "is no URL",
		"postgres://u@h/db#HUNTER2": "is no URL",
	} {
		err := Check(address)
		if got := fmt.Sprint(err); (says == "") != (err == nil) || !strings.Contains(got, says) && says != "" || strings.Contains(got, "HUNTER2") {
			t.Errorf("%s: %v, want %q", address, err, says)
		}
	}
}

// A verification that joins nobody's store has mistaken something.
func TestCheckJoined(t *testing.T) {
	for address, says := range map[string]string{
		"memory":        "would be shared with nobody",
		"sqlite:a.db":   "",
		"sqlite:":       "lacks the file",
		"mysql:HUNTER2": "must be memory, sqlite:FILE or postgres://HOST/DATABASE",
	} {
		err := CheckJoined(address)
		if got := fmt.Sprint(err); (says == "") != (err == nil) || !strings.Contains(got, says) && says != "" || strings.Contains(got, "HUNTER2") {
			t.Errorf("%s: %v, want %q", address, err, says)
		}
	}
}

// What is written with one is read again as what it was.
func TestFile(t *testing.T) {
	for address, want := range map[string]string{InFile("a.db"): "a.db", InFile("/x/a b.db"): "/x/a b.db", Memory: "", "postgres://u@h/sqlite:x": ""} {
		path, isFile := File(address)
		if path != want && isFile || isFile != (want != "") {
			t.Errorf("%s: %q, %v", address, path, isFile)
		}
	}
	with := WithFiles("postgres://u@h/d?sslrootcert=ca.pem&sslmode=require", func(path string) string { return "conf/" + path })
	if with != "postgres://u@h/d?sslmode=require&sslrootcert=conf%2Fca.pem" {
		t.Errorf("got %s", with)
	}
}
