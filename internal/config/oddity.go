package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/secret"
)

// oddity says what a secret's value has about it that probably came along by
// mistake, in words that follow "the secret" and tell nothing of the value; ""
// when there is nothing. The value is used as it is all the same: a password may
// end with a blank.
func oddity(value string) string {
	if strings.HasPrefix(value, "\xff\xfe") || strings.HasPrefix(value, "\xfe\xff") {
		return "is UTF-16 text"
	}
	var odd []string
	text, marked := strings.CutPrefix(value, "\ufeff")
	if marked {
		odd = append(odd, "begins with a byte order mark")
	}
	first, _ := utf8.DecodeRuneInString(text)
	if what := unseen(first); what != "" {
		odd = append(odd, "begins with "+what)
	}
	last, _ := utf8.DecodeLastRuneInString(text)
	switch what := unseen(last); {
	case strings.HasSuffix(text, "\n"): // the one that is left out is gone already
		odd = append(odd, "ends with a further line break")
	case what != "":
		odd = append(odd, "ends with "+what)
	}
	inner := strings.TrimFunc(text, func(r rune) bool { return unseen(r) != "" })
	if strings.ContainsAny(inner, "\r\n") && !strings.HasPrefix(inner, "-----BEGIN ") { // PEM has lines (RFC 7468, 2)
		odd = append(odd, "holds a line break inside")
	}
	if quoted(inner) {
		odd = append(odd, "has quotes around it")
	}
	return strings.Join(odd, " and ")
}

func unseen(r rune) string {
	switch {
	case unicode.IsSpace(r):
		return "white space"
	case unicode.Is(unicode.Cf, r), unicode.IsControl(r):
		return "an invisible character"
	}
	return ""
}

func quoted(text string) bool {
	for _, pair := range [][2]string{{`"`, `"`}, {"'", "'"}, {"`", "`"}, {"“", "”"}, {"‘", "’"}} {
		if len(text) >= len(pair[0])+len(pair[1]) && strings.HasPrefix(text, pair[0]) && strings.HasSuffix(text, pair[1]) {
			return true
		}
	}
	return false
}

// OddSecrets warns of every secret of the file whose value has something about
// it that probably came along by mistake, at the place of its reference, once for
// each reference. What is not there is no oddity, and what costs to be read is left to
// the runs.
func (c *Config) OddSecrets() loginwatch.Problems {
	var odd loginwatch.Problems
	seen := map[secret.Reference]bool{}
	for _, t := range c.targets {
		for i, s := range slices.Concat(t.file.Secrets, t.file.NextSecrets) {
			of := t.secrets.of
			if i >= len(t.file.Secrets) {
				of = t.next
			}
			r, ok := of[s.Key]
			if !ok || seen[r] || r.Costs() {
				continue
			}
			seen[r] = true
			if what := (&references{of: of}).Oddity(s.Key); what != "" {
				odd = append(odd, loginwatch.Problem{Pos: s.Pos, Width: s.Width, Message: oddSecret(s.Key, r.String(), what)})
			}
		}
	}
	return append(odd, c.oddHeaders()...)
}

// OddInEnvironment is [Config.OddSecrets] for a vendor's secrets that are read
// without a file.
func OddInEnvironment(c *loginwatch.Contract) []string {
	var odd []string
	source := environment{prefixOf(c.Vendor)}
	for _, s := range c.Secrets {
		if what := source.Oddity(s.Name); what != "" {
			odd = append(odd, oddSecret(s.Name, source.Origin(s.Name), what))
		}
	}
	return odd
}

func oddSecret(name, origin, what string) string {
	return fmt.Sprintf("the secret %q (%s) %s: it is used as it is", name, origin, what)
}
