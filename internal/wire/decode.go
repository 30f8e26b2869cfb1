package wire

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// Passes tells whether what stands at a field's place passes its test. Scalars
// are compared as text, so that 200 and "200" are the same: whether the type is
// right is for a schema to say.
func Passes(w loginwatch.Field, value any, found bool) bool {
	there := found && value != nil
	text, scalar := tree.ScalarText(value)
	switch w.Test {
	case loginwatch.TestPresent:
		return there
	case loginwatch.TestAbsent:
		return !there
	case loginwatch.TestPrefix:
		return there && scalar && strings.HasPrefix(text, w.Value)
	}
	return found && scalar && text == w.Value
}

// TakesType tells whether an outcome may come under a media type, "" for none. One
// of plain JSON takes the whole family: a consumer that reads JSON reads
// "application/problem+json" as well.
func TakesType(o *loginwatch.Outcome, mediaType string) bool {
	return slices.Contains(o.ContentTypes, mediaType) ||
		o.Body == loginwatch.BodyJSON && slices.Contains(o.ContentTypes, "application/json") && isJSON(mediaType)
}
