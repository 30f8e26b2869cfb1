package loginwatch

import "strings"

// Place says where a value stands in an answer: "header:NAME", "cookie:NAME",
// "text" for the whole body as it is, or an RFC 6901 JSON Pointer into the decoded
// body. The empty place is the whole decoded body.
type Place string

// PlaceText is the whole body, as it is.
const PlaceText Place = "text"

const (
	placeHeader = "header:"
	placeCookie = "cookie:"
)

// HeaderPlace is the place of a header.
func HeaderPlace(name string) Place { return Place(placeHeader + name) }

// CookiePlace is the place of a cookie.
func CookiePlace(name string) Place { return Place(placeCookie + name) }

// String is the place as it is written: of one in the decoded body its JSON Pointer.
func (p Place) String() string { return string(p) }

// InDocument tells whether the place is one in the decoded body.
func (p Place) InDocument() bool { return p == "" || strings.HasPrefix(string(p), "/") }

// Header gives the name of the header that the place is.
func (p Place) Header() (name string, ok bool) { return strings.CutPrefix(string(p), placeHeader) }

// Cookie gives the name of the cookie that the place is.
func (p Place) Cookie() (name string, ok bool) { return strings.CutPrefix(string(p), placeCookie) }
