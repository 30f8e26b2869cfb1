// Package request has what descriptions of sent requests have in common, a line for
// curl and an archive of a browser: addresses, forms, HTTP Basic authentication, and
// headers that a browser adds to what a program asked for.
package request

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

var errEncoding = errors.New("what is percent-encoded is no UTF-8")

// Address cuts an address into what stands before its query, the decoded query, and
// the user and password in it. A fragment is never sent (RFC 9110, section 7.1).
func Address(t loginwatch.Template) (address loginwatch.Template, query []importer.Field, basic *importer.Basic, err error) {
	t, _, _ = Cut(t, "#")
	address, pairs, found := Cut(t, "?")
	if found {
		if query, err = Pairs(pairs); err != nil {
			return address, nil, nil, err
		}
	}
	scheme, rest, found := Cut(address, "://")
	if !found {
		return address, query, nil, nil
	}
	host, path, hasPath := Cut(rest, "/")
	user, after, found := Cut(host, "@")
	if !found {
		return address, query, nil, nil
	}
	if _, _, again := Cut(after, "@"); again {
		return address, nil, nil, errors.New("an @ in the user or password of an address is not percent-encoded")
	}
	name, password, _ := Cut(user, ":")
	basic = &importer.Basic{User: importer.Mapped(name, unescapedPath), Password: importer.Mapped(password, unescapedPath)}
	address = importer.Joined(scheme, importer.Plain("://"), after)
	if hasPath {
		address = importer.Joined(address, importer.Plain("/"), path)
	}
	return address, query, basic, nil
}

func unescapedPath(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

// Pairs decodes a query or a form (WHATWG URL, 5.1): an escape that is none stands for
// itself.
func Pairs(t loginwatch.Template) ([]importer.Field, error) {
	var fields []importer.Field
	for _, pair := range Split(t, "&") {
		if Empty(pair) {
			continue
		}
		name, value, _ := Cut(pair, "=")
		key, ok := Literal(importer.Mapped(name, unescaped))
		if !ok {
			return nil, errors.New("a variable stands for the name of a parameter, or for several of them")
		}
		value = importer.Mapped(value, unescaped)
		if !valid(value) || !utf8.ValidString(key) {
			return nil, errEncoding
		}
		fields = append(fields, importer.Field{Name: key, Value: value})
	}
	return fields, nil
}

func valid(t loginwatch.Template) bool {
	for _, text := range t.Texts {
		if !utf8.ValidString(text) {
			return false
		}
	}
	return true
}

func unescaped(text string) string {
	if !strings.ContainsAny(text, "%+") {
		return text
	}
	plain := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '+':
			plain = append(plain, ' ')
		case text[i] == '%' && i+2 < len(text) && hex(text[i+1]) >= 0 && hex(text[i+2]) >= 0:
			plain = append(plain, byte(hex(text[i+1])<<4|hex(text[i+2])))
			i += 2
		default:
			plain = append(plain, text[i])
		}
	}
	return string(plain)
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
