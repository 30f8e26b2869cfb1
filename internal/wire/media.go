package wire

import (
	"mime"
	"net/http"
	"slices"
	"strings"
)

const xhtml = "application/xhtml+xml"

func isJSON(mediaType string) bool {
	return mediaType == "application/json" || strings.HasPrefix(mediaType, "application/") && strings.HasSuffix(mediaType, "+json")
}

// mediaTypes reads every line of Content-Type, and every value of a line that
// some gateway joined, tolerantly: a parameter that no parser accepts does not
// hide the type before it. RFC 9110, 8.3 allows one.
func mediaTypes(h http.Header) []string {
	var types []string
	for _, line := range h.Values("Content-Type") {
		for _, value := range List(line) {
			t, _, err := mime.ParseMediaType(value)
			if err != nil {
				t, _, _ = strings.Cut(value, ";")
				t = strings.ToLower(strings.TrimSpace(t))
			}
			if t != "" {
				types = append(types, t)
			}
		}
	}
	return types
}

// List splits a header line at its commas outside quotes (RFC 9110, 5.6.1). What
// stands between commas keeps its blanks.
func List(line string) []string {
	quoted, escaped := false, false
	return strings.FieldsFunc(line, func(r rune) bool {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		default:
			return r == ',' && !quoted
		}
		return false
	})
}

// chosen is the type that the body is held to. Of several the order decides
// nothing: consumers read different ones.
func chosen(types []string) string {
	if i := slices.IndexFunc(types, isJSON); i >= 0 {
		return types[i]
	}
	if len(types) > 0 {
		return types[0]
	}
	return ""
}
