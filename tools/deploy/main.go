// Command deploy makes what a release consists of: archives, a .deb and an .rpm for each
// architecture, an image, a Helm chart, a list of what is inside (SBOM) and checksums. The same sources
// give the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// release is what is made, and of what.
type release struct {
	repo    string // the repository's root
	out     string // where all of it goes
	version string
	date    time.Time // of the sources; every file bears it
	arches  []string  // of packages and images
}

// architectures are those that Linux is built for.
const architectures = "amd64,arm64"

// versionForm is that of a semantic version, without what Debian and RPM write otherwise.
var versionForm = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "deploy:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("deploy", flag.ContinueOnError)
	var r release
	flags.StringVar(&r.repo, "repo", ".", "the root of the repository")
	flags.StringVar(&r.out, "out", "", "an empty folder for what is made")
	flags.StringVar(&r.version, "version", "", "as 1.2.3")
	what := flags.String("what", "packages,image,archives,chart,sbom", "what to make")
	arches := flags.String("arch", architectures, "for which architectures")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if !versionForm.MatchString(r.version) {
		return fmt.Errorf("a version is three numbers such as 1.2.3, not %q", r.version)
	}
	if r.out == "" {
		return errors.New("-out is missing")
	}
	r.arches = strings.Split(*arches, ",")
	var err error
	if r.date, err = dateOf(r.repo); err != nil {
		return err
	}
	return r.make(strings.Split(*what, ","))
}

func (r release) make(what []string) error {
	steps := map[string]func(release) error{
		"packages": release.packages, "image": release.image, "archives": release.archives, "chart": release.chart, "sbom": release.sbom,
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	if entries, err := os.ReadDir(r.out); err != nil || len(entries) > 0 {
		return fmt.Errorf("%s is not empty (%v)", r.out, err)
	}
	if !slices.Equal(what, []string{"chart"}) { // which has no program in it
		if err := r.build(); err != nil {
			return err
		}
	}
	for _, name := range what {
		step := steps[name]
		if step == nil {
			return fmt.Errorf("nobody makes %q", name)
		}
		if err := step(r); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := os.RemoveAll(r.stage("")); err != nil {
		return err
	}
	return r.checksums()
}

// stage is where the parts for one architecture, or for all, are put first.
func (r release) stage(name string) string { return filepath.Join(r.out, "stage", name) }

// dateOf is when the sources were committed, or what SOURCE_DATE_EPOCH says
// (reproducible-builds.org/specs/source-date-epoch).
func dateOf(repo string) (time.Time, error) {
	seconds := os.Getenv("SOURCE_DATE_EPOCH")
	if seconds == "" {
		out, err := output(repo, nil, "git", "log", "-1", "--format=%ct")
		if err != nil {
			return time.Time{}, fmt.Errorf("outside of git SOURCE_DATE_EPOCH says the date: %w", err)
		}
		seconds = strings.TrimSpace(out)
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(n, 0).UTC(), nil
}
