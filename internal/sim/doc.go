// Package sim serves any contract as a live HTTP API, from the contract's data
// alone: the right request gets the documented success with fresh values, and
// every mistake that the document describes gets its documented answer. Faults
// break an API on demand, so that a team can see what its monitoring does.
//
// What the document does not describe is never invented: such a request gets a
// bare status without a body, marked with [MarkHeader]; only GET of a root that is
// no operation lists what is served, for people.
//
// The package knows no vendor. It never listens or dials by itself, never logs
// anything that was sent, not even a path, and keeps a bounded amount of memory
// whatever is sent to it.
package sim
