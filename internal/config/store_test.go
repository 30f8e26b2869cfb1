package config

import (
	"fmt"
	"strings"
	"testing"
)

// Where a store is, is said without a password; what is wrong is said without repeating
// any of it.
func TestCheckStore(t *testing.T) {
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
		"mysql://u:HUNTER2@h/db":                             "must be memory, sqlite:FILE or postgres://HOST/DATABASE",
		"sqlite:":                                            "lacks the file",
		"sqlite://a.db":                                      "without //",
		"postgres://u:HUNTER2@h/db":                          password,
		"postgres://u:HUNTER2@/db?host=/run":                 password,
		"postgres://u:HUNTER2@x@h/db":                        password,
		"postgres://u@h/db?password=HUNTER2":                 password,
		"postgres://u@h/db?sslmode=disable&password=HUNTER2": password,
		"postgres://u@h/db?sslpassword=HUNTER2":              password,
		"postgres://u@h/db?passfile=HUNTER2":                 "may say behind its ? only",
		"postgres://u@h/db?service=HUNTER2":                  "may say behind its ? only",
		"postgres://u@h/db?synchronous_commit=off":           "may say behind its ? only",
		"postgres://u@h/db?options=-c%20fsync%3Doff":         "may say behind its ? only",
		"postgres://u@h/db?target_session_attrs=any":         "may say behind its ? only",
		"postgres://u@h/db?sslmode=prefer":                   "must have as sslmode one of disable, require, verify-ca, verify-full",
		"postgres://u@h/db?sslmode=disable&sslmode=HUNTER2":  "says sslmode twice",
		"postgres:///db":                                     "lacks the host",
		"postgres://u@h":                                     "lacks the database",
		"postgres://u@h/":                                    "lacks the database",
		"postgres://u@h/a/b":                                 "lacks the database",
		"postgres://u@h/db?%zz":                              "is no URL",
		"postgres://u@h/d b":                                 "is no URL",
		"postgres://u@h/db#HUNTER2":                          "is no URL",
	} {
		err := CheckStore(address)
		if got := fmt.Sprint(err); (says == "") != (err == nil) || !strings.Contains(got, says) && says != "" || strings.Contains(got, "HUNTER2") {
			t.Errorf("%s: %v, want %q", address, err, says)
		}
	}
}

func TestStoreOfTheFile(t *testing.T) {
	const targets = "\ntargets: {bolt: {vendor: bolt-login, documented: production}}\n"
	for text, want := range map[string]string{
		"":                            "sqlite:conf/loginwatch.db map[]",
		"store: {url: memory}":        "memory map[]",
		"store: {url: 'sqlite:x.db'}": "sqlite:conf/x.db map[]",
		"store: {url: 'postgres://u@h/d?sslrootcert=ca.pem', password: 'file:pw', key: 'env:K'}": "postgres://u@h/d?sslrootcert=conf%2Fca.pem map[key:env:K password:file:conf/pw]",
		"store: {url: 'postgres://u@h/d', key: 'env:K'}":                                         "postgres://u@h/d map[key:env:K]",
		"store: {url: 'postgres://u@h/d'}":                                                       `1:14: a store in PostgreSQL needs a "key"`,
		"store: {url: 'postgres://u@h/d', key: HUNTER2}":                                         `1:39: "key" must be a reference`,
		"store: {url: 'postgres://u@h/d', key: 'env:K', password: HUNTER2}":                      `1:58: "password" must be a reference`,
		"store: {url: 'postgres://u:HUNTER2@h/d', key: 'env:K'}":                                 `1:14: "url" must hold no password`,
		"store: {url: 'sqlite:x.db', key: 'env:K'}":                                              `1:34: "key" goes with a url of postgres://`,
		"location: eu west": `1:11: "location" must be a name`,
		"instance: ' '":     `1:11: "instance" must be a name`,
	} {
		c, problems := Parse("conf/loginwatch.yaml", []byte(text+targets))
		got := ""
		for _, p := range problems {
			got += p.String() + p.Excerpt()
		}
		if len(problems) == 0 {
			got = c.storeWithSecrets()
		}
		if !strings.Contains(got, want) || strings.Contains(got, "HUNTER2") {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// A daemon has the name of its host, unless it is given one; its place is in its jobs.
func TestFleetOfTheFile(t *testing.T) {
	const targets = "targets: {bolt: {vendor: bolt-login, documented: production}}\n"
	c, problems := Parse("loginwatch.yaml", []byte(targets))
	if len(problems) > 0 || c.Location != "" || c.Instance != hostName() {
		t.Errorf("%q, %q, %v", c.Location, c.Instance, problems)
	}
	c, problems = Parse("loginwatch.yaml", []byte("location: eu-west\ninstance: Prober_1.a\n"+targets))
	if len(problems) > 0 || c.Location != "eu-west" || c.Instance != "Prober_1.a" {
		t.Errorf("%q, %q, %v", c.Location, c.Instance, problems)
	}
}
