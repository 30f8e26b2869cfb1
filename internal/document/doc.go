// Package document compares the text that a contract cites with a newer copy of
// it: which cited statements stand as they stood, which have moved, changed or gone,
// and which lines of the contract rest on those.
//
// What readers don't see makes no difference: white space, markup, the sort of
// quotation marks, marks at the ends of words, letter case of prose. The package opens no
// file and no connection. Documents are foreign: each is read within bounds of size,
// depth and work.
package document
