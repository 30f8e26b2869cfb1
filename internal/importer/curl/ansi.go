package curl

import (
	"regexp"
	"strconv"
	"unicode/utf8"
)

// ansiCode is a character by its number (Bash Reference Manual, 3.1.2.4 "ANSI-C Quoting").
var ansiCode = regexp.MustCompile(`^\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8}))`)

var ansiLetter = map[byte]string{
	'a': "\a", 'b': "\b", 'e': "\x1b", 'E': "\x1b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
	'\\': `\`, '\'': "'", '"': `"`, '?': "?",
}

// ansi reads $'…' behind its opening.
func (s *scanner) ansi(b *builder) error {
	line := s.line
	for !s.end() {
		if s.takes("'") {
			return nil
		}
		if !s.sees(`\`) || s.at+1 >= len(s.text) {
			b.plain(string([]byte{s.next()}))
			continue
		}
		if found := s.matches(ansiCode); found != nil {
			code, ok := character(found)
			if !ok {
				return failed(s.line, "a number in $'…' stands for no character that can be sent")
			}
			b.plain(code)
			continue
		}
		s.at++
		c := s.next()
		switch letter, known := ansiLetter[c]; {
		case known:
			b.plain(letter)
		case c == 'c' && !s.end():
			b.plain(string([]byte{s.next() & 0x1f}))
		default:
			b.plain(string([]byte{'\\', c}))
		}
	}
	return failed(line, "a $' is opened and not closed")
}

// character is the byte or the character of a number. A zero ends the word in bash.
func character(found []string) (string, bool) {
	for i, base := range []int{8, 16} {
		if digits := found[i+1]; digits != "" {
			code, err := strconv.ParseUint(digits, base, 16)
			return string([]byte{byte(code)}), err == nil && byte(code) != 0
		}
	}
	code, err := strconv.ParseUint(found[3]+found[4], 16, 32)
	return string(rune(code)), err == nil && code != 0 && code <= utf8.MaxRune && utf8.ValidRune(rune(code))
}
