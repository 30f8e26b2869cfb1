package exporter

import (
	"maps"
	"slices"
)

// Sorted makes a JSON value one whose members have an order: that of their names.
func Sorted(value any) any {
	switch v := value.(type) {
	case map[string]any:
		m := make(Map, 0, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			m = append(m, Member{key, Sorted(v[key])})
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = Sorted(item)
		}
		return list
	}
	return value
}
