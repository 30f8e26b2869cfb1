// Package pack reads packs: folders with contracts/, schemas/ and probes/ that
// say everything about some vendors. It checks all there is to check without
// sending anything, and gives every mistake of every file at once, with its
// place.
//
// What it gives is immutable and complete: nothing that has a mistake gets into
// a catalog. It opens no connection, runs nothing and writes nothing.
package pack

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
	"github.com/loginwatch/loginwatch/internal/window"
)

// Source is one pack.
type Source struct {
	Dir string // stands before the names of files in positions; "" for the embedded pack
	FS  fs.FS  // holds contracts/, schemas/ and probes/
}

// Options are what the checks need from packages that pack must not know.
type Options struct {
	CheckSchedule func(expr string) error // nil takes every schedule
	// ParseBegins reads the schedule of a maintenance; nil takes every one, as one that
	// never is.
	ParseBegins func(expr string) (window.Schedule, error)
}

// Catalog is what one or more packs say, without what has a mistake.
type Catalog struct {
	Contracts []*loginwatch.Contract // by vendor
	Probes    []*loginwatch.Probe    // by vendor, then name
	built     []*builder             // of all contracts, for CheckCitations
}

// Contract finds a vendor's contract; nil when there is none.
func (c *Catalog) Contract(vendor string) *loginwatch.Contract {
	for _, k := range c.Contracts {
		if k.Vendor == vendor {
			return k
		}
	}
	return nil
}

// ProbesOf gives the probes of a vendor, by name.
func (c *Catalog) ProbesOf(vendor string) []*loginwatch.Probe {
	var probes []*loginwatch.Probe
	for _, p := range c.Probes {
		if p.Contract.Vendor == vendor {
			probes = append(probes, p)
		}
	}
	return probes
}

// Load reads all sources; one whose folder is given twice is read once. The problems are nil when there is no mistake; the
// catalog is never nil and lacks the contracts and probes that have one.
func Load(opts Options, sources ...Source) (*Catalog, loginwatch.Problems) {
	sources = once(sources)
	l := &loader{opts: opts, byVendor: map[string]*builder{}, unusable: map[string]bool{}, probePos: map[string]loginwatch.Pos{}}
	for _, s := range sources {
		l.contracts(s)
	}
	for _, s := range sources {
		l.probes(s)
	}
	catalog := &Catalog{Probes: l.goodProbes}
	for _, b := range l.built {
		problems := b.allProblems()
		if len(problems) == 0 {
			catalog.Contracts = append(catalog.Contracts, b.c)
		}
		l.problems = append(l.problems, problems...)
	}
	catalog.built = l.built
	catalog.Probes = slices.DeleteFunc(catalog.Probes, func(p *loginwatch.Probe) bool {
		return catalog.Contract(p.Contract.Vendor) != p.Contract
	})
	for _, c := range catalog.Contracts {
		c.Account = account(c, catalog.Probes)
	}
	slices.SortFunc(catalog.Contracts, func(a, b *loginwatch.Contract) int { return cmp.Compare(a.Vendor, b.Vendor) })
	slices.SortFunc(catalog.Probes, func(a, b *loginwatch.Probe) int { return cmp.Compare(a.ID(), b.ID()) })
	if len(l.problems) == 0 {
		return catalog, nil
	}
	l.problems.Sort()
	return catalog, l.problems
}

// once leaves out sources whose folder is given before, however it was written:
// an operator's file and a flag may name the same one.
func once(sources []Source) []Source {
	var kept []Source
	var folders []fs.FileInfo
	for _, s := range sources {
		folder, err := fs.Stat(s.FS, ".")
		if err == nil && slices.ContainsFunc(folders, func(before fs.FileInfo) bool { return os.SameFile(before, folder) }) {
			continue
		}
		if err == nil {
			folders = append(folders, folder)
		}
		kept = append(kept, s)
	}
	return kept
}

// loader collects over all sources.
type loader struct {
	opts       Options
	built      []*builder
	byVendor   map[string]*builder
	unusable   map[string]bool // folders of vendors whose contract says so little that their probes can't be checked
	goodProbes []*loginwatch.Probe
	probePos   map[string]loginwatch.Pos // by VENDOR/PROBE
	problems   loginwatch.Problems
}

// fileProblem adds a problem of a whole file or folder.
func (l *loader) fileProblem(s Source, name, message string) {
	l.problems = append(l.problems, loginwatch.Problem{Pos: s.pos(name), Message: message})
}

// parentHint helps who named a folder inside a pack.
func (s Source) parentHint() string {
	dir := path.Clean(s.Dir)
	for _, inside := range []string{dir, path.Dir(dir)} { // PACK/contracts, or one vendor's folder in it
		switch path.Base(inside) {
		case "contracts", "schemas", "probes":
			return fmt.Sprintf(", did you mean %s?", path.Dir(inside))
		}
	}
	return ""
}

// pos names a file. One of a pack in the working directory begins with "./": its
// name must not be that of another file in the embedded pack.
func (s Source) pos(name string) loginwatch.Pos {
	if s.Dir != "" && path.Clean(s.Dir) == "." {
		return loginwatch.Pos{File: "./" + name}
	}
	return loginwatch.Pos{File: path.Join(s.Dir, name)}
}

// contracts reads contracts/ and schemas/ of one source.
func (l *loader) contracts(s Source) {
	folders := entries(s.FS, "contracts")
	probes := entries(s.FS, "probes")
	if len(folders) == 0 && len(probes) == 0 {
		l.fileProblem(s, ".", "no pack: it has neither contracts/ nor probes/"+s.parentHint())
		return
	}
	vendors := map[string]bool{"meta": true} // schemas/meta describes the YAML files themselves
	for _, f := range folders {
		if !f.IsDir() {
			l.fileProblem(s, path.Join("contracts", f.Name()), "not a vendor's folder")
			continue
		}
		vendors[f.Name()] = true
		l.contract(s, f.Name())
	}
	for _, f := range entries(s.FS, "schemas") {
		if !vendors[f.Name()] {
			l.fileProblem(s, path.Join("schemas", f.Name()), "no contract goes with it")
		}
	}
}

// contract reads one vendor's folder.
func (l *loader) contract(s Source, folder string) {
	name := path.Join("contracts", folder, "contract.yaml")
	data, err := fs.ReadFile(s.FS, name)
	if err != nil {
		l.unusable[folder] = true
		l.fileProblem(s, path.Join("contracts", folder), "contract.yaml is missing")
		return
	}
	doc, problems := strictyaml.Parse(s.pos(name).File, data)
	if doc == nil {
		l.unusable[folder] = true
		l.problems = append(l.problems, problems...)
		return
	}
	b := newBuilder(s, folder, doc, data, l.opts.ParseBegins)
	b.build()
	l.built = append(l.built, b)
	vendor := b.file.Vendor
	l.unusable[folder] = l.unusable[folder] || vendor.Value != folder
	if first := l.byVendor[vendor.Value]; first != nil {
		b.problem(vendor.Span, "vendor %q is already in %s", vendor.Value, first.file.Vendor.Pos)
		return
	}
	l.byVendor[vendor.Value] = b
}

// entries lists a folder without hidden files; a missing one is empty.
func entries(fsys fs.FS, name string) []fs.DirEntry {
	all, err := fs.ReadDir(fsys, name)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(all, func(e fs.DirEntry) bool { return e.Name()[0] == '.' })
}
