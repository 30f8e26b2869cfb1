// Package schema compiles and applies our draft-07 JSON Schemas, and says what
// a schema states of a field: its type, its citation and where it stands.
//
// It is the only importer of gojsonschema and keeps that library's traps
// inside: no reference leaves the file, no unknown keyword or format is passed
// over, a fault of the validator is an error and never a pass. It never prints,
// opens no file and no connection, and no text that it gives contains a value
// of the document; only names of undocumented members do, as pointers.
package schema
