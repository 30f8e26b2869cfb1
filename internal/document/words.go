package document

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold makes alike what readers take for the same words: letter case, any white
// space, quotation marks and dashes of any sort, and what is not seen at all.
func Fold(s string) string { return lower(oneSpace(clean(s))) }

func oneSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

// lower keeps the number of bytes, so that a place in what it gives is one in the text.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if l := unicode.ToLower(r); utf8.RuneLen(l) == utf8.RuneLen(r) {
			return l
		}
		return r
	}, s)
}

// alike are the sorts of marks that word processors choose by themselves, and letters
// that are printed as one.
var alike = strings.NewReplacer(
	"“", `"`, "”", `"`, "„", `"`, "‟", `"`, "«", `"`, "»", `"`, "″", `"`,
	"‘", "'", "’", "'", "‚", "'", "‛", "'", "′", "'", "´", "'",
	"‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "―", "-", "−", "-",
	"…", "...", "ﬁ", "fi", "ﬂ", "fl", "ﬀ", "ff", "ﬃ", "ffi", "ﬄ", "ffl",
)

// clean leaves out what is not seen and what only escapes a mark, as in “client\_id”,
// and writes marks in one way.
func clean(s string) string {
	s = alike.Replace(norm.NFC.String(strings.ToValidUTF8(s, "\ufffd")))
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range s {
		switch {
		case r == '\\':
			if next, _ := utf8.DecodeRuneInString(s[i+1:]); next < utf8.RuneSelf && (unicode.IsPunct(next) || unicode.IsSymbol(next)) && next != '\\' {
				continue
			}
			b.WriteRune(r)
		case r == '\u00ad', unicode.Is(unicode.Cf, r): // soft hyphens, zero-width characters, marks of direction
		case unicode.IsControl(r) && !unicode.IsSpace(r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// word is what is compared: letters and digits, or a mark that means something. Other
// marks only join words, or are left out.
type word struct {
	text       string // as it is written
	key        string // equal for words that are the same to a reader
	joint      string // the marks between it and the word before, when nothing else is there
	start, end int    // in the text, in bytes
	unit       int    // of which it is part
	exact      bool   // letter case counts: an identifier, or a value of JSON
	apart      bool   // white space, or the start of a unit, stands before it
}

// meaningful are marks that make another statement when they come or go.
const meaningful = "{}[]<>=&%$+@/"

// scanner takes one unit's text apart.
type scanner struct {
	text   []rune
	at     int
	joint  strings.Builder
	apart  bool
	before [2]rune // the last two marks or letters, white space left out
}

// words takes a text apart that is clean and has one space for any white space. offset
// is where it stands in the whole.
func words(cleaned string, offset, unit int) []word {
	s := scanner{text: []rune(cleaned), apart: true}
	var found []word
	for s.at < len(s.text) {
		r := s.text[s.at]
		begin := s.at
		switch {
		case r == ' ':
			s.at++
			s.joint.Reset()
			s.apart = true
			offset++
			continue
		case inWord(r), r == '-' && s.sign():
			found = append(found, s.word(unit))
		case strings.ContainsRune(meaningful, r):
			s.at++
			found = append(found, word{text: string(r), key: string(r), unit: unit, apart: s.apart})
			s.joint.Reset()
			s.apart = false
		default:
			s.at++
			if !s.apart {
				s.joint.WriteRune(r)
			}
		}
		size := len(string(s.text[begin:s.at]))
		if n := len(found); n > 0 && found[n-1].end == 0 {
			found[n-1].start, found[n-1].end = offset, offset+size
		}
		offset += size
		s.before = [2]rune{s.before[1], s.text[s.at-1]}
	}
	return found
}

func inWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || unicode.IsNumber(r)
}

// sign tells whether the dash here belongs to a number: 5 and -5 are not the same.
func (s *scanner) sign() bool {
	return s.at+1 < len(s.text) && unicode.IsDigit(s.text[s.at+1]) && (s.apart || s.before[1] == '"') && s.joint.Len() == 0
}

// word reads a word: letters and digits, with the apostrophe inside, or a number with
// its point and commas.
func (s *scanner) word(unit int) word {
	begin := s.at
	number := true
	for s.at++; s.at < len(s.text); s.at++ {
		r, last := s.text[s.at], s.text[s.at-1]
		number = number && (unicode.IsDigit(last) || strings.ContainsRune(".,-", last))
		next := ' '
		if s.at+1 < len(s.text) {
			next = s.text[s.at+1]
		}
		inside := r == '\'' && unicode.IsLetter(last) && unicode.IsLetter(next) ||
			(r == '.' || r == ',') && number && unicode.IsDigit(last) && unicode.IsDigit(next)
		if !inWord(r) && !inside {
			break
		}
	}
	w := word{text: string(s.text[begin:s.at]), unit: unit, joint: jointOf(s.joint.String()), apart: s.apart}
	w.key = keyOf(w.text)
	if quoted := s.before[1] == '"' && s.at < len(s.text) && s.text[s.at] == '"'; quoted && isLiteral(w.key) {
		w.key = `"` + w.key + `"` // a text and not the number: another type
	}
	inJSON := s.before[1] == '"' && strings.ContainsRune(":{[,", s.before[0])
	w.exact = inJSON || camel(w.text)
	s.joint.Reset()
	s.apart = false
	return w
}

// jointOf keeps the marks that join words to a name, such as X-Nonce or a host's name.
func jointOf(marks string) string {
	switch marks {
	case "-", ".", ":", "--", "::":
		return marks
	}
	return ""
}

// keyOf is a word without letter case, and a number without the commas of its thousands.
func keyOf(text string) string {
	key := lower(text)
	parts := strings.Split(key, ",")
	for i, p := range parts {
		if len(parts) == 1 || i == 0 && len(p) > 3 || i > 0 && len(strings.SplitN(p, ".", 2)[0]) != 3 || p == "" {
			return key
		}
	}
	return strings.Join(parts, "")
}

func isLiteral(key string) bool {
	if key == "true" || key == "false" || key == "null" {
		return true
	}
	return key != "" && strings.Trim(key, "0123456789.-") == ""
}

// camel tells whether letter case makes words in it, as in deviceID.
func camel(text string) bool {
	lower := false
	for _, r := range text {
		if lower && unicode.IsUpper(r) {
			return true
		}
		lower = lower || unicode.IsLower(r)
	}
	return false
}

// wordAt gives the first word that ends after an offset of the folded text.
func wordAt(ws []word, offset int) int {
	i, _ := slices.BinarySearchFunc(ws, offset, func(w word, at int) int {
		if w.end > at {
			return 1
		}
		return -1
	})
	return i
}
