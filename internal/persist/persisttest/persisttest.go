// Package persisttest holds that what is written down keeps what it does not know. It is
// for the tests of those who write it.
package persisttest

import (
	"reflect"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch/internal/persist"
)

// Without gives the structs below a type, and itself, that drop what they do not know.
func Without(t reflect.Type) []string { return without(t, map[reflect.Type]bool{}) }

func without(t reflect.Type, seen map[reflect.Type]bool) (found []string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return without(t.Elem(), seen)
	case reflect.Struct:
	default:
		return nil
	}
	if t == reflect.TypeFor[time.Time]() || seen[t] {
		return nil
	}
	seen[t] = true
	keeps := false
	for _, f := range reflect.VisibleFields(t) {
		switch {
		case f.Type == reflect.TypeFor[persist.Members]() && strings.Contains(string(f.Tag), `json:",embed"`):
			keeps = true
		case f.IsExported() && !f.Anonymous: // what is embedded is a part of the object
			found = append(found, without(f.Type, seen)...)
		}
	}
	if !keeps {
		found = append(found, t.String())
	}
	return found
}
