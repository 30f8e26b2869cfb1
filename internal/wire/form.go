package wire

import (
	"errors"
	"net/url"
)

// Form writes an object as application/x-www-form-urlencoded.
func Form(body any) ([]byte, error) {
	members, ok := body.(map[string]any)
	if !ok {
		return nil, errors.New("a form is an object")
	}
	values := url.Values{}
	for key, v := range members {
		switch v := v.(type) {
		case string:
			values.Add(key, v)
		case []any:
			for _, item := range v {
				text, ok := item.(string)
				if !ok {
					return nil, errors.New("a form holds texts")
				}
				values.Add(key, text)
			}
		default:
			return nil, errors.New("a form holds texts")
		}
	}
	return []byte(values.Encode()), nil
}
