package evidence

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// piecesOf gives every piece that a text tells, as it is and as what it may be decoded to.
// The text is made into pieces and not the secrets, since it is the same in each run, and a token is not.
func (l *Looked) piecesOf(text string) *pieces {
	if l != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		if known, is := l.pieces[text]; is {
			return known
		}
	}
	all := &pieces{of: map[uint64]struct{}{}}
	for _, t := range append(decoded(text), text) {
		eachWay(t, func(p string) bool { all.add(p); return true })
	}
	if l != nil {
		if l.kept += len(all.of); l.pieces == nil || l.kept > mostPieces {
			l.pieces, l.kept = map[string]*pieces{}, len(all.of)
		}
		l.pieces[text] = all
	}
	return all
}

// mostPieces is how many are remembered: some megabytes.
const mostPieces = 1 << 18

// pieces are those of a text, which have eight bytes each. Most of what is asked for is in
// none, which one bit tells.
type pieces struct {
	of   map[uint64]struct{}
	bits [1 << 8]uint64
}

func (p *pieces) add(piece string) {
	key, word, bit := slot(piece)
	p.of[key] = struct{}{}
	p.bits[word] |= bit
}

func (p *pieces) has(piece string) bool {
	key, word, bit := slot(piece)
	if p.bits[word]&bit == 0 {
		return false
	}
	_, is := p.of[key]
	return is
}

func slot(piece string) (key, word, bit uint64) {
	key = binary.LittleEndian.Uint64([]byte(piece))
	at := key * 0x9e3779b97f4a7c15 >> 50
	return key, at >> 6, 1 << (at & 63)
}

// holdOne tells whether one of the pieces is of the secret.
func (p *pieces) holdOne(secret string) bool {
	return !eachWay(secret, func(text string) bool { return !p.has(text) })
}

// eachWay gives the pieces of a text in lower case, with what stands between its letters and
// digits and without.
func eachWay(text string, yield func(string) bool) (all bool) {
	lower := strings.ToLower(text)
	for i := 0; i+piece <= len(lower); i++ {
		if !yield(lower[i : i+piece]) {
			return false
		}
	}
	return !strings.ContainsFunc(text, isBetween) || eachPiece(text, yield)
}

func isBetween(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// encodedRun is what an encoding of a piece could be.
var encodedRun = regexp.MustCompile(`[A-Za-z0-9+/_-]{10,}`)

// decoded gives what a text may be an encoding of: names of certificates are escaped by
// backslashes (RFC 4514, 2.4), the others are those of a secret.
func decoded(text string) []string {
	bare := strings.ReplaceAll(text, `\`, "")
	all := []string{bare}
	if plain, err := url.PathUnescape(bare); err == nil && plain != bare {
		all = append(all, plain)
	}
	for _, run := range encodedRun.FindAllString(bare, -1) {
		std := strings.NewReplacer("-", "+", "_", "/").Replace(run)
		for at := range min(8, len(run)) { // whatever stands before it
			all = append(all, decodedBy(std[at:], 4, base64.RawStdEncoding.DecodeString),
				decodedBy(strings.ToUpper(run[at:]), 8, base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString),
				decodedBy(run[at:], 2, hex.DecodeString))
		}
	}
	return all
}

// decodedBy decodes as much of a text as can be, in whole groups of characters.
func decodedBy(text string, group int, decode func(string) ([]byte, error)) string {
	for end := len(text) / group * group; end > 0; end -= group {
		if plain, err := decode(text[:end]); err == nil {
			return string(plain)
		}
	}
	return ""
}
