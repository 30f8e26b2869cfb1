package request

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// The types of forms.
const (
	URLEncoded = "application/x-www-form-urlencoded"
	Multipart  = "multipart/form-data"
)

// What a remark says of a body that is other than its type.
const (
	NoForm      = "the body is no form, though its content type says so"
	NoMultipart = "the body is no multipart form data, though its content type says so"
	FileLeft    = "a file that is sent in a form is left out"
)

// Body reads a body that is sent under a content type: a form becomes its fields, any
// other body stays a text. The remark is "" when all is understood.
func Body(contentType string, text loginwatch.Template) (body *importer.Body, remark string) {
	body = &importer.Body{ContentType: contentType, Text: text}
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return body, ""
	}
	switch kind {
	case URLEncoded:
		fields, ok := form(text)
		if !ok {
			return body, NoForm
		}
		return &importer.Body{ContentType: contentType, Fields: fields}, ""
	case Multipart:
		fields, remark := parts(text, parameters["boundary"])
		if fields == nil {
			return body, remark
		}
		return &importer.Body{ContentType: Multipart, Fields: fields}, remark
	}
	return body, ""
}

// form reads the fields of a form as those who are sent them do (WHATWG URL, 5.1):
// people leave unescaped what curl does not escape either, such as the ! of a password.
// JSON under the type that curl sets by default is no field with a long name, nor is XML
// or a text of several lines.
func form(text loginwatch.Template) ([]importer.Field, bool) {
	for i, part := range text.Texts {
		if strings.ContainsFunc(part, unicode.IsControl) || i == 0 && strings.IndexAny(strings.TrimLeft(part, " "), `{["<`) == 0 {
			return nil, false
		}
	}
	for _, pair := range Split(text, "&") {
		if _, _, found := Cut(pair, "="); !found {
			return nil, false
		}
	}
	fields, err := Pairs(text)
	return fields, err == nil && len(fields) > 0
}

// parts reads multipart form data (RFC 7578) that has no variables in it.
func parts(text loginwatch.Template, boundary string) (fields []importer.Field, remark string) {
	plain, ok := Literal(text)
	if !ok || boundary == "" {
		return nil, NoMultipart
	}
	reader := multipart.NewReader(strings.NewReader(plain), boundary)
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, NoMultipart
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, NoMultipart
		}
		if part.FileName() != "" || !utf8.Valid(value) {
			remark = FileLeft
			continue
		}
		fields = append(fields, importer.Field{Name: part.FormName(), Value: importer.Plain(string(value))})
	}
	if len(fields) == 0 && remark == "" {
		remark = NoMultipart
	}
	return fields, remark
}
