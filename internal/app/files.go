package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/plan"
	"github.com/loginwatch/loginwatch/internal/secret"
	"github.com/loginwatch/loginwatch/internal/window"
)

// Files are where contracts and the operator's configuration stand.
type Files struct {
	Config string   // the operator's file; "" for none
	Packs  []string // folders of packs besides the embedded one
	// What flags ask for, whatever stands in the file.
	Listen string // the address to listen on; that of the file when empty
	Pprof  bool   // profiles are served
}

// Reading is what the files say.
type Reading struct {
	Config  *config.Config // nil without a file, and where it is no YAML
	Catalog *pack.Catalog
	Jobs    []loginwatch.Job // of the configuration
}

// Read reads the packs and the operator's file, for every verb alike: vet, serve,
// verify and a reload find the same problems, all of them at once.
func (f Files) Read() (r Reading, problems loginwatch.Problems) {
	if f.Config != "" {
		r.Config, problems = ReadConfig(f.Config)
	}
	var found loginwatch.Problems
	r.Catalog, found = f.catalog(r.Config)
	problems = append(problems, found...)
	if r.Config != nil {
		if err := checkWebConfig(r.Config.WebConfig); err != nil {
			problems = append(problems, r.Config.FileProblem(r.Config.WebConfig, withoutPath(err)))
		} else {
			problems = append(problems, f.pprofProblem(r.Config)...)
		}
		if r.Catalog != nil {
			r.Jobs, found = r.Config.Assign(r.Catalog.Contracts, r.Catalog.Probes, configOptions())
			problems = append(problems, found...)
		}
	}
	problems.Sort()
	return r, problems
}

// catalog reads the embedded pack, the added ones and those of a configuration,
// if any.
func (f Files) catalog(conf *config.Config) (*pack.Catalog, loginwatch.Problems) {
	sources := []pack.Source{{FS: loginwatch.Embedded}}
	var unread loginwatch.Problems
	dirs := slices.Clone(f.Packs)
	if conf != nil {
		dirs = append(dirs, conf.Packs...)
	}
	for i, dir := range dirs {
		if _, err := os.ReadDir(dir); err != nil {
			problem := Unreadable(dir, err)
			if i >= len(f.Packs) {
				problem = conf.FileProblem(dir, withoutPath(err))
			}
			unread = append(unread, problem)
			continue
		}
		sources = append(sources, pack.Source{Dir: filepath.Clean(dir), FS: os.DirFS(dir)})
	}
	catalog, problems := pack.Load(pack.Options{CheckSchedule: checkEachOnce(), ParseBegins: ParseBegins}, sources...)
	return catalog, append(unread, problems...)
}

// checkEachOnce checks schedules, of which most packs have the same.
func checkEachOnce() func(expr string) error {
	known := map[string]error{}
	return func(expr string) error {
		err, checked := known[expr]
		if !checked {
			err = checkSchedule(expr)
			known[expr] = err
		}
		return err
	}
}

func checkSchedule(expr string) error {
	_, err := plan.Parse(expr)
	return err
}

// ParseBegins reads a schedule of what lasts, for [window.Options].
func ParseBegins(expr string) (window.Schedule, error) { return plan.ParseBegins(expr) }

// ClauseOptions are what reading the windows of a clause needs: calendar files stand beside it.
func ClauseOptions(clause string) window.Options {
	return window.Options{Parse: ParseBegins, ReadFile: func(name string) (called string, data []byte, err error) {
		if called = name; !filepath.IsAbs(name) {
			called = filepath.Join(filepath.Dir(clause), name)
		}
		if data, err = ReadFile(called); err != nil {
			err = config.Unread(called, err)
		}
		return called, data, err
	}}
}

// configOptions are the checks of a configuration that others know how to do.
func configOptions() config.Options {
	return config.Options{CheckSchedule: checkSchedule, ReadFile: ReadFile, CheckProgram: secret.CheckProgram, ParseBegins: ParseBegins, OneTime: flow.OneTime}
}

// ReadConfig reads the operator's file, and nothing that it names.
func ReadConfig(path string) (*config.Config, loginwatch.Problems) {
	data, err := ReadFile(path)
	if err != nil {
		return nil, loginwatch.Problems{Unreadable(path, err)}
	}
	return config.Parse(path, data)
}

// ReadFile reads a file of the operator's, which is a regular one: a pipe could keep us
// waiting for ever.
func ReadFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() > config.MaxBytes:
		return nil, fmt.Errorf("larger than %d MiB", config.MaxBytes>>20)
	}
	return os.ReadFile(path)
}

// Unreadable is a problem of a file that has no place inside it.
func Unreadable(path string, err error) loginwatch.Problem {
	return loginwatch.Problem{Pos: loginwatch.Pos{File: path}, Message: "can't be read: " + withoutPath(err).Error()}
}

// withoutPath takes the path out of an error of os, for whoever says it already.
func withoutPath(err error) error {
	if pathErr := (*os.PathError)(nil); errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// ProblemsError shows problems under their count.
func ProblemsError(ps loginwatch.Problems) error {
	noun := "problems"
	if len(ps) == 1 {
		noun = "problem"
	}
	return fmt.Errorf("%d %s\n%w", len(ps), noun, ps)
}
