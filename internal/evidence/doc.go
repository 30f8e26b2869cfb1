// Package evidence makes of an exchange what may stay of it: which places its request
// and answer had and of what type, form and length the values there were. It reads the
// answer as it was decoded once, is pure, and lets no value through; a name that the
// vendor chose only where it can't hold one.
package evidence
