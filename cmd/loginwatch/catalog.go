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
	Pack []string `help:"A folder with contracts/, schemas/ and probes/ of your own vendors; may be given again." placeholder:"DIR"`
}

// load reads the embedded pack, the flag's and the configuration's.
func (f packFlag) load(more ...string) (*pack.Catalog, loginwatch.Problems) {
	sources := []pack.Source{{FS: loginwatch.Embedded}}
	var unread loginwatch.Problems
	for _, dir := range append(slices.Clone(f.Pack), more...) {
		if _, err := os.ReadDir(dir); err != nil {
			unread = append(unread, unreadable(dir, err))
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
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, loginwatch.Problems{unreadable(path, err)}
	}
	return config.Parse(path, data)
}

// unreadable words an error of os, which repeats the path.
func unreadable(path string, err error) loginwatch.Problem {
	if pathErr := (*os.PathError)(nil); errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return loginwatch.Problem{Pos: loginwatch.Pos{File: path}, Message: "can't be read: " + err.Error()}
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
