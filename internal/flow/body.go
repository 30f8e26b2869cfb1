package flow

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// body writes the request's body by the rules of its format, which alone decide
// where a value ends. The boundary is multipart's.
func (c *composer) body(caseID string, request loginwatch.CaseRequest) (body []byte, boundary string, err error) {
	if request.Raw != "" {
		return []byte(request.Raw), "", nil
	}
	if request.Body == nil {
		return nil, "", nil
	}
	switch request.Format {
	case loginwatch.BodyForm:
		value, err := c.expandValue(request.Body)
		if err != nil {
			return nil, "", err
		}
		body, err = wire.Form(value)
		return body, "", ofCase(caseID, err)
	default:
		value, err := c.expandValue(request.Body)
		if err != nil {
			return nil, "", err
		}
		body, err = encodeJSON(value)
		return body, "", ofCase(caseID, err)
	}
}

func ofCase(id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("case %s: the body can't be encoded: %w", id, err)
}

func encodeJSON(value any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return nil, fmt.Errorf("not JSON (%T)", err) // the error's text may quote a value
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
