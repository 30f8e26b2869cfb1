package draft

import (
	"encoding/base64"
	"math"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// What a value looks like, whatever its field is called.

var (
	email     = regexp.MustCompile(`[A-Za-z0-9._%+-]+(@|%40)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+`)
	uuid      = regexp.MustCompile(`^\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?$`)
	hexDigits = regexp.MustCompile(`^[0-9a-fA-F]{16,}$`)
	issued    = regexp.MustCompile(`^(sk|pk|rk|ghp|gho|ghs|ghu|github_pat|glpat|xox[abeprs]|shpat|shpss|AKIA|ASIA|AIza|ya29|npm|dop_v1|hvs|s)[_.-]?[A-Za-z0-9_.-]{8,}$`)
	phone     = regexp.MustCompile(`^\+?[0-9][0-9 ()/.-]{6,}$`)
	numbered  = regexp.MustCompile(`^([A-UW-Za-uw-z]|[A-Za-z]{2,3})[_-]?[0-9]{8,}[A-Za-z]?$`) // a member, an insurance, a tax payer; v20260101 is a version
	wordRunes = regexp.MustCompile(`[A-Za-z0-9+/=_.~@%:-]+`)
	assigned  = regexp.MustCompile(`(?i)(password|passwd|passwort|pwd|secret|token|apikey|api_key|pin|otp)\\?["']?\s*[:=]\s*\\?["']?[^"'\s,&)}]`)
)

// What a document of GraphQL says of its variables: password: $password, and of which type
// that is. No value stands there (GraphQL, 2.10).
var (
	graphQL   = regexp.MustCompile(`^\s*(query|mutation|subscription)\b`)
	variables = regexp.MustCompile(`\$(\w+)\s*:\s*\[*[A-Z]\w*[!\]]*|:\s*\$\w+`)
)

// looksSecret tells whether a text, or a word in it, can be a secret or names somebody.
func looksSecret(text string) bool {
	if graphQL.MatchString(text) {
		text = variables.ReplaceAllString(text, "$1")
	}
	if email.MatchString(text) || strings.Contains(text, "-----BEGIN ") || assigned.MatchString(text) || isPhone(text) || likePassword(text) {
		return true
	}
	for _, w := range wordRunes.FindAllString(text, -1) {
		if secretWord(w) {
			return true
		}
	}
	return slices.ContainsFunc(strings.Fields(text), chosen)
}

// chosen tells whether a word is made as the rules of passwords ask people to: letters,
// a digit, and a character that no word of an API has.
func chosen(w string) bool {
	return len(w) >= shortestNeedle && digitsIn(w) > 0 && strings.ContainsAny(w, "!$#^~|§€£") && !strings.Contains(w, "/") && !strings.Contains(w, "${") &&
		strings.ContainsFunc(w, unicode.IsLetter)
}

// likePassword tells whether a text has the mixture of characters that rules of
// passwords ask for, and no address, template or sentence has.
func likePassword(text string) bool {
	const shortest, longest = 6, 64
	if len(text) < shortest || len(text) > longest || strings.Contains(text, "://") || strings.Contains(text, "${") || strings.ContainsAny(text, "{}\n") {
		return false
	}
	sorts, odd := map[int]bool{}, 0
	for _, c := range text {
		sorts[sortOf(c)] = true
		if strings.ContainsRune(`!"#$%&*<=>?@\^|~`, c) {
			odd++
		}
	}
	return sorts[digit] && (sorts[upper] && sorts[lower] && odd > 0 || odd > 1)
}

func isPhone(text string) bool {
	return phone.MatchString(text) && strings.Count(text, ".") < 2 && digitsIn(text) >= 7 && !tree.Date(text) && !isInstant(text)
}

// numbers are runs of digits as people part them.
var numbers = regexp.MustCompile(`(?:^|[^0-9A-Za-z_.+-])\+?[0-9][0-9 ()/.-]*[0-9]`)

// numbersSomebody tells whether a sentence has a number in it that is long enough for an
// account or a telephone. A code of an API has letters around it, or is all of a text.
func numbersSomebody(text string) bool {
	const least, day = 6, len("2006-01-02")
	if !strings.Contains(text, " ") {
		return false
	}
	for _, n := range numbers.FindAllString(text, -1) {
		n = strings.TrimLeft(n, " (")
		if digitsIn(n) >= least && strings.Count(n, ".") < 2 && !tree.Date(n[:min(day, len(n))]) {
			return true
		}
	}
	return false
}

func secretWord(w string) bool {
	if strings.Contains(w, "://") {
		return secretURL(w)
	}
	bare := strings.Trim(w, ".:")
	switch {
	case uuid.MatchString(bare), hexDigits.MatchString(bare), isJWT(bare):
		return true
	case isInstant(bare), tree.Date(bare):
		return false
	case numbered.MatchString(bare), issued.MatchString(bare) && digitsIn(bare) > 0, digitsIn(bare) == len(bare) && len(bare) >= 9:
		return true
	}
	for part := range strings.FieldsFuncSeq(bare, func(r rune) bool { return strings.ContainsRune("/.:@", r) }) {
		if random(part) {
			return true
		}
	}
	return random(bare) && !strings.Contains(bare, "/")
}

// random tells whether a word has the letters of no language: several sorts of
// characters, mixed, and few of them twice.
func random(w string) bool {
	w = strings.TrimRight(w, "=")
	if len(w) < 12 {
		return false
	}
	sorts, changes, last := map[int]bool{}, 0, -1
	for _, c := range w {
		sort := sortOf(c)
		sorts[sort] = true
		if sort != last {
			changes++
		}
		last = sort
	}
	switch {
	case digitsIn(w) == 0 && len(w) < 20:
		return false
	case !sorts[digit] && (!sorts[upper] || !sorts[lower]):
		return false
	}
	return changes*4 >= len(w) && (entropy(w) > 3.0 || len(w) >= 16 && changes*3 >= len(w)) || len(w) >= 24 && digitsIn(w) >= 3 && entropy(w) > 3.4
}

const (
	lower = iota
	upper
	digit
	other
)

func sortOf(c rune) int {
	switch {
	case c >= 'a' && c <= 'z':
		return lower
	case c >= 'A' && c <= 'Z':
		return upper
	case c >= '0' && c <= '9':
		return digit
	}
	return other
}

// entropy is that of a text's characters, in bits for each.
func entropy(text string) (bits float64) {
	counts := map[rune]float64{}
	n := 0.0
	for _, c := range text {
		counts[c]++
		n++
	}
	for _, k := range counts {
		bits -= k / n * math.Log2(k/n)
	}
	return bits
}

func digitsIn(text string) int {
	return strings.Count(strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return '0'
		}
		return ' '
	}, text), "0")
}

