// Package history has the nouns of what was: entries, totals and incidents, and
// how a run is written down. It counts and packs, and knows no store: package store
// keeps what it makes, and package sla judges it.
//
// Nothing in it is a secret or a value that a vendor sent: runs have neither.
package history
