package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// made has what the tests look at: the folders 1.0.0, again (the same once more) and 1.1.0.
var made string

func TestMain(m *testing.M) {
	os.Exit(makeAndTest(m))
}

func makeAndTest(m *testing.M) int {
	var err error
	if made, err = os.MkdirTemp("", "deploy"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(made) }()
	if err := os.Chmod(made, 0o755); err != nil { // the image runs as another user
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, r := range []struct{ folder, version, zone, what, arch string }{
		{"1.0.0", "1.0.0", "UTC", everything, architectures},
		{"again", "1.0.0", "Asia/Kolkata", everything, architectures},
		{"1.1.0", "1.1.0", "UTC", "packages", runtime.GOARCH},
	} {
		_ = os.Setenv("TZ", r.zone) // of what is started
		if err := run([]string{"-repo", repo, "-out", filepath.Join(made, r.folder), "-version", r.version, "-what", r.what, "-arch", r.arch}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

const everything = "packages,image,archives,chart,sbom"

// The same sources give the same bytes, wherever and whenever they are built.
func TestReproducible(t *testing.T) {
	first, again := read(t, made+"/1.0.0/SHA256SUMS"), read(t, made+"/again/SHA256SUMS")
	if first != again {
		t.Errorf("built twice:\n%s\n%s", first, again)
	}
	for _, kind := range []string{"amd64.deb", "arm64.deb", "x86_64.rpm", "aarch64.rpm", "_image.tar", "linux_amd64.tar.gz", "darwin_arm64.tar.gz", "loginwatch-1.0.0.tgz", ".cdx.json"} {
		if !strings.Contains(first, kind+"\n") {
			t.Errorf("no %s:\n%s", kind, first)
		}
	}
	t.Logf("%d files are the same when built again", strings.Count(first, "\n"))
	must(t, "sh", "-c", "cd "+made+"/1.0.0 && sha256sum --quiet -c SHA256SUMS")
}

// An archive has the program, which runs.
func TestArchive(t *testing.T) {
	dir := t.TempDir()
	name := "loginwatch_1.0.0_linux_" + runtime.GOARCH
	must(t, "tar", "-C", dir, "-xzf", made+"/1.0.0/"+name+".tar.gz")
	if out := must(t, filepath.Join(dir, name, "loginwatch"), "version"); !strings.HasPrefix(out, "loginwatch 1.0.0 ") {
		t.Errorf("it says %s", out)
	}
	for _, file := range []string{"LICENSE", "loginwatch.example.yaml", "man/loginwatch-serve.1.gz", "completion/bash"} {
		if _, err := os.Stat(filepath.Join(dir, name, file)); err != nil {
			t.Error(err)
		}
	}
}

// The SBOM names every module that the program says it is made of, with a licence.
func TestSBOM(t *testing.T) {
	var sbom struct {
		BOMFormat, SpecVersion string
		Metadata               struct{ Component struct{ Version string } }
		Components             []struct {
			Name, Version string
			Evidence      struct{ Licenses []any }
		}
	}
	if err := json.Unmarshal([]byte(read(t, made+"/1.0.0/loginwatch_1.0.0.cdx.json")), &sbom); err != nil {
		t.Fatal(err)
	}
	if sbom.BOMFormat != "CycloneDX" || sbom.Metadata.Component.Version != "v1.0.0" {
		t.Errorf("%s of version %q", sbom.BOMFormat, sbom.Metadata.Component.Version)
	}
	licensed := map[string]bool{}
	for _, c := range sbom.Components {
		licensed[c.Name+" "+c.Version] = len(c.Evidence.Licenses) > 0
	}
	modules := 0
	for line := range strings.Lines(must(t, "go", "version", "-m", repo+"/bin/loginwatch")) {
		if fields := strings.Fields(line); len(fields) >= 3 && fields[0] == "dep" {
			modules++
			if with, ok := licensed[fields[1]+" "+fields[2]]; !ok || !with {
				t.Errorf("%s %s: listed %t, licence known %t", fields[1], fields[2], ok, with)
			}
		}
	}
	if modules < 20 {
		t.Errorf("%d modules", modules)
	}
}

// CycloneDX's own validator takes the SBOM, and nothing that only looks like one.
func TestSBOMByItsSchema(t *testing.T) {
	judge := []string{repo + "/tools/validators/sbom.mjs", repo + "/bin/validators"}
	good := made + "/1.0.0/loginwatch_1.0.0.cdx.json"
	must(t, "node", append(judge, good)...)
	files := judge
	for from, to := range map[string]string{`"components":`: `"parts":`, `"type": "library"`: `"type": "book"`, `"purl":`: `"url":`} {
		file := filepath.Join(t.TempDir(), "bad.cdx.json")
		place(t, file, strings.Replace(read(t, good), from, to, 1), 0o644)
		files = append(files, file)
	}
	if out, err := command(t, "node", files...); err == nil || strings.Count(out, "\n") != 3 {
		t.Errorf("what is wrong is taken for right: %v\n%s", err, out)
	}
}

func TestVersions(t *testing.T) {
	for _, version := range []string{"", "1.0", "v1.0.0", "1.0.0-rc1", "1.0.0 "} {
		if err := run([]string{"-repo", repo, "-out", t.TempDir(), "-version", version}); err == nil {
			t.Errorf("%q is taken for a version", version)
		}
	}
}
