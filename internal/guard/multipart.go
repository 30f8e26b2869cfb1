package guard

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"
)

// partHeaders is how many bytes the headers of a part may have: they name a field.
const partHeaders = 1 << 10

// DecodeMultipart gives the value of a multipart/form-data body (RFC 7578) whose
// parts are texts: an object of them. It reads what clients write: nothing before the
// first boundary or behind the last, no part without a name, no name twice.
func DecodeMultipart(body []byte, boundary string, l Limits) (any, *Refusal) {
	switch {
	case len(body) > l.Bytes:
		return nil, &Refusal{Cause: TooLarge, Offset: l.Bytes}
	case boundary == "" || len(boundary) > 70: // RFC 2046, 5.1.1
		return nil, &Refusal{Cause: Syntax}
	}
	delimiter, out, at := []byte("\r\n--"+boundary), map[string]any{}, 0
	refuse := func(c Cause) (any, *Refusal) { return nil, &Refusal{Cause: c, Offset: at} }
	rest := append([]byte("\r\n"), body...) // the first boundary begins the body
	for {
		at = max(0, len(body)-len(rest))
		if !bytes.HasPrefix(rest, delimiter) {
			if bytes.HasPrefix(delimiter, rest) {
				return refuse(Truncated)
			}
			return refuse(Syntax)
		}
		rest = rest[len(delimiter):]
		if end, isEnd := bytes.CutPrefix(rest, []byte("--")); isEnd {
			if len(bytes.TrimSpace(end)) > 0 {
				return refuse(Trailing)
			}
			return out, nil
		}
		name, value, after, cause := part(rest, delimiter)
		switch _, twice := out[name]; {
		case cause != "":
			return refuse(cause)
		case twice:
			return refuse(DuplicateKey)
		case (len(out)+1)*partTokens > l.Tokens:
			return refuse(TooManyTokens)
		}
		out[name], rest = value, after
	}
}

// partTokens is how many tokens of a JSON body one part counts as, by what reading it
// costs.
const partTokens = 40

// part reads one part behind its boundary, up to the next one.
func part(rest, delimiter []byte) (name, value string, after []byte, cause Cause) {
	rest, ok := bytes.CutPrefix(rest, []byte("\r\n"))
	if !ok {
		return "", "", nil, unfinished(rest)
	}
	head, text, ok := bytes.Cut(rest, []byte("\r\n\r\n"))
	if !ok {
		return "", "", nil, Truncated
	}
	if len(head) > partHeaders {
		return "", "", nil, TooManyTokens
	}
	for line := range strings.SplitSeq(string(head), "\r\n") {
		key, disposition, _ := strings.Cut(line, ":")
		if !strings.EqualFold(key, "Content-Disposition") {
			continue
		}
		kind, parameters, err := mime.ParseMediaType(disposition)
		if err != nil || kind != "form-data" || name != "" {
			return "", "", nil, Syntax
		}
		name = parameters["name"]
	}
	n := bytes.Index(text, delimiter)
	switch {
	case name == "":
		return "", "", nil, Syntax
	case n < 0:
		return "", "", nil, Truncated
	case !utf8.Valid(text[:n]):
		return "", "", nil, Encoding
	}
	return name, string(text[:n]), text[n:], ""
}

// unfinished tells the end of a body from what is none.
func unfinished(rest []byte) Cause {
	if len(rest) < len("\r\n") {
		return Truncated
	}
	return Syntax
}
