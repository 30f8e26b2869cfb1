package draft

import (
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// secret is one of the contract. Its raw value stays here.
type secret struct {
	name, raw, demo string
	captured        bool
	forms           []string            // of the raw value, as it may be written elsewhere, in small letters; made when first asked for
	password        bool                // an answer never has its demo value
	pieces          loginwatch.Redactor // of a password that was made by chance, so that no word has a piece of it
}

func itoa(n int) string { return strconv.Itoa(n) }

// secret gives the name that stands for a value. A value that was met before keeps its
// name, wherever it stands.
func (m *maker) secret(field, raw string) string {
	if strings.EqualFold(raw, field) {
		raw = "" // as documents write it, "password": "password": no value, and a name that has to stay
	}
	if s := m.byRaw[raw]; s != nil && raw != "" {
		return s.name
	}
	name := importer.Name(field)
	if name == "" || looksSecret(field) {
		name = "value"
	}
	const longest = 40
	name = strings.TrimRight(name[:min(len(name), longest)], "_")
	if raw == "" { // nobody knows a value: one name, one secret
		if at := slices.IndexFunc(m.secrets, func(s *secret) bool { return s.name == name }); at >= 0 {
			return name
		}
	}
	s := &secret{name: unique(name, m.usedNames, "_"), raw: raw, password: passwordName(field)}
	if s.password && len(raw) <= longestPassword && random(raw) {
		s.pieces = loginwatch.NewRedactor([]string{raw})
	}
	s.demo = demo(s.name, raw)
	m.secrets = append(m.secrets, s)
	if raw != "" {
		m.byRaw[raw] = s
	}
	return s.name
}

// unlike gives another demo value to secrets whose own one has a value of the
// description in it: a PIN can be 123456. What begins as drafts' own words do was a demo
// before.
func (m *maker) unlike() {
	for _, s := range m.secrets {
		for range 10 {
			if !slices.ContainsFunc(m.secrets, func(o *secret) bool {
				return o.raw == s.demo || len(o.raw) > 3 && !m.own(o.raw) && strings.Contains(strings.ToLower(s.demo), strings.ToLower(o.raw))
			}) && !slices.ContainsFunc(m.invented.unseen, func(raw string) bool { return !m.own(raw) && strings.Contains(s.demo, raw) }) {
				break
			}
			s.demo = strings.Map(shifted, strings.Replace(s.demo, "demo-user@", "demo-user-0@", 1))
		}
	}
}

// shifted is the next digit.
func shifted(c rune) rune {
	switch {
	case c >= '0' && c <= '8':
		return c + 1
	case c == '9':
		return '0'
	}
	return c
}

// demo is what the simulator accepts: of the value's kind where servers look at that.
func demo(name, raw string) string {
	words := "demo-" + strings.ReplaceAll(name, "_", "-")
	switch {
	case email.MatchString(raw) && !strings.ContainsAny(raw, " %"), raw == "" && hasPart(name, []string{"email"}):
		return "demo-user@example.com"
	case uuid.MatchString(raw):
		return "00000000-0000-4000-8000-0000000000de"
	case raw != "" && digitsIn(raw) == len(raw):
		return strings.Repeat("1234567890", len(raw)/10+1)[:len(raw)]
	case isPhone(raw) && strings.HasPrefix(raw, "+"):
		return "+15550100"
	}
	return words
}

// link gives the name under which a value of an answer is captured.
func (m *maker) link(from *operation, v value) string {
	s := m.byRaw[v.text]
	if s == nil {
		m.secret(v.name, v.text)
		s = m.byRaw[v.text]
	}
	s.captured = true
	if !slices.ContainsFunc(from.captures, func(c capture) bool { return c.name == s.name }) {
		from.captures = append(from.captures, capture{s.name, v.at})
	}
	return s.name
}

// longestPassword is how long a password is that somebody types or a program makes; longer
// values, such as assertions, share parts with others of their kind.
const longestPassword = 64

// shortestNeedle is how long a secret is that can't stand in a text by chance.
const shortestNeedle = 6

// hides tells whether a text, in small letters, has a secret in it: as it is, where it is
// strong, or encoded.
func (s *secret) hides(folded string) bool {
	if s.forms == nil {
		s.forms = foldedForms(s.raw)
	}
	plain := strings.ToLower(s.raw)
	return slices.ContainsFunc(s.forms, func(form string) bool { return (form != plain || strong(s.raw)) && strings.Contains(folded, form) })
}

// foldedForms gives how a value may be written elsewhere, in small letters.
func foldedForms(raw string) (all []string) {
	for form := range loginwatch.Encodings(raw) {
		all = append(all, strings.ToLower(form))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// betrays gives the secret that a text has in it, however written; nil for none. A
// common word has to stand there as a word of its own, or encoded.
func (m *maker) betrays(text string) *secret {
	folded := strings.ToLower(text)
	for _, s := range m.secrets {
		if s.raw != "" && (s.pieces.HoldsPiece(text) || asWord(text, s.raw) || len(s.raw) >= shortestNeedle && s.hides(folded)) {
			return s
		}
	}
	return nil
}

// strong tells whether a value stands nowhere by chance: it is no common word.
func strong(raw string) bool {
	if len(raw) < shortestNeedle {
		return false
	}
	letters := strings.ToLower(raw)
	return strings.Trim(letters, "abcdefghijklmnopqrstuvwxyz_-") != "" || len(raw) >= 16
}

// asWord tells whether a text has a word, with nothing of a word beside it.
func asWord(text, word string) bool {
	if len(word) < 3 {
		return text == word
	}
	text, word = strings.ToLower(text), strings.ToLower(word)
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		if (i == 0 || !wordByte(text[i-1])) && (i+len(word) == len(text) || !wordByte(text[i+len(word)])) {
			return true
		}
		from = i + 1
	}
}

func wordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b >= 0x80
}
