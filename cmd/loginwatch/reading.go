package main

import (
	"regexp"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// reading is what the packs and the operator's file say.
type reading struct {
	conf    *config.Config // nil without a file, and where it is no YAML
	catalog *pack.Catalog
	jobs    []loginwatch.Job
}

// read reads the packs and, unless path is empty, the operator's file, for every
// verb alike: vet, serve, verify and a reload find the same problems, all of them
// at once.
func (f packFlag) read(path string) (r reading, problems loginwatch.Problems) {
	if path != "" {
		r.conf, problems = readConfig(path)
	}
	var found loginwatch.Problems
	r.catalog, found = f.load(r.conf)
	problems = append(problems, found...)
	if r.conf != nil {
		if err := checkWebConfig(r.conf.WebConfig); err != nil {
			problems = append(problems, r.conf.FileProblem(r.conf.WebConfig, withoutPath(err)))
		}
		if r.catalog != nil {
			r.jobs, found = r.conf.Assign(r.catalog.Contracts, r.catalog.Probes, configOptions())
			problems = append(problems, found...)
		}
	}
	problems.Sort()
	return r, problems
}

// webValue is how exporter-toolkit's YAML reader quotes what stands in the file.
var webValue = regexp.MustCompile("(?s)`.*`")

// webError is an error of exporter-toolkit in one line and without what it quotes
// of its file, where passwords' hashes and keys stand.
func webError(err error) string {
	return strings.Join(strings.Fields(webValue.ReplaceAllString(err.Error(), "a value")), " ")
}
