// Package looks has what all pages of the house look alike by.
package looks

import _ "embed" // the colours

//go:embed palette.css
var palette string

// Palette is a style sheet that names the colours, for light and for dark.
func Palette() string { return palette }
