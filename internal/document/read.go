package document

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/transform"
)

// MaxBytes bounds what is read. The largest pages that packs cite have some two million.
const MaxBytes = 8 << 20

var errNoText = errors.New("it is neither HTML nor Markdown nor plain text: save it as text")

// few is the number of words below which a page is none: it has to be made by its
// scripts, or is a notice.
const few = 25

// Source is what was found of a document.
type Source struct {
	Data []byte
	Name string // of its file, or the path of its address
	Type string // its Content-Type, when it was fetched
}

// Read reads HTML, Markdown and plain text in any encoding that browsers know. An
// error says why it can't be read, and holds no word of it.
func Read(s Source) (*Text, error) {
	if len(s.Data) > MaxBytes {
		return nil, fmt.Errorf("it is larger than %d MiB", MaxBytes>>20)
	}
	data, err := decode(s)
	if err != nil {
		return nil, err
	}
	kind := kindOf(s, data)
	if kind == "" {
		return nil, errNoText
	}
	var t *Text
	switch kind {
	case "html":
		t, err = HTML(data)
	case "markdown":
		t, err = Markdown(data)
	default:
		t = Plain(string(data))
	}
	switch {
	case err != nil:
		return nil, err
	case t.Words() == 0:
		return nil, errors.New("it has no text")
	case kind == "html" && t.Words() < few && bytes.Contains(bytes.ToLower(data), []byte("<script")):
		return nil, fmt.Errorf("it has %s and scripts: only a browser makes a page of it; save what that shows", plural(t.Words(), "word"))
	}
	return t, nil
}

var beginsHTML = regexp.MustCompile(`(?i)^(\x{feff})?\s*(<\?xml[^>]*>\s*)?(?s:<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b`)

// kindOf tells what a document is written in; "" for what is no text.
func kindOf(s Source, data []byte) string {
	kind, _, err := mime.ParseMediaType(s.Type)
	ext := strings.ToLower(path.Ext(s.Name))
	switch {
	case err == nil && (kind == "text/html" || kind == "application/xhtml+xml"):
		return "html"
	case kind == "text/markdown" || kind == "text/x-markdown" || ext == ".md" || ext == ".markdown":
		return "markdown"
	case err == nil && !strings.HasPrefix(kind, "text/") && !strings.HasSuffix(kind, "json") && !strings.HasSuffix(kind, "yaml"):
		return ""
	case kind != "text/plain" && (ext == ".html" || ext == ".htm" || ext == ".xhtml" || beginsHTML.Match(data[:min(4096, len(data))])):
		return "html"
	}
	return "plain"
}

// decode gives a document in UTF-8. What names no encoding and is valid UTF-8 is that.
func decode(s Source) ([]byte, error) {
	if bytes.HasPrefix(s.Data, []byte("%PDF-")) || bytes.HasPrefix(s.Data, []byte("PK\x03\x04")) {
		return nil, errNoText
	}
	e, _, certain := charset.DetermineEncoding(s.Data[:min(1024, len(s.Data))], s.Type)
	if !certain && utf8.Valid(s.Data) {
		return s.Data, notText(s.Data)
	}
	data, _, err := transform.Bytes(e.NewDecoder(), s.Data)
	if err != nil {
		return nil, errors.New("its encoding is broken")
	}
	return data, notText(data)
}

func notText(data []byte) error {
	if bytes.IndexByte(data, 0) >= 0 {
		return errors.New("it is no text: it has zero bytes")
	}
	return nil
}

// Decode gives what was found in UTF-8, and the ending that a file's name has for what
// it is written in: .html, .md or .txt.
func Decode(s Source) (data []byte, ending string, err error) {
	if data, err = decode(s); err != nil {
		return nil, "", err
	}
	switch kindOf(s, data) {
	case "html":
		return data, ".html", nil
	case "markdown":
		return data, ".md", nil
	}
	return data, ".txt", nil
}
