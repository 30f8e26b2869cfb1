//go:build postgres

package store

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/store/pgtest"
)

// What is wrong with a database is told in words, with what to do and without a secret,
// and nothing in it is changed.
func TestPostgreSQLWords(t *testing.T) {
	t.Parallel() // it waits, mostly
	const password = "HUNTER2-of-the-store"
	pair := pgtest.StartWithStandby(t)
	exec := func(database string, statements ...string) {
		for _, s := range statements {
			pair.Exec(database, s)
		}
	}
	made := func(statements ...string) string {
		database := pair.Database()
		l, err := Open(t.Context(), Place{URL: pair.URL(database), Secrets: pgSecrets{"key": testKey}}, Budget{})
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
		exec(database, statements...)
		return database
	}
	empty := func(statements ...string) string {
		database := pair.Database()
		exec(database, statements...)
		return database
	}
	exec("postgres", "CREATE ROLE guest LOGIN", "CREATE ROLE secretive LOGIN PASSWORD 'another'")
	as := func(role, url string) string { return strings.Replace(url, "lw@", role+"@", 1) }
	key := pgSecrets{"key": testKey, "password": password}
	untrusted := httpsOnly(t)
	for name, tt := range map[string]struct {
		url     string
		secrets loginwatch.SecretSource
		says    string
	}{
		"no server":           {"postgres://lw@127.0.0.1:1/db", key, "nothing listens there"},
		"no socket":           {"postgres://lw@/db?host=/nowhere", key, "nothing listens there"},
		"no such host":        {"postgres://lw@nowhere.invalid/db", key, "its host is not known here"},
		"no such database":    {pair.URL("nowhere"), key, "there is no such database: create it"},
		"another password":    {as("secretive", pair.URL(empty())), key, "the server refuses the password: see the reference under password"},
		"no such user":        {as("nobody", pair.URL(empty())), key, "the server lets this user not in"},
		"no TLS":              {"postgres://lw@" + plain(t) + "/db?sslmode=require", key, "the server speaks no TLS"},
		"another authority":   {"postgres://lw@" + untrusted + "/db?sslmode=verify-full", key, "its certificate is not trusted: name the authority with sslrootcert=FILE"},
		"a standby alone":     {pair.StandbyURL(empty()), key, "only a standby answers, which can't be written: promote it"},
		"nothing may be made": {as("guest", pair.URL(empty())), key, "the user may not do that"},
		"nothing may be written": {as("guest", pair.URL(made("GRANT USAGE ON SCHEMA loginwatch TO guest", "GRANT SELECT ON ALL TABLES IN SCHEMA loginwatch TO guest"))), key,
			"the user may not write its tables: let it own the schema loginwatch"},
		"another program's":       {pair.URL(empty("CREATE SCHEMA loginwatch", "CREATE TABLE loginwatch.other (a int)")), key, "its schema loginwatch is of another program"},
		"another program's table": {pair.URL(made("UPDATE loginwatch.meta SET value = 'other' WHERE name = 'application'")), key, "its schema loginwatch is of another program"},
		"a newer one's":           {pair.URL(made("UPDATE loginwatch.meta SET value = '99' WHERE name IN ('version', 'oldest')")), key, fmt.Sprintf("a newer loginwatch has written it (version 99, this one knows %d): use that one", len(pgMigrations))},
		"another key":             {pair.URL(made()), pgSecrets{"key": strings.Repeat("00", keyBytes)}, "the key is another one than it was written with"},
		"no key":                  {pair.URL(made()), pgSecrets{"password": password}, "its key is missing (env:LOGINWATCH_STORE_KEY): all daemons that share the store need the same, 64 hexadecimal digits"},
		"a password for a key":    {pair.URL(made()), pgSecrets{"key": password}, "its key (env:LOGINWATCH_STORE_KEY) should be 64 hexadecimal digits"},
		"a file that is away":     {"postgres://lw@127.0.0.1:1/db?sslrootcert=/nowhere.pem&sslmode=verify-full", key, "the URL can't be used"},
		"a secret that is away":   {pair.URL(made()), awaySecrets{}, "its password: secret file x:: file does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := Open(within(t, time.Second), Place{URL: tt.url, Secrets: tt.secrets, Instance: "test"}, Budget{})
			if err == nil {
				_ = l.Close()
			}
			if got := fmt.Sprint(err); err == nil || !strings.Contains(got, tt.says) || strings.Contains(got, password) || strings.Contains(got, "\n") {
				t.Errorf("got %v, want %q", err, tt.says)
			}
		})
	}
}

// awaySecrets has a key, and a password in a file that is not there.
type awaySecrets struct{ replicaKey }

func (a awaySecrets) Secret(name string) (string, bool, error) {
	if name == "password" {
		return "", false, &os.PathError{Op: "secret file", Path: "x:", Err: os.ErrNotExist}
	}
	return a.replicaKey.Secret(name)
}

// plain is the address of a server that speaks no TLS.
func plain(t *testing.T) string { return answering(t, 'N', nil) }

// httpsOnly is the address of one that shows a certificate of its own.
func httpsOnly(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}}}
	return answering(t, 'S', func(c net.Conn) { _ = tls.Server(c, conf).Handshake() })
}

// answering is the address of a server that answers the question for TLS, and no other
// (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL).
func answering(t *testing.T, answer byte, then func(net.Conn)) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			var request [8]byte
			if _, err := c.Read(request[:]); err == nil {
				_, _ = c.Write([]byte{answer})
				if then != nil {
					then(c)
				}
			}
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}
