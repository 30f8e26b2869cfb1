package drift

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch/internal/persist"
)

// values are what stood at a place, by type or form. There are few of them, mostly one, at
// many thousand places: a map of them would take three times the memory.
type values []named

// named is a value with its name.
type named struct {
	Name string
	*value
}

// of gives the value of a name; nil for none.
func (vs values) of(name string) *value {
	for _, v := range vs {
		if v.Name == name {
			return v.value
		}
	}
	return nil
}

// put adds a value.
func (vs *values) put(name string, v *value) { *vs = append(*vs, named{name, v}) }

// drop removes the value of a name.
func (vs *values) drop(name string) {
	*vs = slices.DeleteFunc(*vs, func(v named) bool { return v.Name == name })
}

// MarshalJSON implements [json.Marshaler]: an object by names.
func (vs values) MarshalJSON() ([]byte, error) {
	byName := make(map[string]*value, len(vs))
	for _, v := range vs {
		byName[v.Name] = v.value
	}
	return persist.Encode(byName)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (vs *values) UnmarshalJSON(text []byte) error {
	var byName map[string]*value
	if err := persist.Decode(text, &byName); err != nil {
		return err
	}
	all := make(values, 0, len(byName))
	for name, v := range byName {
		all.put(name, v)
	}
	slices.SortFunc(all, func(a, b named) int { return strings.Compare(a.Name, b.Name) })
	*vs = all
	return nil
}
