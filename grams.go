package loginwatch

import (
	"math/bits"
	"slices"
	"strings"
	"sync"
)

// grams finds pieces of [telling] characters that a text has in common with many others,
// which may be long: looking each piece up in all of them would take as long as they are.
type grams struct {
	of    []string
	once  sync.Once
	words []uint64 // a Bloom filter of the pieces of all: two bits for each
	shift uint
}

// bitsEach makes one piece in seventy look as if it were there.
const bitsEach = 16

// build is put off until somebody asks: most answers hold no name that is doubted.
func (g *grams) build() {
	total := 64
	for _, text := range g.of {
		total += len(text) * bitsEach
	}
	size := bits.Len(uint(total)) // of a power of two that is no smaller
	g.shift = uint(64 - size)
	g.words = make([]uint64, 1<<size/64)
	for _, text := range g.of {
		eachGram(text, func(_ int, gram uint64) bool {
			for _, bit := range g.places(gram) {
				g.words[bit/64] |= 1 << (bit % 64)
			}
			return true
		})
	}
}

// places are two bits of a piece.
func (g *grams) places(gram uint64) [2]uint64 {
	return [2]uint64{gram * 0x9e3779b97f4a7c15 >> g.shift, gram * 0xc2b2ae3d27d4eb4f >> g.shift}
}

// eachGram gives each piece of a text as a number, and where it begins, until yield says
// that it has enough.
func eachGram(text string, yield func(at int, gram uint64) bool) {
	const mask = 1<<(8*telling) - 1
	gram := uint64(0)
	for i := range len(text) {
		gram = (gram<<8 | uint64(text[i])) & mask
		if at := i + 1 - telling; at >= 0 && !yield(at, gram) {
			return
		}
	}
}

// among tells whether a piece of the text is one of the others; none is without any.
func (g *grams) among(text string) (found bool) {
	if g == nil || len(g.of) == 0 {
		return false
	}
	g.once.Do(g.build)
	eachGram(text, func(at int, gram uint64) bool {
		for _, bit := range g.places(gram) {
			if g.words[bit/64]&(1<<(bit%64)) == 0 {
				return true
			}
		}
		found = slices.ContainsFunc(g.of, func(other string) bool { return strings.Contains(other, text[at:at+telling]) })
		return !found
	})
	return found
}
