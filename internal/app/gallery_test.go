package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// gallery reads every pack of it, by the name of its folder.
func gallery(t *testing.T) map[string]*loginwatch.Contract {
	t.Helper()
	folders, err := filepath.Glob("../../packs/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no packs: %v", err)
	}
	contracts := map[string]*loginwatch.Contract{}
	for _, folder := range folders {
		catalog, problems := pack.Load(pack.Options{}, pack.Source{Dir: folder, FS: os.DirFS(folder)})
		if len(problems) > 0 || len(catalog.Contracts) != 1 {
			t.Fatalf("%s: %d contracts, %v", folder, len(catalog.Contracts), problems)
		}
		contracts[filepath.Base(folder)] = catalog.Contracts[0]
	}
	return contracts
}

// Whatever a pack of the gallery cites can be found again: each document has an address,
// a date and how much of it was read, and so has each public page beside them.
func TestGalleryCitesWhatCanBeFound(t *testing.T) {
	var (
		page    = regexp.MustCompile(`https?://\S+`)
		sources = regexp.MustCompile(`(?m)evidence"?: (.*)$`)
		dated   = regexp.MustCompile(`https?://\S+, read 20\d\d-\d\d-\d\d`)
		names   = regexp.MustCompile(`https?://|\bpublic pages?\b|\bon GitHub\b`)
	)
	for name, c := range gallery(t) {
		for _, d := range c.Documents {
			if !page.MatchString(d.Address) || d.Read == "" || !slices.Contains(loginwatch.Extents(), d.Extent) {
				t.Errorf("%s, %q: address %q, read %q, extent %q", name, d.Title, d.Address, d.Read, d.Extent)
			}
		}
		err := filepath.WalkDir(filepath.Join("../../packs", name), func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			for _, s := range sources.FindAllStringSubmatch(string(data), -1) {
				if names.MatchString(s[1]) && !dated.MatchString(s[1]) {
					t.Errorf("%s names a page without its address and the date it was read: %s", path, s[1])
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// The page on logins has a row for each pack, which says what its contract says.
func TestGalleryIsTold(t *testing.T) {
	data, err := os.ReadFile("../../docs/logins.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| .* (\\| `packs/([a-z0-9-]+)` \\|.*)$").FindAllStringSubmatch(string(data), -1) {
		if rows[row[2]] != "" {
			t.Errorf("packs/%s stands there twice", row[2])
		}
		rows[row[2]] = row[1]
	}
	for name, c := range gallery(t) {
		proven := []string{}
		for _, s := range c.ProvenOn {
			proven = append(proven, s.String())
		}
		if len(proven) == 0 {
			proven = []string{"–"}
		}
		want := fmt.Sprintf("| `packs/%s` | %s | %s |", name, howRead(c), strings.Join(proven, ", "))
		if rows[name] != want {
			t.Errorf("packs/%s: its row ends with %q, and its contract says %q", name, rows[name], want)
		}
		delete(rows, name)
	}
	for name := range rows {
		t.Errorf("there is no packs/%s", name)
	}
}

// howRead counts the documents of a contract by how much of them was read.
func howRead(c *loginwatch.Contract) string {
	var parts []string
	for _, extent := range loginwatch.Extents() {
		n := 0
		for _, d := range c.Documents {
			if d.Extent == extent {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, extent))
		}
	}
	return strings.Join(parts, ", ")
}
