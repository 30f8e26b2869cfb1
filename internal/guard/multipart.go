package guard

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"unicode/utf8"
)

// DecodeMultipart gives the value of a multipart/form-data body (RFC 7578) whose
// parts are texts: an object of them. A part without a name and a name that comes twice
// are refused.
func DecodeMultipart(body []byte, boundary string, l Limits) (any, *Refusal) {
	switch {
	case len(body) > l.Bytes:
		return nil, &Refusal{Cause: TooLarge, Offset: l.Bytes}
	case boundary == "" || len(boundary) > 70: // RFC 2046, 5.1.1
		return nil, &Refusal{Cause: Syntax}
	}
	rest := bytes.NewReader(body)
	r := multipart.NewReader(rest, boundary)
	refuse := func(c Cause) *Refusal { return &Refusal{Cause: c, Offset: len(body) - rest.Len()} }
	out := map[string]any{}
	for {
		p, err := r.NextPart()
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) && !bytes.Contains(body, []byte("--"+boundary+"--")):
			return nil, refuse(Truncated)
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, refuse(Syntax)
		case 2*(len(out)+1) > l.Tokens:
			return nil, refuse(TooManyTokens)
		}
		value, err := io.ReadAll(p) // no more than the body has
		name := p.FormName()
		switch _, twice := out[name]; {
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil, refuse(Truncated)
		case err != nil || name == "":
			return nil, refuse(Syntax)
		case twice:
			return nil, refuse(DuplicateKey)
		case !utf8.Valid(value):
			return nil, refuse(Encoding)
		}
		out[name] = string(value)
	}
}
