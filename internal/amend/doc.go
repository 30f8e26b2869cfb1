// Package amend says how a contract and its schemas have to be edited so that they say
// what a vendor answers by now. It changes no file: whoever keeps the contract applies
// the edit, once the vendor's document says so too.
package amend
