package guard

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	nameLimit    = 64  // characters of a name that a pointer shows
	pointerLimit = 512 // bytes of a pointer
)

var escaper = strings.NewReplacer("~", "~0", "/", "~1") // RFC 6901, section 3

// within puts the name of the enclosing member in front of the pointer of a
// refusal that has one; the refusal passes through it on its way out.
func (r *Refusal) within(name []byte) *Refusal {
	if r.Cause.located() {
		r.Pointer = "/" + escaper.Replace(shown(name)) + r.Pointer
	}
	return r
}

func (r *Refusal) withinIndex(i int) *Refusal {
	if r.Cause.located() {
		r.Pointer = "/" + strconv.Itoa(i) + r.Pointer
	}
	return r
}

// shown is a name fit to be shown. It is never cut: half of a secret is still
// half of a secret, and nobody would find it.
func shown(name []byte) string {
	n := utf8.RuneCount(name)
	if n <= nameLimit && bytes.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return string(name)
	}
	return fmt.Sprintf("(name of %d characters)", n)
}

// shorten drops the pointer's last tokens while it is too long.
func (r *Refusal) shorten() {
	for len(r.Pointer) > pointerLimit {
		r.Pointer = r.Pointer[:strings.LastIndexByte(r.Pointer, '/')]
	}
}
