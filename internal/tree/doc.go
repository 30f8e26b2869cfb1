// Package tree reads decoded documents, whatever they were written in: maps,
// lists and scalars. It finds values by RFC 6901 JSON Pointers and tells types
// apart, among them the date-times of RFC 3339. It decodes nothing itself and changes nothing.
package tree
