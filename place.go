package loginwatch

// Place says where a value stands in an answer. It is an RFC 6901 JSON Pointer
// into the decoded body; the empty place is the whole body.
type Place string

// Pointer is the place as an RFC 6901 JSON Pointer into the body.
func (p Place) Pointer() string { return string(p) }
