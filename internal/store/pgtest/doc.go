// Package pgtest starts real PostgreSQL servers for tests: Debian's, with a synchronous
// standby, in a temporary folder, on Unix sockets alone. It is for tests, and
// `make setup` brings what it needs.
package pgtest
