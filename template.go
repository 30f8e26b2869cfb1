package loginwatch

import (
	"regexp"
	"slices"
)

// placeholder is ${name}: the alphabet of the names of secrets and variables.
var placeholder = regexp.MustCompile(`\$\{([a-z][a-z0-9_]*)\}`)

// Placeholders gives the names in the ${name} placeholders of a template, each
// once, in the order of their first use. A name begins with a lower-case letter
// and goes on with those, digits and underscores; anything else is plain text.
func Placeholders(template string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(template, -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

// ExpandPlaceholders puts value(name) in the place of every ${name}. What value
// gives is not looked at again, so no secret can bring in a placeholder.
func ExpandPlaceholders(template string, value func(name string) string) string {
	return placeholder.ReplaceAllStringFunc(template, func(p string) string { return value(p[2 : len(p)-1]) })
}
