// Package pact says the contracts in the form that contract testing speaks: it
// derives one Pact interaction from every case that Pact can express, and holds
// a target against the interactions with Pact's own verifier.
//
// It knows no vendor. No interaction carries a credential: what stands in one
// is made up from the names of the secrets. What the verifier says of an answer
// is told without any value of it, because answers carry tokens.
//
// Most of it is built with the tag "pact" alone, since it needs cgo and the
// native library that `make pact-setup` fetches. The program never imports it.
package pact
