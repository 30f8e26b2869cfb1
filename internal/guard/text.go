package guard

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a string that starts at the current place, quotes included.
func (s *scanner) text() (escaped bool, r *Refusal) {
	s.at++
	for {
		s.plain()
		if s.at >= len(s.in) {
			return escaped, s.refuse(Truncated)
		}
		switch c := s.in[s.at]; {
		case c == '"':
			s.at++
			return escaped, nil
		case c == '\\':
			escaped = true
			if r := s.escape(); r != nil {
				return escaped, r
			}
		case c < ' ':
			return escaped, s.refuse(Syntax)
		default:
			rest := s.in[s.at:]
			_, size := utf8.DecodeRune(rest)
			if size == 1 && !utf8.FullRune(rest) {
				return escaped, s.refuse(Truncated)
			}
			if size == 1 {
				return escaped, s.refuse(Encoding)
			}
			s.at += size
		}
	}
}

// plain moves to the next byte that needs a look: a quote, a backslash, a
// control character, or one beyond ASCII. A token is one long string, so eight
// bytes are taken at a time: each term below sets the top bit of a byte that
// needs a look, and the lowest such bit is always a true one.
func (s *scanner) plain() {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	in, i := s.in, s.at
	for ; i+8 <= len(in); i += 8 {
		w := binary.LittleEndian.Uint64(in[i:])
		quote, slash := w^ones*'"', w^ones*'\\'
		look := (w | (w-ones*' ')&^w | (quote-ones)&^quote | (slash-ones)&^slash) & tops
		if look != 0 {
			s.at = i + bits.TrailingZeros64(look)/8
			return
		}
	}
	for i < len(in) && in[i] >= ' ' && in[i] < utf8.RuneSelf && in[i] != '"' && in[i] != '\\' {
		i++
	}
	s.at = i
}

// escape reads a backslash and what belongs to it. Both halves of a surrogate
// pair belong together; one alone stands for no character, and parsers differ
// in what they make of it.
func (s *scanner) escape() *Refusal {
	if s.at+1 >= len(s.in) {
		s.at = len(s.in)
		return s.refuse(Truncated)
	}
	switch s.in[s.at+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at += 2
		return nil
	case 'u':
	default:
		return s.refuse(Syntax)
	}
	start := s.at
	first, r := s.unit()
	if r != nil || !utf16.IsSurrogate(first) {
		return r
	}
	another := s.at >= len(s.in) || s.in[s.at] == '\\' && (s.at+1 >= len(s.in) || s.in[s.at+1] == 'u')
	if another {
		second, r := s.unit()
		if r != nil || utf16.DecodeRune(first, second) != utf8.RuneError {
			return r
		}
	}
	return &Refusal{Cause: Encoding, Offset: start}
}

// unit reads \uXXXX; the caller has seen as much of \u as there is.
func (s *scanner) unit() (rune, *Refusal) {
	var u rune
	for i := 2; i < 6; i++ {
		if s.at+i >= len(s.in) {
			s.at = len(s.in)
			return 0, s.refuse(Truncated)
		}
		c := s.in[s.at+i]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = (c | 0x20) - 'a' + 10
		default:
			return 0, s.refuse(Syntax)
		}
		u = u<<4 | rune(c)
	}
	s.at += 6
	return u, nil
}

// unescape appends the characters of a string that text has accepted, given
// without its quotes.
func unescape(out, in []byte) []byte {
	s := scanner{in: in}
	for s.at < len(in) {
		c := in[s.at]
		if c != '\\' {
			out = append(out, c)
			s.at++
			continue
		}
		c = in[s.at+1]
		if c == 'u' {
			u, _ := s.unit()
			if utf16.IsSurrogate(u) {
				second, _ := s.unit()
				u = utf16.DecodeRune(u, second)
			}
			out = utf8.AppendRune(out, u)
			continue
		}
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		}
		out = append(out, c)
		s.at += 2
	}
	return out
}
