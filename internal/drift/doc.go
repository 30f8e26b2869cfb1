// Package drift learns from runs what each answer of a vendor's really looks like, and
// tells the first time that it looks otherwise: a field, header or cookie that is there
// no more or anew, under another name or of another type or form, another status, another
// lifetime of tokens, another issuer of certificates. It knows which places an answer has
// and of what type and form the values there are, never a value.
//
// It has no clock: time is that of the runs. How it decides is in docs/drift.md.
package drift
