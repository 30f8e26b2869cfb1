package pack_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/plan"
)

func TestEmbedded(t *testing.T) {
	check := func(expr string) error {
		_, err := plan.Parse(expr)
		return err
	}
	catalog, problems := pack.Load(pack.Options{CheckSchedule: check}, pack.Source{FS: loginwatch.Embedded})
	if problems != nil {
		t.Fatalf("%d problems:\n%v", len(problems), problems)
	}
	if len(catalog.Contracts) == 0 || len(catalog.Probes) < len(catalog.Contracts) {
		t.Errorf("%d contracts, %d probes", len(catalog.Contracts), len(catalog.Probes))
	}
}

// TestContract compares what the nouns say with the good pack's files.
func TestContract(t *testing.T) {
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: good(t)})
	if problems != nil {
		t.Fatal(problems)
	}
	c := catalog.Contract("example-login")
	if c == nil || catalog.Contract("other") != nil || !slices.Equal(vendors(catalog), []string{"example-login"}) {
		t.Fatalf("vendors: %v", vendors(catalog))
	}
	for id, want := range map[string][]string{
		"nonce":                    nil, // its query holds a variable alone
		"valid-credentials":        {"user", "password", "nonce"},
		"valid-credentials-header": {"user", "password", "nonce"},
		"malformed-json":           {"nonce"},
		"missing-nonce":            nil,
		"wrong-password":           {"user", "nonce"},
	} {
		if got := c.Case(id).Needs; !slices.Equal(got, want) {
			t.Errorf("case %s needs %v, want %v", id, got, want)
		}
	}
	login := c.Operation("login")
	if got := login.Outcome("wrong-password").Where[0]; got.At != "/code" || got.Value != "17" || got.Pos.Line != 55 {
		t.Errorf("where: %+v", got)
	}
	if o := login.Outcome("bad-request"); !o.Unspecified() || o.Structured() {
		t.Errorf("unspecified: %+v", o)
	}
	if o := c.Operation("logout").Outcome("success"); o.Body != loginwatch.BodyNone || len(o.ContentTypes) != 0 || o.Schema != nil {
		t.Errorf("without a body: %+v", o)
	}
	if k := c.Case("missing-field"); !k.Undocumented || len(k.Expect) != 1 || k.Pos.String() != "contracts/example-login/contract.yaml:130:3" {
		t.Errorf("missing-field: %+v at %v", k, k.Pos)
	}
	if k := login.Control; k == nil || k != c.Case("nobody") || c.Operation("nonce").Control != nil {
		t.Errorf("control: %+v", k)
	}
	token := login.Token
	if token.Outcome != login.Outcome("success") || token.Lifetime.Documented != time.Hour || token.Lifetime.Unit != time.Second {
		t.Errorf("token: %+v %+v", token, token.Lifetime)
	}
	if d := c.Defects[1]; d.Tolerate.MovedTo != "/access" || d.At[0].At != "/token" {
		t.Errorf("defect: %+v", d)
	}
	if d := c.Defects[2]; !slices.Equal(d.Tolerate.Statuses, []int{200}) || d.At[0].Outcome != "wrong-password" {
		t.Errorf("defect: %+v", d)
	}
	probes := catalog.ProbesOf("example-login")
	if len(probes) != 2 || probes[0].Name != "lock-out" || !probes[0].Disabled || probes[1].Steps[0].Capture[0].Name != "nonce" {
		t.Errorf("probes: %+v", probes)
	}
}

// TestSameFolderTwice: an operator's file and a flag may name the same pack, and
// each in its own way.
func TestSameFolderTwice(t *testing.T) {
	files, dir := good(t), t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "mypack"), files); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	var sources []pack.Source
	for _, name := range []string{"mypack", "./mypack/", filepath.Join(dir, "mypack")} {
		sources = append(sources, pack.Source{Dir: name, FS: os.DirFS(name)})
	}
	catalog, problems := pack.Load(pack.Options{}, sources...)
	if problems != nil || len(catalog.Contracts) != 1 {
		t.Errorf("%d contracts, problems:\n%v", len(catalog.Contracts), problems)
	}
	if err := os.CopyFS("another", files); err != nil {
		t.Fatal(err)
	}
	if _, problems := pack.Load(pack.Options{}, sources[0], pack.Source{Dir: "another", FS: os.DirFS("another")}); problems == nil {
		t.Error("two packs with the same content are taken for one")
	}
}

func vendors(catalog *pack.Catalog) []string {
	var slugs []string
	for _, c := range catalog.Contracts {
		slugs = append(slugs, c.Vendor)
	}
	return slugs
}

// TestProblemsKeepOthersUsable: a mistake in one vendor's files leaves the rest.
func TestProblemsKeepOthersUsable(t *testing.T) {
	bad := good(t)
	bad["contracts/broken/contract.yaml"] = &fstest.MapFile{Data: []byte("vendor: broken\n")}
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: bad})
	if len(problems) == 0 || !slices.Equal(vendors(catalog), []string{"example-login"}) {
		t.Errorf("vendors %v, problems %v", vendors(catalog), problems)
	}
}

// TestEveryLineMatters leaves out one line of each file in turn: nothing may
// panic, whatever is missing.
func TestEveryLineMatters(t *testing.T) {
	for _, name := range []string{"contracts/example-login/contract.yaml", "probes/example-login.yaml"} {
		lines := strings.SplitAfter(string(good(t)[name].Data), "\n")
		found := 0
		for i := range lines {
			files := good(t)
			files[name].Data = []byte(strings.Join(slices.Delete(slices.Clone(lines), i, i+1), ""))
			if problems(files) != "" {
				found++
			}
		}
		t.Logf("%s: %d of %d lines can't be left out", name, found, len(lines))
		if found < len(lines)/2 {
			t.Errorf("%s: only %d of %d lines matter", name, found, len(lines))
		}
	}
}

func FuzzContract(f *testing.F) {
	f.Add(good(f)["contracts/example-login/contract.yaml"].Data)
	f.Fuzz(func(t *testing.T, data []byte) {
		files := good(t)
		files["contracts/example-login/contract.yaml"].Data = data
		catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: files})
		_, found := pack.CheckCitations(catalog, files)
		problems = append(problems, found...)
		for _, p := range problems {
			if p.Pos.File == "" || p.Message == "" {
				t.Errorf("problem without a file or a message: %+v", p)
			}
			_ = p.Excerpt()
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, problems := pack.Load(pack.Options{}, pack.Source{FS: loginwatch.Embedded}); problems != nil {
			b.Fatal(problems)
		}
	}
}
