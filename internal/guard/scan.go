package guard

import (
	"bytes"
	"unicode/utf8"
)

const (
	// manyMembers is the size from which on an object's names are kept in a
	// map: below it comparing each name with those before it is faster and
	// needs no memory; above it the square of the number would let 256 KB hold
	// a core.
	manyMembers = 16
	// usualNames is room for the names of the objects open at once in an
	// ordinary answer, so that checking one allocates once.
	usualNames = 32
)

// scanner walks the input once. It recurses, bounded by limits.Depth.
type scanner struct {
	in        []byte
	at        int
	depth     int
	tokens    int
	limits    Limits
	names     []span // member names of all open objects, the innermost's last
	unescaped []byte // the names that were written with escapes, without them
}

// span is a piece of the input, or behind its end of scanner.unescaped. Offsets
// instead of slices leave the garbage collector nothing to follow.
type span struct{ from, to int }

// object is an open object.
type object struct {
	first int                 // of its names
	many  map[string]struct{} // all its names, once there are manyMembers
}

func (s *scanner) refuse(c Cause) *Refusal { return &Refusal{Cause: c, Offset: s.at} }

// refuseByte is the refusal of what stands at the current place where the
// grammar wants something else.
func (s *scanner) refuseByte() *Refusal {
	if s.at >= len(s.in) {
		return s.refuse(Truncated)
	}
	rest := s.in[s.at:]
	if rest[0] < utf8.RuneSelf {
		return s.refuse(Syntax)
	}
	if !utf8.FullRune(rest) {
		return s.refuse(Truncated)
	}
	// U+FEFF is the byte order mark that RFC 8259, section 8.1 forbids.
	if r, size := utf8.DecodeRune(rest); r == '\ufeff' || r == utf8.RuneError && size == 1 {
		return s.refuse(Encoding)
	}
	return s.refuse(Syntax)
}

func (s *scanner) space() {
	for s.at < len(s.in) {
		switch s.in[s.at] {
		case ' ', '\n', '\t', '\r':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) document() *Refusal {
	s.space()
	if s.at == len(s.in) {
		return s.refuse(Empty)
	}
	if r := s.value(); r != nil {
		return r
	}
	s.space()
	if s.at < len(s.in) {
		return s.refuse(Trailing)
	}
	return nil
}

// value reads one value that starts at the current place.
func (s *scanner) value() *Refusal {
	if s.at >= len(s.in) {
		return s.refuse(Truncated)
	}
	if r := s.count(); r != nil {
		return r
	}
	switch c := s.in[s.at]; c {
	case '"':
		_, r := s.text()
		return r
	case '{', '[':
		if s.depth == s.limits.Depth {
			return s.refuse(TooDeep)
		}
		s.depth++
		var r *Refusal
		if c == '{' {
			r = s.object()
		} else {
			r = s.array()
		}
		s.depth--
		return r
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return s.number()
	}
	return s.refuseByte()
}

func (s *scanner) count() *Refusal {
	if s.tokens == s.limits.Tokens {
		return s.refuse(TooManyTokens)
	}
	s.tokens++
	return nil
}

func (s *scanner) object() *Refusal {
	o := object{first: len(s.names)}
	s.at++
	s.space()
	if s.at < len(s.in) && s.in[s.at] == '}' {
		s.at++
		return nil
	}
	for open := true; open; {
		name, r := s.name(&o)
		if r != nil {
			return r
		}
		if r = s.value(); r != nil {
			return r.within(s.spelt(name))
		}
		if open, r = s.more('}'); r != nil {
			return r
		}
	}
	s.names = s.names[:o.first]
	return nil
}

// name reads a member's name and its colon, up to the value.
func (s *scanner) name(o *object) (span, *Refusal) {
	start := s.at
	if start >= len(s.in) || s.in[start] != '"' {
		return span{}, s.refuseByte()
	}
	if r := s.count(); r != nil {
		return span{}, r
	}
	escaped, r := s.text()
	if r != nil {
		return span{}, r
	}
	name := span{start + 1, s.at - 1}
	if escaped {
		from := len(s.in) + len(s.unescaped)
		s.unescaped = unescape(s.unescaped, s.in[name.from:name.to])
		name = span{from, len(s.in) + len(s.unescaped)}
	}
	if s.taken(o, name) {
		return span{}, (&Refusal{Cause: DuplicateKey, Offset: start}).within(s.spelt(name))
	}
	s.space()
	if s.at >= len(s.in) || s.in[s.at] != ':' {
		return span{}, s.refuseByte()
	}
	s.at++
	s.space()
	return name, nil
}

// taken tells whether the object has a member of that name already; if not, it
// has now.
func (s *scanner) taken(o *object, name span) bool {
	text := s.spelt(name)
	if o.many != nil {
		before := len(o.many)
		o.many[string(text)] = struct{}{}
		return len(o.many) == before
	}
	for _, n := range s.names[o.first:] {
		if n.to-n.from == len(text) && bytes.Equal(s.spelt(n), text) {
			return true
		}
	}
	s.names = append(s.names, name)
	if len(s.names)-o.first == manyMembers {
		o.many = make(map[string]struct{}, 4*manyMembers)
		for _, n := range s.names[o.first:] {
			o.many[string(s.spelt(n))] = struct{}{}
		}
	}
	return false
}

// spelt gives the characters of a name.
func (s *scanner) spelt(n span) []byte {
	if n.from >= len(s.in) {
		return s.unescaped[n.from-len(s.in) : n.to-len(s.in)]
	}
	return s.in[n.from:n.to]
}

func (s *scanner) array() *Refusal {
	s.at++
	s.space()
	if s.at < len(s.in) && s.in[s.at] == ']' {
		s.at++
		return nil
	}
	for i, open := 0, true; open; i++ {
		r := s.value()
		if r != nil {
			return r.withinIndex(i)
		}
		if open, r = s.more(']'); r != nil {
			return r
		}
	}
	return nil
}

// more reads what may follow a member: a comma, after which open stays true
// and another must come, or the closing bracket.
func (s *scanner) more(closing byte) (open bool, r *Refusal) {
	s.space()
	if s.at >= len(s.in) {
		return false, s.refuse(Truncated)
	}
	switch s.in[s.at] {
	case ',':
		s.at++
		s.space()
		return true, nil
	case closing:
		s.at++
		return false, nil
	}
	return false, s.refuseByte()
}

func (s *scanner) literal(word string) *Refusal {
	for i := range len(word) {
		if s.at >= len(s.in) || s.in[s.at] != word[i] {
			return s.refuseByte()
		}
		s.at++
	}
	return s.ended()
}

// ended refuses a letter, digit, dot or sign right behind a literal or number,
// so that 01 and truex are no JSON instead of JSON with something behind.
func (s *scanner) ended() *Refusal {
	if s.at == len(s.in) {
		return nil
	}
	switch c := s.in[s.at]; {
	case '0' <= c && c <= '9', 'a' <= c|0x20 && c|0x20 <= 'z', c == '.', c == '+', c == '-':
		return s.refuse(Syntax)
	}
	return nil
}
