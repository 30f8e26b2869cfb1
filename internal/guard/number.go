package guard

import (
	"math"
	"strconv"
)

// number reads a number that starts at the current place.
func (s *scanner) number() *Refusal {
	start := s.at
	if s.in[s.at] == '-' {
		s.at++
	}
	from := s.at
	if s.at < len(s.in) && s.in[s.at] == '0' {
		s.at++
	} else {
		s.digits()
	}
	whole := s.at - from
	if whole == 0 {
		return s.refuseByte()
	}
	integer := true
	if s.at < len(s.in) && s.in[s.at] == '.' {
		integer = false
		s.at++
		if s.digits() == 0 {
			return s.refuseByte()
		}
	}
	exponent := 0
	if s.at < len(s.in) && s.in[s.at]|0x20 == 'e' {
		integer = false
		var r *Refusal
		if exponent, r = s.exponent(); r != nil {
			return r
		}
	}
	if r := s.ended(); r != nil {
		return r
	}
	text := s.in[start:s.at]
	if len(text) > s.limits.NumberLength {
		return &Refusal{Cause: NumberTooLong, Offset: start}
	}
	if exponent > s.limits.Exponent || !holdable(text, whole, exponent, integer) {
		return &Refusal{Cause: NumberOutOfRange, Offset: start}
	}
	return nil
}

func (s *scanner) digits() int {
	i := s.at
	for i < len(s.in) && '0' <= s.in[i] && s.in[i] <= '9' {
		i++
	}
	n := i - s.at
	s.at = i
	return n
}

// exponent reads e, a sign and digits and gives the digits' value: the limit
// holds for both signs. A long exponent stops growing where it is out of any
// range.
func (s *scanner) exponent() (int, *Refusal) {
	s.at++
	if s.at < len(s.in) && (s.in[s.at] == '+' || s.in[s.at] == '-') {
		s.at++
	}
	from := s.at
	if s.digits() == 0 {
		return 0, s.refuseByte()
	}
	n := 0
	for _, c := range s.in[from:s.at] {
		n = min(10*n+int(c-'0'), math.MaxInt32)
	}
	return n, nil
}

// holdable tells whether a consumer can hold the number: an integer in an
// int64 or uint64, any other as a finite float64. whole is the number of its
// digits before the point, exponent its exponent without the sign.
func holdable(text []byte, whole, exponent int, integer bool) bool {
	if integer {
		const always, never = 18, 21 // digits; MaxInt64 has 19, MaxUint64 20
		if whole <= always || whole >= never {
			return whole <= always
		}
		if text[0] == '-' {
			_, err := strconv.ParseInt(string(text), 10, 64)
			return err == nil
		}
		_, err := strconv.ParseUint(string(text), 10, 64)
		return err == nil
	}
	if whole+exponent <= 308 { // at most 1e308, and MaxFloat64 is above 1.7e308
		return true
	}
	_, err := strconv.ParseFloat(string(text), 64)
	return err == nil
}
