//go:build pact

package pact_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	pactlog "github.com/pact-foundation/pact-go/v2/log"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/pact/native"
)

var (
	update = flag.Bool("update", false, "write the pacts and the golden files instead of comparing them")
	packs  = flag.String("packs", "", "folders of further packs, separated by the system's list separator")
)

// TestMain keeps Pact from telling a tracker about its use, which it does
// unless the environment says otherwise, and from logging.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := quiet(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func quiet() error {
	if err := pactlog.SetLogLevel("ERROR"); err != nil {
		return err
	}
	for name, value := range map[string]string{"PACT_DO_NOT_TRACK": "true", "NO_PROXY": "*", "no_proxy": "*"} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// catalog loads the embedded pack, the tests' own and those of the flag.
func catalog(t testing.TB) *pack.Catalog {
	t.Helper()
	c, problems := pack.Load(pack.Options{}, sources()...)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

// examplePack is a pack of the tests: a vendor that needs what the embedded
// ones don't.
const examplePack = "testdata/pack"

func sources() []pack.Source {
	all := []pack.Source{{FS: loginwatch.Embedded}}
	for _, dir := range strings.FieldsFunc(*packs, func(r rune) bool { return r == os.PathListSeparator }) {
		all = append(all, pack.Source{Dir: dir, FS: os.DirFS(dir)})
	}
	return all
}

var _ = native.Version
