package draft

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch/internal/tree"
)

// inventor gives values in the place of those of a description: of the same kind and
// about the same length, and the same one for the same. They are made of a counter,
// never of what they stand for.
type inventor struct {
	m      *maker
	made   map[string]string
	count  int
	unseen []string // values that must not be seen, and have no name
}

func newInventor(m *maker) *inventor { return &inventor{m: m, made: map[string]string{}} }

// document invents all of an answer that is not the API's own words. refused is an
// answer that says no, whose messages are kept; listed are words that a schema lists.
func (v *inventor) document(doc any, where string, refused bool, listed map[string]bool) any {
	return inventing{inventor: v, where: where, refused: refused, listed: listed}.value("", "", doc)
}

type inventing struct {
	*inventor
	where   string
	refused bool
	claims  bool // of a token
	listed  map[string]bool
}

func (v inventing) value(pointer, field string, doc any) any {
	switch doc := doc.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, k := range slices.Sorted(maps.Keys(doc)) {
			name := k
			if looksSecret(k) || v.m.betrays(k) != nil || !saysOfAPI(k) && !secretName(k) && v.m.people.calls(k) {
				name = v.replace(k, "name")
				v.report(pointer, "an invented key")
			}
			out[name] = v.value(tree.JoinPointer(pointer, name), k, doc[k])
		}
		return out
	case []any:
		out := make([]any, len(doc))
		for i, item := range doc {
			out[i] = v.value(tree.JoinPointer(pointer, strconv.Itoa(i)), field, item)
		}
		return out
	case string:
		return v.text(pointer, field, doc)
	case json.Number:
		return v.number(pointer, field, doc)
	}
	return doc
}

func (v inventing) report(pointer, with string) {
	if !v.claims {
		v.m.replaced(v.where+" "+placed(pointer), with)
	}
}

// text keeps what the API says by itself, and times.
func (v inventing) text(pointer, field, text string) string {
	if text == "" {
		return text
	}
	if s := v.m.byRaw[text]; s != nil && !s.captured && !s.password {
		v.report(pointer, "the demo value of ${"+s.name+"}")
		return s.demo
	}
	if v.keeps(field, text) {
		return text
	}
	v.report(pointer, "an invented value")
	return v.replace(text, field)
}

func (v inventing) keeps(field, text string) bool {
	switch {
	case looksSecret(text), numbersSomebody(text), v.m.betrays(text) != nil, v.hidden(text), v.m.people.in(text):
		return false
	case (isInstant(text) || tree.Date(text)) && !birthName(field):
		return true
	case v.listed[text] && !passwordName(field):
		return true
	case strings.EqualFold(text, "bearer"), v.claims && (field == "alg" || field == "typ"):
		return true
	case secretField(field) && !v.refused:
		return false
	case v.refused && (saysOfAPI(field) || errorName(field)):
		return len(text) <= 200
	}
	return saysOfAPI(field) && apiWord(text) || isNeutral(field) && apiWord(text)
}

func errorName(field string) bool { return hasPart(field, []string{"error", "message", "reason"}) }

// apiWord tells whether a text is a word that a program chose.
func apiWord(text string) bool {
	if len(text) > 64 || digitsIn(text) > 4 {
		return false
	}
	for w := range strings.FieldsSeq(text) {
		if strings.Trim(strings.ToLower(w), "abcdefghijklmnopqrstuvwxyz0123456789_.:-") != "" {
			return false
		}
	}
	return true
}

func (v *inventor) hidden(text string) bool {
	return slices.ContainsFunc(v.unseen, func(raw string) bool { return strings.Contains(text, raw) })
}

// number keeps times, counts and codes.
func (v inventing) number(pointer, field string, n json.Number) json.Number {
	text := n.String()
	whole, err := n.Int64()
	known := v.m.byRaw[text] != nil
	switch {
	case known:
	case err != nil && !looksSecret(text) && !secretName(field), isNeutral(field), saysOfAPI(field):
		return n
	case v.claims && slices.Contains([]string{"exp", "iat", "nbf", "auth_time", "updated_at"}, field):
		return n
	case err == nil && whole > -1000 && whole < 1000 && !secretName(field), isTime(whole) && !secretName(field):
		return n
	}
	v.report(pointer, "an invented number")
	digits := strings.Map(func(c rune) rune {
		if sortOf(c) == digit {
			return c
		}
		return -1
	}, text)
	return json.Number(v.replace(digits[:min(len(digits), 15)], field)) // no consumer reads more as a number
}

// isTime tells whether a number is an instant of this age, in seconds or milliseconds.
func isTime(n int64) bool {
	const begin, end = 1_000_000_000, 4_100_000_000 // 2001 and 2099
	return n > begin && n < end || n > begin*1000 && n < end*1000
}

