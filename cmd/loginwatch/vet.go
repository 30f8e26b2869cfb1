package main

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/pack"
)

type vetCmd struct {
	packFlag
	Config    string `help:"Check this configuration as well." placeholder:"FILE"`
	Documents string `help:"Check every citation against the vendors' documents in this folder: those of the added packs, or of the built-in one when there are none." placeholder:"DIR"`
}

// Run reports every problem of the packs and the configuration at once.
func (v vetCmd) Run(env environment) error {
	files, problems := v.files(v.Config).Read()
	catalog := files.Catalog
	var packs []string
	var unread []pack.NotLookedUp
	if files.Config != nil {
		packs = files.Config.Packs
	}
	if catalog != nil && v.Documents != "" {
		pages, found := v.citations(catalog, packs)
		unread, problems = pages, append(problems, found...)
	}
	if files.Config != nil {
		app.WarnOddSecrets(env.stderr, files.Config, nil)
		app.WarnOfJobs(env.stderr, files)
	}
	if len(problems) > 0 {
		problems.Sort()
		return app.ProblemsError(problems)
	}
	app.WarnOfIdleMaintenance(env.stderr, files) // which needs all jobs
	for _, line := range app.Maintenance(files.Jobs, time.Now()) {
		_, _ = fmt.Fprintln(env.stdout, line) // the last line tells of a reader that went away
	}
	held := counts(catalog, packDirs(v.Pack, packs))
	if files.Config != nil {
		held += fmt.Sprintf("; %s: %s and %s", v.Config, plural(files.Config.Targets(), "target"), plural(len(files.Jobs), "job"))
	}
	if _, err := os.Stat(defaultConfig); v.Config == "" && len(v.Pack) == 0 && err == nil { // who names a pack asks for that
		held += "; not looked at: " + defaultConfig + ", for want of --config " + defaultConfig
	}
	_, err := fmt.Fprintf(env.stdout, "%s: no problems\n%s", held+notLookedUp(unread), todo(catalog))
	return err
}

// todo lists the citations that somebody has yet to look up.
func todo(catalog *pack.Catalog) string {
	open := catalog.Todo()
	if len(open) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s, to be looked up in the vendor's document:\n", plural(len(open), "citation"), map[bool]string{true: "is " + loginwatch.Todo, false: "are " + loginwatch.Todo}[len(open) == 1])
	for _, s := range open {
		fmt.Fprintf(&b, "  %s: %s\n", s.Pos.FileLine(), s.What)
	}
	return b.String()
}

// counts says what each pack holds: ours apart from those that somebody added.
func counts(catalog *pack.Catalog, dirs []string) string {
	type content struct {
		contracts, cases, probes, proven int
		servers                          []string
	}
	held := map[string]content{}
	for _, c := range catalog.Contracts {
		name := holder(c.Pos.File, 3) // PACK/contracts/VENDOR/contract.yaml
		in := held[name]
		in.contracts, in.cases = in.contracts+1, in.cases+len(c.Cases)
		if len(c.ProvenOn) > 0 {
			in.proven++
		}
		for _, s := range c.ProvenOn {
			if text := s.String(); !slices.Contains(in.servers, text) {
				in.servers = append(in.servers, text)
			}
		}
		held[name] = in
	}
	for _, p := range catalog.Probes {
		name := holder(p.Pos.File, 2) // PACK/probes/VENDOR.yaml
		in := held[name]
		in.probes++
		held[name] = in
	}
	var parts []string
	for _, name := range append([]string{builtIn}, dirs...) {
		if in, found := held[name]; found { // one folder may have two names
			said := fmt.Sprintf("%s: %s with %s and %s", name,
				plural(in.contracts, "contract"), plural(in.cases, "case"), plural(in.probes, "probe"))
			if in.proven == in.contracts {
				said += ", proven on " + strings.Join(in.servers, " and ")
			}
			parts = append(parts, said)
			delete(held, name)
		}
	}
	return strings.Join(parts, "; ")
}

// builtIn stands for the folder of the embedded pack.
const builtIn = "embedded"

// holder gives the pack of a file that is so many names below it.
func holder(file string, below int) string {
	if embedded(file) {
		return builtIn
	}
	for range below {
		file = path.Dir(file)
	}
	return file
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// notLookedUp says which citations are of pages that nobody keeps, so that none
// goes unchecked in silence.
func notLookedUp(pages []pack.NotLookedUp) string {
	if len(pages) == 0 {
		return ""
	}
	var parts []string
	for _, p := range pages {
		parts = append(parts, plural(p.Citations, "citation")+" of "+p.Document)
	}
	return "; not looked up, as nobody keeps a public page: " + strings.Join(parts, ", ")
}

// citations checks the packs that somebody added, whose documents are theirs,
// or the built-in one when nobody did.
func (v vetCmd) citations(catalog *pack.Catalog, configured []string) ([]pack.NotLookedUp, loginwatch.Problems) {
	if _, err := os.ReadDir(v.Documents); err != nil {
		return nil, loginwatch.Problems{app.Unreadable(v.Documents, err)}
	}
	return pack.CheckCitations(catalog, os.DirFS(v.Documents), packDirs(v.Pack, configured)...)
}
