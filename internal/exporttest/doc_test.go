// Package exporttest holds what we export against tools that nobody here wrote: Redocly
// lints it and runs its workflows against our simulators, and Prism answers from it to our
// verify. It has nothing but tests, and `make exports` brings what they need.
package exporttest
