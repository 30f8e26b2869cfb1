// Package openapi writes a contract as an OpenAPI 3.1 document: what is documented, and
// what the contract rules where the document contradicts itself.
//
// OpenAPI tells answers apart by their status alone, and has one operation for a path and
// method. What the contract says beyond that stands in descriptions, for people, and in
// x-loginwatch-* members, from which a contract can be made again without the loss of an
// outcome.
package openapi
