// Package tree reads decoded documents, whatever they were written in: maps,
// lists and scalars. It finds values by RFC 6901 JSON Pointers and tells types
// apart. It decodes nothing itself and changes nothing.
package tree
