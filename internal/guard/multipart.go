package guard

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"unicode/utf8"
)

// DecodeMultipart reads multipart/form-data (RFC 7578) whose fields are texts.
func DecodeMultipart(data []byte, boundary string, l Limits) (any, *Refusal) {
	r := multipart.NewReader(bytes.NewReader(data), boundary)
	out := map[string]any{}
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, &Refusal{Cause: Syntax}
		}
		value, err := io.ReadAll(p)
		if _, twice := out[p.FormName()]; err != nil || twice || p.FormName() == "" || !utf8.Valid(value) {
			return nil, &Refusal{Cause: Syntax}
		}
		out[p.FormName()] = string(value)
	}
}
