//go:build real

package realtest

import (
	"testing"
)

// logins are the servers whose packs hold whole: every case of the contract is ok
// there and at our simulator of it.
var logins = []struct {
	vendor  string
	folder  string // of the pack; "" for the embedded one
	server  string // script of tools/real
	path    string // of the application on that server
	secrets map[string]string
	wrong   string // the secret that a wrong credential has wrong
}{
	{"signzy-ezkra", "", "loopback.js", "/plain", of("username", "username", "password", "password"), "password"},
	{"json-server-auth", "testdata/packs/json-server-auth", "json-server-auth.js", "", of("email", "email", "password", "password"), "password"},
	{"node-red", "testdata/packs/node-red", "node-red.js", "", of("username", "username", "password", "password"), "password"},
	{"simplejwt", "testdata/packs/simplejwt", "simplejwt.py", "", of("username", "username", "password", "password"), "password"},
	{"etcd", "testdata/packs/etcd", "etcd.js", "", of("name", "username", "password", "password"), "password"},
}

// of gives a contract's secrets their values of the account: name, field, name, field, …
func of(pairs ...string) map[string]string {
	secrets := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		secrets[pairs[i]] = account[pairs[i+1]]
	}
	return secrets
}

func TestLogins(t *testing.T) {
	for _, l := range logins {
		t.Run(l.vendor, func(t *testing.T) {
			t.Parallel()
			v := load(t, l.folder, l.vendor)
			base := start(t, l.server).JoinPath(l.path)
			t.Run("real", func(t *testing.T) { well(t, v.everyCase(t, v.at(base, l.secrets))) })
			t.Run("simulator", func(t *testing.T) { well(t, v.everyCase(t, v.simulator(t))) })
			t.Run("wrong-secret", func(t *testing.T) { v.refused(t, base, l.secrets, l.wrong) })
			if !t.Failed() {
				t.Logf("%s: %d cases as documented, there and at our simulator; another %s is rejected", l.vendor, len(v.Cases), l.wrong)
			}
		})
	}
}
