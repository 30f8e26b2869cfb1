// Package wire is the codec between an answer's bytes and a document: it undoes
// the content coding, reads the media type, lets guard look first and decodes
// once. It knows no contract and judges nothing; what an answer means is for
// others to say.
package wire
