// Package persist writes down what programs of several versions share, and reads it. What
// a version does not know of an object it keeps, and writes it back with the rest: so an
// older program beside a newer one takes nothing away from what that has written.
//
// It knows none of the objects. A struct takes part by a field
//
//	More persist.Members `json:",embed"`
//
// and whoever replaces such a struct by a new one takes that field along.
package persist

import (
	"maps"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// Members are those of an object that this version does not know; nil for none.
type Members = map[string]jsontext.Value

// Encode writes a value down as encoding/json does, with the members that nobody knows
// behind the others.
func Encode(v any) ([]byte, error) { return json.Marshal(v, jsonv1.DefaultOptionsV1()) }

// Decode reads what Encode, of this version or another one, has written.
func Decode(text []byte, into any) error {
	return json.Unmarshal(text, into, jsonv1.DefaultOptionsV1())
}

// Both gives the members of two copies of an object; of one that both have, the newer's.
func Both(older, newer Members) Members {
	if len(older) == 0 {
		return maps.Clone(newer)
	}
	all := maps.Clone(older)
	maps.Copy(all, newer)
	return all
}
