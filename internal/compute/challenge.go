package compute

import (
	"strings"
)

// challenge is one of a WWW-Authenticate header, or the credentials of an
// Authorization header, which are written alike (RFC 9110, section 11).
type challenge struct {
	scheme     string            // in lower case
	parameters map[string]string // by names in lower case, without quotes
}

// longestChallenge is far more than a server sends, and little enough to read.
const longestChallenge = 8 << 10

// parseChallenges reads what a vendor sent. It says what is wrong with it and
// repeats none of it.
func parseChallenges(text string) (all []challenge, problem string) {
	if len(text) > longestChallenge {
		return nil, "is longer than 8 KiB"
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return nil, "has a control character"
	}
	s := &scanner{rest: text}
	for s.skip(" \t,"); s.rest != ""; s.skip(" \t,") {
		word := s.word()
		if word == "" {
			return nil, "is no list of schemes and parameters"
		}
		if s.skip(" \t"); !strings.HasPrefix(s.rest, "=") {
			all = append(all, challenge{strings.ToLower(word), map[string]string{}})
			continue
		}
		if len(all) == 0 {
			return nil, "has no scheme before its parameters"
		}
		name := strings.ToLower(word)
		s.rest = s.rest[1:]
		if s.skip(" \t"); s.rest == "" || s.rest[0] == '=' || s.rest[0] == ',' {
			s.skip("=") // the end of a token68, which is of another scheme
			continue
		}
		value, ok := s.value()
		if !ok {
			return nil, "has a quotation that does not end, or a parameter without a value"
		}
		parameters := all[len(all)-1].parameters
		if _, twice := parameters[name]; twice {
			return nil, "has a parameter twice"
		}
		parameters[name] = value
	}
	return all, ""
}

// scanner takes a header's value apart from its beginning.
type scanner struct{ rest string }

func (s *scanner) skip(of string) { s.rest = strings.TrimLeft(s.rest, of) }

// word takes a token (RFC 9110, section 5.6.2) or what may stand in a token68
// (section 11.2), which is a slash more.
func (s *scanner) word() string {
	const others = "!#$%&'*+-.^_`|~/"
	end := strings.IndexFunc(s.rest, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(others, r)
	})
	if end < 0 {
		end = len(s.rest)
	}
	word := s.rest[:end]
	s.rest = s.rest[end:]
	return word
}

// value takes a token or a quoted string, whose backslashes it resolves.
func (s *scanner) value() (string, bool) {
	if !strings.HasPrefix(s.rest, `"`) {
		word := s.word()
		return word, word != ""
	}
	var b strings.Builder
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '"':
			s.rest = s.rest[i+1:]
			return b.String(), true
		case '\\':
			if i++; i == len(s.rest) {
				return "", false
			}
		}
		b.WriteByte(s.rest[i])
	}
	return "", false
}

// quoted writes a value so that value reads it back.
func quoted(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}
