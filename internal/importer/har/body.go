package har

import (
	"encoding/base64"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/request"
)

// uploadHeaders are those that Firefox puts before the body of a form that a page sends.
var uploadHeaders = regexp.MustCompile(`^(?:Content-(?:Type|Length): [^\r\n]*\r?\n)+\r?\n`)

// body takes what a request carries. Where text and fields are given the text counts:
// only it is what was sent.
func (r *reader) body(q *importer.Request, p *posted, contentType string) {
	if p == nil {
		return
	}
	if contentType == "" {
		contentType = p.MimeType
	}
	text := p.Text
	if p.Encoding == "base64" {
		plain, err := base64.StdEncoding.DecodeString(text)
		if err != nil || !utf8.Valid(plain) {
			r.remark("the body of a request is no text: it is left out")
			return
		}
		text = string(plain)
	}
	if text = uploadHeaders.ReplaceAllString(text, ""); text != "" {
		var said string
		if q.Body, said = request.Body(contentType, importer.Plain(text)); said != "" {
			r.remark(said)
		}
		return
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err == nil && kind == request.Multipart {
		contentType = request.Multipart
	}
	var fields []importer.Field
	for _, field := range p.Params {
		if field.FileName != "" {
			r.remark(request.FileLeft)
			continue
		}
		fields = append(fields, importer.Field{Name: field.Name, Value: importer.Plain(field.Value)})
	}
	if fields != nil {
		q.Body = &importer.Body{ContentType: contentType, Fields: fields}
	}
}

// answer takes the answer of an entry.
func (r *reader) answer(e *entry) importer.Answer {
	a := importer.Answer{At: r.at, Status: e.Response.Status, ContentType: answerType(e)}
	named := map[string]bool{}
	for _, h := range e.Response.Headers {
		if strings.HasPrefix(h.Name, ":") {
			continue // of HTTP/2
		}
		named[strings.ToLower(h.Name)] = true
		for value := range strings.SplitSeq(h.Value, "\n") { // several of one name, in one
			a.Headers = append(a.Headers, importer.AnswerHeader{Name: h.Name, Value: value})
		}
	}
	for _, c := range e.Response.Cookies {
		if !named["set-cookie"] {
			a.Headers = append(a.Headers, importer.AnswerHeader{Name: "Set-Cookie", Value: c.Name + "=" + c.Value})
		}
	}
	if e.Response.RedirectURL != "" && !named["location"] {
		a.Headers = append(a.Headers, importer.AnswerHeader{Name: "Location", Value: e.Response.RedirectURL})
	}
	r.private = r.private || named["set-cookie"] || len(e.Response.Cookies) > 0
	a.Body = r.answerBody(e.Response.Content)
	return a
}

const longWords = "the body of an answer is longer than loginwatch reads: it is left out"

// answerBody takes the body of an answer, if loginwatch would read one as long.
func (r *reader) answerBody(c content) []byte {
	if c.Text == nil || *c.Text == "" {
		if c.Size > 0 {
			r.remark(bodilessWords)
		}
		return nil
	}
	if len(*c.Text) > base64.StdEncoding.EncodedLen(loginwatch.BodyLimit) {
		r.remark(longWords)
		return nil
	}
	body := []byte(*c.Text)
	if c.Encoding == "base64" {
		plain, err := base64.StdEncoding.DecodeString(*c.Text)
		if err != nil {
			r.remark("the body of an answer is no base64, as the archive says: it is left out")
			return nil
		}
		body = plain
	}
	if len(body) > loginwatch.BodyLimit {
		r.remark(longWords)
		return nil
	}
	return body
}
