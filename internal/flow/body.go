package flow

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

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
	if text, isText := request.Body.(string); isText && (request.Format == loginwatch.BodyText || request.Format == loginwatch.BodyXML) {
		body, err := c.text(request.Format, text)
		return []byte(body), "", err
	}
	value, err := c.expandValue(request.Body)
	if err != nil {
		return nil, "", err
	}
	switch request.Format {
	case loginwatch.BodyForm:
		body, err = wire.Form(value)
	case loginwatch.BodyMultipart:
		boundary = strings.ToLower(rand.Text()) // random, so that no value can hold it but by guessing
		body, err = wire.Multipart(value, boundary)
	default:
		if !inUTF8(value) {
			return nil, "", fmt.Errorf("case %s: JSON: %w", caseID, ErrUnusable) // an encoder would change it
		}
		body, err = encodeJSON(value)
	}
	if err != nil {
		return nil, "", fmt.Errorf("case %s: the body can't be encoded: %w", caseID, err)
	}
	return body, boundary, nil
}

// text fills in a body that is one text; in XML each value is escaped.
func (c *composer) text(format loginwatch.BodyFormat, template string) (string, error) {
	if format == loginwatch.BodyXML {
		return c.expandWith(template, func(value string) (string, error) {
			escaped, err := wire.EscapeXML(value)
			if err != nil {
				err = fmt.Errorf("XML: %w: %w", ErrUnusable, err)
			}
			return escaped, err
		})
	}
	return c.expand(template)
}

// inUTF8 tells whether every text of a JSON value can be written.
func inUTF8(value any) bool {
	switch v := value.(type) {
	case string:
		return utf8.ValidString(v)
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !inUTF8(item) })
	case map[string]any:
		for _, member := range v {
			if !inUTF8(member) {
				return false
			}
		}
	}
	return true
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
