package config

import (
	"maps"
	"slices"
	"strings"
)

// commonSecrets gives for each target those of its references that all targets
// have which log in as the same user: targets of one vendor whose references
// agree in every secret that both have, which is one at least.
//
// Targets with secrets of the same names are compared at once and not one by one:
// there may be ten thousand of them, and few ways to name secrets.
func commonSecrets(targets []*target) []map[string]reference {
	common := make([]map[string]reference, len(targets))
	vendors := map[string]map[string][]int{} // the targets' indices, by vendor and names
	for i, t := range targets {
		common[i] = maps.Clone(t.secrets.of)
		vendor := t.file.Vendor.Value
		if vendors[vendor] == nil {
			vendors[vendor] = map[string][]int{}
		}
		names := strings.Join(slices.Sorted(maps.Keys(t.secrets.of)), "\x00")
		vendors[vendor][names] = append(vendors[vendor][names], i)
	}
	for _, byNames := range vendors {
		for _, mine := range byNames {
			for _, theirs := range byNames {
				keepShared(common, targets, mine, theirs)
			}
		}
	}
	return common
}

// keepShared takes out of what is common to each of mine what no target of theirs
// has that logs in as the same user. The secrets of mine have the same names, and
// so have those of theirs.
func keepShared(common []map[string]reference, targets []*target, mine, theirs []int) {
	var both []string
	for name := range targets[mine[0]].secrets.of {
		if _, has := targets[theirs[0]].secrets.of[name]; has {
			both = append(both, name)
		}
	}
	if len(both) == 0 || len(both) == len(targets[mine[0]].secrets.of) {
		return // nobody has less
	}
	users := map[string]bool{}
	for _, i := range theirs {
		users[targets[i].user(both)] = true
	}
	for _, i := range mine {
		if users[targets[i].user(both)] {
			maps.DeleteFunc(common[i], func(name string, _ reference) bool { return !slices.Contains(both, name) })
		}
	}
}

// user is the references of the named secrets, so that two are equal when all of
// them are.
func (t *target) user(names []string) string {
	var refs strings.Builder
	for _, name := range names {
		refs.WriteString(name + "=" + t.secrets.of[name].String() + "\x00") // in neither
	}
	return refs.String()
}
