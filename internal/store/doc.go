// Package store remembers what was sent and decides what may be sent next: who has which
// slot, credential budgets, Retry-After, documented rate limits, quotas and open
// sessions, behind [loginwatch.Ledger]; and what came of it, as a [Past].
//
// The rules are written once, over an engine that keeps what they need to know: memory,
// an SQLite file or PostgreSQL. The behaviour is written down once as well, as the tests
// of package storetest, which the ledger passes over every engine. This package never
// sends anything. It knows credentials by the names of the configuration and by digests
// that nobody can turn back; the one secret that it is given is the next value of one
// that its vendor replaces ([loginwatch.Rotations]), which it keeps sealed.
package store
