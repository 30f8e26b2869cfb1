// Package native is the way to Pact's own verifier, libpact_ffi: it links the
// library that `make pact-setup` fetched, so that no environment variable and
// no installation is needed, and hands pacts to it.
//
// All but this page is built with the tag "pact" alone: the program never needs
// cgo or the library. It knows no contract, opens no connection by itself, sends
// nothing about its use to anybody and prints nothing.
package native