// secretURL tells whether an address has something in it that only somebody knows.
func secretURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.User != nil {
		return true
	}
	for name, values := range u.Query() {
		for _, v := range values {
			if v != "" && secretName(name) || looksSecret(v) {
				return true
			}
		}
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment != "" && secretWord(segment) {
			return true
		}
	}
	return false
}

// isInstant tells whether a text is one, also where it does not say of which zone.
func isInstant(text string) bool {
	const day, second = len("2006-01-02"), len("2006-01-02T15:04:05")
	if len(text) > day && text[day] == ' ' {
		text = text[:day] + "T" + text[day+1:]
	}
	if len(text) >= second && !strings.ContainsAny(text[day:], "Zz+-") {
		text += "Z"
	}
	_, ok := tree.DateTime(text)
	return ok
}

func isIP(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

// isJWT tells whether a text is a signed token that says what it is (RFC 7519).
func isJWT(text string) bool {
	_, _, _, ok := openJWT(text)
	return ok
}

// openJWT gives what a token says, and how long its signature is.
func openJWT(text string) (header, claims map[string]any, signature int, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, nil, 0, false
	}
	var said [2]map[string]any
	for i := range said {
		data, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return nil, nil, 0, false
		}
		doc, refusal := guard.Decode(data, guard.Defaults())
		if refusal != nil {
			return nil, nil, 0, false
		}
		if said[i], ok = doc.(map[string]any); !ok {
			return nil, nil, 0, false
		}
	}
	rest, err := base64.RawURLEncoding.DecodeString(parts[2])
	return said[0], said[1], len(rest), err == nil
}
