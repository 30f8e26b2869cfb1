package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch/internal/compute"
	"github.com/loginwatch/loginwatch/internal/tree"
)

const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
	hexLow = digits + "abcdef"
	hexUp  = digits + "ABCDEF"
)

// placeholderLength is what stands for a value that the document does not show:
// as long as common opaque tokens, so that nobody sizes a column by "your token".
const placeholderLength = 32

// randomness is the one source of fresh values; readers need not be safe for
// concurrent use.
type randomness struct {
	mu     sync.Mutex
	source io.Reader
}

func (r *randomness) bytes(n int) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := make([]byte, n)
	if _, err := io.ReadFull(r.source, b); err != nil {
		return nil, fmt.Errorf("random source: %w", err)
	}
	return b, nil
}

// text replaces each character of like by a random one of its class. What
// gives a value its form stays: punctuation, an e-mail's domain, the end of
// padded base64 (whose last character must keep its zero bits). The values are
// to look right, not to be unguessable: the small bias of mapping a byte to an
// alphabet does not matter.
func (r *randomness) text(like string) (string, error) {
	if a, err := netip.ParseAddr(like); err == nil {
		return r.address(a.Is4())
	}
	head, tail := splitTail(like)
	random, err := r.bytes(len(head))
	if err != nil {
		return "", err
	}
	classes := []string{lower, upper, digits}
	if isHex(head) {
		classes = []string{hexLow, hexLow, hexLow}
		if strings.ContainsAny(head, upper) {
			classes = []string{hexUp, hexUp, hexUp}
		}
	}
	out := []byte(head)
	number := strings.Trim(head, digits) == ""
	for i, c := range out {
		alphabet := ""
		switch {
		case percentEncoded(head, i):
			continue
		case strings.IndexByte(lower, c) >= 0, c == ' ':
			alphabet = classes[0]
		case strings.IndexByte(upper, c) >= 0:
			alphabet = classes[1]
		case i == 0 && number && c != '0':
			alphabet = digits[1:]
		case strings.IndexByte(digits, c) >= 0 && number:
			alphabet = digits
		case strings.IndexByte(digits, c) >= 0:
			alphabet = classes[2]
		default:
			continue
		}
		out[i] = alphabet[int(random[i])*len(alphabet)>>8]
	}
	return string(out) + tail, nil
}

// percentEncoded tells whether the character at i is of a percent-encoding (RFC
// 3986, section 2.1), as in a cookie's value: another digit would make it another
// character, or none.
func percentEncoded(s string, i int) bool {
	for _, start := range []int{i - 1, i - 2} {
		if start >= 0 && s[start] == '%' && start+2 < len(s) && isHexDigit(s[start+1]) && isHexDigit(s[start+2]) {
			return true
		}
	}
	return false
}

func isHexDigit(c byte) bool {
	return strings.IndexByte(hexLow, c) >= 0 || strings.IndexByte(hexUp, c) >= 0
}

// nonceOf finds what is new in every challenge of Digest (RFC 7616, section 3.3).
var nonceOf = regexp.MustCompile(`(?i)\bnonce="([^"\\]+)"`)

// structured is text for what a client may have to read before it uses it: of a
// challenge of Digest, which may stand behind others, the nonce alone is new, and a
// public key stays what it is, since another one would be none.
func (r *randomness) structured(like string) (string, error) {
	if at := nonceOf.FindStringSubmatchIndex(like); at != nil && strings.Contains(strings.ToLower(like), "digest ") {
		nonce, err := r.text(like[at[2]:at[3]])
		return like[:at[2]] + nonce + like[at[3]:], err
	}
	if isPublicKey(like) {
		return like, nil
	}
	return r.text(like)
}

// isPublicKey tells whether a client could encrypt with the value.
func isPublicKey(value string) bool {
	const shortest = 64 // far less than any key in any writing
	if len(value) < shortest {
		return false
	}
	_, err := compute.Do(compute.Call{
		Function: "rsa-encrypt", Of: []string{"x"}, Options: map[string]string{"key": value, "padding": "pkcs1"},
	}, compute.Env{})
	return err == nil
}

