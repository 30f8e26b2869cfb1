// Package loginwatch holds the nouns of the project and the embedded first
// pack: contracts, probes, targets, exchanges, findings and verdicts.
//
// Everything else is an adapter under internal/ that speaks in these nouns and
// does not know its neighbours; cmd/loginwatch wires them. This package imports
// the standard library alone, reads no file but the embedded ones, opens no
// connection and never prints.
package loginwatch
