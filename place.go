package loginwatch

import "strings"

// Place says where a value stands in an answer: "header:NAME", "cookie:NAME",
// "text" for the whole body as it is, or an RFC 6901 JSON Pointer into the decoded
// body. The empty place is the whole decoded body.
type Place string

// The places that are no pointers.
const (
	PlaceText   Place  = "text"
	placeHeader string = "header:"
	placeCookie string = "cookie:"
)

// Pointer is the place as an RFC 6901 JSON Pointer into the decoded body; of one
// elsewhere it is no pointer, and no document has anything there.
func (p Place) Pointer() string { return string(p) }

// InDocument tells whether the place is one in the decoded body.
func (p Place) InDocument() bool { return p == "" || strings.HasPrefix(string(p), "/") }

// Header gives the name of the header that the place is.
func (p Place) Header() (name string, ok bool) { return strings.CutPrefix(string(p), placeHeader) }

// Cookie gives the name of the cookie that the place is.
func (p Place) Cookie() (name string, ok bool) { return strings.CutPrefix(string(p), placeCookie) }