// splitTail cuts off what must stay as it is.
func splitTail(s string) (head, tail string) {
	if i := strings.IndexByte(s, '@'); i > 0 && strings.Count(s, "@") == 1 {
		return s[:i], s[i:]
	}
	body := strings.TrimRight(s, "=")
	if body == s || body == "" {
		return s, ""
	}
	return s[:len(body)-1], s[len(body)-1:]
}

// prefixes gives the lengths of what may be the fixed beginning of a token, as in
// "shpat_" or "sk-live-": up to each of its first separators, the shortest first.
func prefixes(token string) []int {
	var lengths []int
	for i, c := range token {
		if strings.ContainsRune("_-.:", c) && i > 0 && i < len(token)-8 && len(lengths) < 3 {
			lengths = append(lengths, i+1)
		}
	}
	return lengths
}

// isHex tells whether s reads as hexadecimal: a UUID or a digest. Eight
// characters at least, since short words such as "face" read so too.
func isHex(s string) bool {
	bare := strings.ReplaceAll(s, "-", "")
	return len(bare) >= 8 && strings.ContainsAny(bare, digits) &&
		(strings.Trim(bare, hexLow) == "" || strings.Trim(bare, hexUp) == "")
}

// address is one of those set aside for documentation (RFC 5737, RFC 3849).
func (r *randomness) address(v4 bool) (string, error) {
	b, err := r.bytes(2)
	if err != nil {
		return "", err
	}
	if !v4 {
		return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 14: b[0], 15: b[1]}).String(), nil
	}
	block := [][3]byte{{192, 0, 2}, {198, 51, 100}, {203, 0, 113}}[int(b[0])%3]
	return netip.AddrFrom4([4]byte{block[0], block[1], block[2], b[1]}).String(), nil
}

// unknown stands for a value that the document leaves to the reader.
func (r *randomness) unknown() (string, error) {
	b, err := r.bytes(placeholderLength)
	if err != nil {
		return "", err
	}
	const alphabet = lower + upper + digits
	for i := range b {
		b[i] = alphabet[int(b[i])*len(alphabet)>>8]
	}
	return string(b), nil
}

// timeForm is how a documented instant is written.
type timeForm struct {
	layout string
	zone   *time.Location
	small  bool // a "z" at its end
}

// timeFormOf finds how a documented instant is written, so that a fresh one has the
// same precision and letters; ok is false when like is none. Some vendors write a
// blank in the place of the T (RFC 3339, 5.6).
func timeFormOf(like string) (f timeForm, ok bool) {
	const day = len("2006-01-02")
	if len(like) <= day {
		return f, false
	}
	t, ok := tree.DateTime(like)
	if !ok && like[day] == ' ' {
		t, ok = tree.DateTime(like[:day] + "T" + like[day+1:])
	}
	if !ok {
		return f, false
	}
	f = timeForm{layout: "2006-01-02" + like[day:day+1] + "15:04:05", zone: t.Location(), small: strings.HasSuffix(like, "z")}
	if _, fraction, found := strings.Cut(like, "."); found {
		n := len(fraction) - len(strings.TrimLeft(fraction, digits))
		f.layout += "." + strings.Repeat("0", n)
	}
	f.layout += "Z07:00"
	return f, true
}

func (f timeForm) write(t time.Time) string {
	text := t.In(f.zone).Format(f.layout)
	if f.small {
		text = strings.TrimSuffix(text, "Z") + "z"
	}
	return text
}

// instant writes t the way like is written: a date-time as text, or seconds or
// milliseconds since the epoch as a number. ok is false when like is neither.
func instant(like any, t time.Time) (text string, ok bool) {
	switch like := like.(type) {
	case string:
		f, ok := timeFormOf(like)
		if !ok {
			return "", false
		}
		return quote(f.write(t)), true
	case json.Number:
		n, err := like.Int64()
		if err != nil {
			return "", false
		}
		if n > maxSeconds {
			return fmt.Sprint(t.UnixMilli()), true
		}
		return fmt.Sprint(t.Unix()), true
	}
	return "", false
}

// maxSeconds divides numbers of seconds from numbers of milliseconds: as
// seconds it lies in the year 5138, as milliseconds in 1973.
const maxSeconds = 100_000_000_000
