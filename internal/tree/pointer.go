package tree

import (
	"strconv"
	"strings"
)

var (
	pointerEscaper   = strings.NewReplacer("~", "~0", "/", "~1")
	pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")
)

// JoinPointer appends one reference token to an RFC 6901 JSON Pointer.
func JoinPointer(pointer, token string) string {
	return pointer + "/" + pointerEscaper.Replace(token)
}

// SplitPointer gives the reference tokens of an RFC 6901 JSON Pointer. The
// empty pointer has none; ok is false when a non-empty one lacks its slash.
func SplitPointer(pointer string) (tokens []string, ok bool) {
	if pointer == "" {
		return nil, true
	}
	if pointer[0] != '/' {
		return nil, false
	}
	tokens = strings.Split(pointer[1:], "/")
	for i, t := range tokens {
		tokens[i] = pointerUnescaper.Replace(t)
	}
	return tokens, true
}

// Lookup finds the value that an RFC 6901 JSON Pointer names in a decoded JSON
// document (map[string]any, []any and scalars).
func Lookup(doc any, pointer string) (value any, found bool) {
	if pointer != "" && pointer[0] != '/' {
		return nil, false
	}
	for pointer != "" {
		token, rest := pointer[1:], ""
		if i := strings.IndexByte(token, '/'); i >= 0 {
			token, rest = token[:i], token[i:]
		}
		pointer = rest
		if strings.IndexByte(token, '~') >= 0 {
			token = pointerUnescaper.Replace(token)
		}
		switch node := doc.(type) {
		case map[string]any:
			var ok bool
			if doc, ok = node[token]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(node) || strconv.Itoa(i) != token {
				return nil, false
			}
			doc = node[i]
		default:
			return nil, false
		}
	}
	return doc, true
}
