// Package store remembers what was sent and decides what may be sent next:
// credential budgets, Retry-After and documented rate limits, behind
// [loginwatch.Ledger].
//
// The rules are written once, over an engine that keeps what they need to know; the
// behaviour is written down once as well, as the tests of package storetest, which
// the ledger passes over every engine. This package never sends anything and never
// sees a credential: it knows credentials by the names of the configuration and by
// digests that nobody can turn back.
package store