// replace gives another value of the kind of a text.
func (v *inventor) replace(text, field string) string {
	if made, known := v.made[text]; known {
		return made
	}
	const tries = 8 // a short one can be what it stands for by chance
	made := text
	for i := 0; made == text; i++ {
		v.count++
		if made = v.invent(text, field); i >= tries { // it has nothing that another of its kind could differ in
			made = v.words(text, field)
		}
	}
	v.made[text] = made
	return made
}

func (v *inventor) invent(text, field string) string {
	switch {
	case isJWT(text):
		return v.jwt(text)
	case email.MatchString(text) && !strings.ContainsAny(text, " /%"):
		return fmt.Sprintf("person%d@example.com", v.count)
	case uuid.MatchString(text):
		return fmt.Sprintf("00000000-0000-4000-8000-%012d", v.count)
	case isInstant(text), tree.Date(text):
		day := "2000-01-01"
		if strings.HasPrefix(text, day) {
			day = "2000-01-02"
		}
		return day + text[len(day):]
	case isIP(text):
		if strings.Contains(text, ":") {
			return fmt.Sprintf("2001:db8::%x", v.count)
		}
		return fmt.Sprintf("192.0.2.%d", v.count%250+1)
	case strings.Contains(text, "-----BEGIN "):
		return "invented"
	case strings.Contains(text, "://") && !strings.Contains(text, " "):
		return fmt.Sprintf("https://www.example.com/invented/%d", v.count)
	case isPhone(text):
		return v.like(text)
	case strings.ContainsAny(text, " \n\t") || digitsIn(text) == 0 && len(text) < 20:
		return v.words(text, field)
	}
	return v.like(text)
}

// words are in the place of a name or a sentence.
func (v *inventor) words(text, field string) string {
	switch {
	case tokenRank(field) >= 0:
		return fmt.Sprintf("inventedKv8sQn3RzT6yWb1Jd%d", v.count)
	case hasPart(field, []string{"name"}) && strings.Contains(text, " "):
		return fmt.Sprintf("Demo Person %d", v.count)
	case strings.Contains(text, " "):
		return fmt.Sprintf("invented text %d", v.count)
	case hasPart(field, []string{"name"}):
		return fmt.Sprintf("Demo%d", v.count)
	}
	return fmt.Sprintf("invented-%d", v.count)
}

// like gives a text whose characters are of the same sorts, and says that it is
// invented where it is long enough.
func (v *inventor) like(text string) string {
	random := v.bytes(len(text))
	hexadecimal := strings.Trim(strings.ToLower(text), "0123456789abcdef-") == "" && strings.ContainsAny(text, "abcdefABCDEF")
	out := []byte(text)
	for i, c := range out {
		alphabet := ""
		switch s := sortOf(rune(c)); {
		case c >= 0x80:
			out[i] = 'x'
			continue
		case hexadecimal && s != other:
			alphabet = "0123456789abcdef"
			if s == upper {
				alphabet = "ABCDEF"
			}
		case s == lower:
			alphabet = "abcdefghijkmnpqrstuvwxyz"
		case s == upper:
			alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ"
		case s == digit:
			alphabet = "123456789"
		default:
			continue
		}
		out[i] = alphabet[int(random[i])%len(alphabet)]
	}
	const mark = "invented"
	if letters := strings.IndexFunc(text, func(c rune) bool { return c == '_' || c == '-' || c == '.' }); !hexadecimal && len(out) >= 20 && (letters < 0 || letters > len(mark)) {
		copy(out, mark)
	}
	return string(out)
}

// bytes are random for whoever does not know the counter.
func (v *inventor) bytes(n int) []byte {
	var all []byte
	for i := uint64(0); len(all) < n; i++ {
		var seed [16]byte
		binary.BigEndian.PutUint64(seed[:8], uint64(v.count)) //nolint:gosec // a counter
		binary.BigEndian.PutUint64(seed[8:], i)
		sum := sha256.Sum256(seed[:])
		all = append(all, sum[:]...)
	}
	return all[:n]
}

// jwt gives a token that says as much and that nobody signed.
func (v *inventor) jwt(text string) string {
	header, claims, signature, _ := openJWT(text)
	random := v.bytes(signature)
	inner := inventing{inventor: v, claims: true}
	var parts [2]string
	for i, said := range []map[string]any{header, claims} {
		data, err := json.Marshal(inner.value("", "", said))
		if err != nil {
			return "invented" // cannot happen: it was JSON before
		}
		parts[i] = base64.RawURLEncoding.EncodeToString(data)
	}
	return parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(random)
}
