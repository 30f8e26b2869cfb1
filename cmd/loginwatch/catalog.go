package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/plan"
)

// packFlag is shared by every verb that reads contracts.
type packFlag struct {
	Pack []string `help:"A folder with contracts/, schemas/ and probes/ of your own vendors; may be given again." type:"existingdir" placeholder:"DIR"`
}

// load reads the embedded pack, the flag's and the configuration's.
func (f packFlag) load(more ...string) (*pack.Catalog, loginwatch.Problems) {
	sources := []pack.Source{{FS: loginwatch.Embedded}}
	for _, dir := range append(slices.Clone(f.Pack), more...) {
		sources = append(sources, pack.Source{Dir: dir, FS: os.DirFS(dir)})
	}
	return pack.Load(pack.Options{CheckSchedule: checkSchedule}, sources...)
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
		return nil, loginwatch.Problems{{Pos: loginwatch.Pos{File: path}, Message: "can't be read: " + unwrapPath(err)}}
	}
	return config.Parse(path, data)
}

// unwrapPath drops the path that os puts before its errors.
func unwrapPath(err error) string {
	if pathErr := (*os.PathError)(nil); errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
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
