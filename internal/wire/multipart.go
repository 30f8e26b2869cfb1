package wire

import (
	"bytes"
	"errors"
	"maps"
	"mime/multipart"
	"slices"
	"strings"
)

// Multipart writes an object of texts as multipart/form-data (RFC 7578). A value
// that holds the boundary would end its field, so it is an error.
func Multipart(body any, boundary string) ([]byte, error) {
	members, ok := body.(map[string]any)
	if !ok {
		return nil, errors.New("multipart form data is an object")
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(boundary); err != nil {
		return nil, errors.New("the boundary is none")
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		text, ok := members[name].(string)
		switch {
		case !ok:
			return nil, errors.New("multipart form data holds texts")
		case name == "" || strings.ContainsAny(name, "\r\n"):
			return nil, errors.New("a field has no name, or one of several lines")
		case strings.Contains(text, boundary):
			return nil, errors.New("a value holds the boundary")
		}
		if err := w.WriteField(name, text); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}
