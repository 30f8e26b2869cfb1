package config

import (
	"strings"
	"testing"
)

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
