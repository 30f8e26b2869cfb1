//go:build pact

package pact_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	pactlog "github.com/pact-foundation/pact-go/v2/log"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/pact/native"
)

var (
	update = flag.Bool("update", false, "write the pacts and the golden files instead of comparing them")
	packs  = flag.String("packs", "", "folders of further packs, separated by the system's list separator")
)

// TestMain keeps Pact from telling a tracker about its use and from logging. It
// gives the native library a single certificate authority that signs for
// nobody: nothing here speaks TLS but our own code, and reading the system's
// authorities for every interaction takes most of a verification's time.
func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if err := pactlog.SetLogLevel("ERROR"); err != nil {
		return 0, err
	}
	log.SetOutput(io.Discard) // pact-go complains to it that its logging is set up twice
	dir, err := os.MkdirTemp("", "loginwatch-pact-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	authority := filepath.Join(dir, "authority.pem")
	if err := writeAuthority(authority); err != nil {
		return 0, err
	}
	for name, value := range map[string]string{"SSL_CERT_FILE": authority, "SSL_CERT_DIR": dir} {
		if err := os.Setenv(name, value); err != nil {
			return 0, err
		}
	}
	if err := native.Quiet(); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

func writeAuthority(file string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
}

// catalog gives the embedded pack, the tests' own and those of the flag.
func catalog(t testing.TB) *pack.Catalog {
	t.Helper()
	c, problems := loaded()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

// loaded is immutable, so one does for all tests.
var loaded = sync.OnceValues(func() (*pack.Catalog, loginwatch.Problems) {
	return pack.Load(pack.Options{}, sources()...)
})

// examplePack is a pack of the tests: a vendor that needs what the embedded
// ones don't.
const examplePack = "testdata/pack"

func sources() []pack.Source {
	all := []pack.Source{{FS: loginwatch.Embedded}, {Dir: examplePack, FS: os.DirFS(examplePack)}}
	for _, dir := range strings.FieldsFunc(*packs, func(r rune) bool { return r == os.PathListSeparator }) {
		all = append(all, pack.Source{Dir: dir, FS: os.DirFS(dir)})
	}
	return all
}
