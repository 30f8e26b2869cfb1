package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/plan"
)

// packFlag is shared by every verb that reads contracts.
type packFlag struct {
	Pack []string `help:"A folder with contracts/, schemas/ and probes/ of your own vendors; may be given again." placeholder:"DIR" sep:"none"`
}

// load reads the embedded pack, the flag's and those of a configuration, if any.
func (f packFlag) load(conf *config.Config) (*pack.Catalog, loginwatch.Problems) {
	sources := []pack.Source{{FS: loginwatch.Embedded}}
	var unread loginwatch.Problems
	dirs := slices.Clone(f.Pack)
	if conf != nil {
		dirs = append(dirs, conf.Packs...)
	}
	for i, dir := range dirs {
		if _, err := os.ReadDir(dir); err != nil {
			problem := unreadable(dir, err)
			if i >= len(f.Pack) {
				problem = conf.FileProblem(dir, withoutPath(err))
			}
			unread = append(unread, problem)
			continue
		}
		sources = append(sources, pack.Source{Dir: filepath.Clean(dir), FS: os.DirFS(dir)})
	}
	catalog, problems := pack.Load(pack.Options{CheckSchedule: checkSchedule}, sources...)
	return catalog, append(unread, problems...)
}

// packDirs gives the folders of all added packs, as positions name them.
func packDirs(lists ...[]string) []string {
	var dirs []string
	for _, dir := range slices.Concat(lists...) {
		dirs = append(dirs, filepath.Clean(dir))
	}
	return dirs
}

func checkSchedule(expr string) error {
	_, err := plan.Parse(expr)
	return err
}

// configOptions are the checks of a configuration that others know how to do.
func configOptions() config.Options {
	return config.Options{CheckSchedule: checkSchedule, ReadFile: os.ReadFile}
}

// readConfig reads the operator's file.
func readConfig(path string) (*config.Config, loginwatch.Problems) {
	data, err := readFile(path)
	if err != nil {
		return nil, loginwatch.Problems{unreadable(path, err)}
	}
	return config.Parse(path, data)
}

// readFile reads a regular file: a pipe could keep us waiting for ever.
func readFile(path string) ([]byte, error) {
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

// unreadable is a problem of a file that has no place inside it.
func unreadable(path string, err error) loginwatch.Problem {
	return loginwatch.Problem{Pos: loginwatch.Pos{File: path}, Message: "can't be read: " + withoutPath(err).Error()}
}

// withoutPath takes the path out of an error of os, for whoever says it already.
func withoutPath(err error) error {
	if pathErr := (*os.PathError)(nil); errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// choose picks the contracts of the named vendors, all when none is named.
func choose(c *pack.Catalog, vendors []string) ([]*loginwatch.Contract, error) {
	if len(vendors) == 0 {
		return c.Contracts, nil
	}
	var chosen []*loginwatch.Contract
	for _, v := range vendors {
		i := slices.IndexFunc(c.Contracts, func(k *loginwatch.Contract) bool { return k.Vendor == v })
		if i < 0 {
			return nil, usage("unknown vendor %q: the packs have %s", v, vendorList(c.Contracts))
		}
		if !slices.Contains(chosen, c.Contracts[i]) {
			chosen = append(chosen, c.Contracts[i])
		}
	}
	return chosen, nil
}

func vendorList(contracts []*loginwatch.Contract) string {
	var names []string
	for _, c := range contracts {
		names = append(names, c.Vendor)
	}
	return strings.Join(names, ", ")
}

// problemsError shows problems with a closing count.
func problemsError(ps loginwatch.Problems) error {
	noun := "problems"
	if len(ps) == 1 {
		noun = "problem"
	}
	return ours(fmt.Errorf("%d %s\n%w", len(ps), noun, ps))
}
