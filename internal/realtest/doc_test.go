// Package realtest holds what we say of logins against login servers that nobody
// here wrote: each is started as its makers ship it, and verify must be as content
// with it as with our own simulator of the same contract. It has nothing but tests,
// and `make real` brings what they need.
package realtest
