package guard

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// DecodeXML gives the value of an XML 1.0 document: an element is an object of its
// attributes ("@name"), its elements and its text ("#text"), or that text alone
// where it has neither of the others; several elements of one name are an array.
// Names are without prefixes, and declarations of namespaces are left out. The
// document is an object with the root element as its one member.
//
// It reads strictly and in one pass whose time is linear: no document type, so no
// entity but the five predefined ones, no processing instruction but the XML
// declaration, no other encoding than UTF-8.
func DecodeXML(body []byte, l Limits) (any, *Refusal) {
	if len(body) > l.Bytes {
		return nil, &Refusal{Cause: TooLarge, Offset: l.Bytes}
	}
	x := &xmlReader{in: body, limits: l, prefixes: map[string]int{"xml": 1}, names: map[string]string{}}
	if r := x.characters(); r != nil {
		return nil, r
	}
	return x.document()
}

// xmlReader reads one document.
type xmlReader struct {
	in       []byte
	at       int
	limits   Limits
	first    int // where the document begins: behind a byte order mark
	tokens   int
	open     []xmlElement
	prefixes map[string]int    // declared in the elements that are open, and how often
	names    map[string]string // each name once: the same ones come again and again
}

// xmlShare is the part of the tokens of a JSON body that an XML body may have: an
// element costs several times what a member does.
const xmlShare = 4

// xmlElement is one element whose end has not come yet.
type xmlElement struct {
	name     []byte // as written, with its prefix
	members  map[string]any
	text     []byte
	own      bool            // text is ours, and no piece of the document
	elements bool            // it has some
	declared map[string]bool // prefixes
}

// add appends to an element's text, of which most have one piece.
func (e *xmlElement) add(text []byte) {
	switch {
	case len(e.text) == 0 && !e.own:
		e.text = text
	case !e.own:
		e.text, e.own = append(bytes.Clone(e.text), text...), true
	default:
		e.text = append(e.text, text...)
	}
}

// characters refuses what no XML document may hold (XML 1.0, 2.2), wherever it stands.
func (x *xmlReader) characters() *Refusal {
	if bytes.HasPrefix(x.in, []byte("\xff\xfe")) || bytes.HasPrefix(x.in, []byte("\xfe\xff")) {
		return &Refusal{Cause: Encoding} // UTF-16
	}
	for i := 0; i < len(x.in); {
		c := x.in[i]
		if c >= ' ' && c < utf8.RuneSelf || c == '\t' || c == '\n' || c == '\r' {
			i++
			continue
		}
		r, size := utf8.DecodeRune(x.in[i:])
		switch {
		case c < ' ' || r == '\ufffe' || r == '\uffff':
			return &Refusal{Cause: Syntax, Offset: i}
		case r == utf8.RuneError && size <= 1:
			return &Refusal{Cause: Encoding, Offset: i}
		}
		i += size
	}
	if bytes.HasPrefix(x.in, []byte("\ufeff")) {
		x.at = len("\ufeff")
	}
	x.first = x.at
	return nil
}

func (x *xmlReader) refuse(c Cause) *Refusal {
	if c == Syntax && x.at >= len(x.in) {
		c = Truncated
	}
	return &Refusal{Cause: c, Offset: min(x.at, len(x.in))}
}

func (x *xmlReader) starts(with string) bool { return bytes.HasPrefix(x.in[x.at:], []byte(with)) }

func (x *xmlReader) blank() (some bool) {
	for x.at < len(x.in) && isBlank(x.in[x.at]) {
		x.at, some = x.at+1, true
	}
	return some
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func (x *xmlReader) document() (any, *Refusal) {
	if r := x.declaration(); r != nil {
		return nil, r
	}
	if r := x.misc(); r != nil {
		return nil, r
	}
	if x.at >= len(x.in) {
		return nil, &Refusal{Cause: Empty, Offset: len(x.in)}
	}
	root := map[string]any{}
	if !x.starts("<") {
		return nil, x.refuse(Syntax)
	}
	if r := x.start(root); r != nil {
		return nil, r
	}
	if r := x.content(root); r != nil {
		return nil, r
	}
	if r := x.misc(); r != nil {
		return nil, r
	}
	if x.at < len(x.in) {
		return nil, x.refuse(Trailing)
	}
	return root, nil
}

// xmlDeclaration is all that may stand in one (XML 1.0, 2.8).
var xmlDeclaration = regexp.MustCompile(`^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.0"|'1\.0')` +
	`(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"([A-Za-z][A-Za-z0-9._-]*)"|'([A-Za-z][A-Za-z0-9._-]*)'))?` +
	`(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>`)

// declaration reads "<?xml … ?>". Another encoding than ours would have to be undone
// first.
func (x *xmlReader) declaration() *Refusal {
	if !x.starts("<?xml") || x.at+5 >= len(x.in) || !isBlank(x.in[x.at+5]) {
		return nil
	}
	n := bytes.Index(x.in[x.at:], []byte("?>"))
	if n < 0 {
		return &Refusal{Cause: Truncated, Offset: len(x.in)}
	}
	said := xmlDeclaration.FindSubmatch(x.in[x.at : x.at+n+2])
	if said == nil {
		return x.refuse(Syntax)
	}
	switch strings.ToLower(string(said[1]) + string(said[2])) {
	case "", "utf-8":
	case "us-ascii":
		for i, c := range x.in[x.at:] {
			if c >= utf8.RuneSelf {
				return &Refusal{Cause: Encoding, Offset: x.at + i}
			}
		}
	default:
		return x.refuse(Encoding)
	}
	x.at += n + 2
	return nil
}

// misc passes over white space and comments.
func (x *xmlReader) misc() *Refusal {
	for {
		x.blank()
		if !x.starts("<!--") {
			return nil
		}
		if r := x.comment(); r != nil {
			return r
		}
	}
}

func (x *xmlReader) comment() *Refusal {
	n := bytes.Index(x.in[x.at+4:], []byte("--"))
	if n < 0 {
		return &Refusal{Cause: Truncated, Offset: len(x.in)}
	}
	if x.at += 4 + n + 2; x.at >= len(x.in) || x.in[x.at] != '>' {
		return x.refuse(Syntax) // two hyphens end a comment (XML 1.0, 2.5)
	}
	x.at++
	return nil
}

// content reads all that is in the root element, and its end.
func (x *xmlReader) content(root map[string]any) *Refusal {
	for len(x.open) > 0 {
		var r *Refusal
		switch {
		case x.at >= len(x.in):
			r = x.refuse(Truncated)
		case x.in[x.at] != '<':
			r = x.characterData()
		case x.starts("<!--"):
			r = x.comment()
		case x.starts("<![CDATA["):
			r = x.cdata()
		case x.starts("</"):
			r = x.end(root)
		default:
			r = x.start(root)
		}
		if r != nil {
			return r
		}
	}
	return nil
}

func (x *xmlReader) characterData() *Refusal {
	n := bytes.IndexByte(x.in[x.at:], '<')
	if n < 0 {
		return &Refusal{Cause: Truncated, Offset: len(x.in)}
	}
	text := x.in[x.at : x.at+n]
	if i := bytes.Index(text, []byte("]]>")); i >= 0 {
		x.at += i
		return x.refuse(Syntax) // XML 1.0, 2.4
	}
	plain, r := x.references(text, lines)
	x.open[len(x.open)-1].add(plain)
	x.at += n
	return r
}

func (x *xmlReader) cdata() *Refusal {
	x.at += len("<![CDATA[")
	n := bytes.Index(x.in[x.at:], []byte("]]>"))
	if n < 0 {
		return &Refusal{Cause: Truncated, Offset: len(x.in)}
	}
	x.open[len(x.open)-1].add(lines(x.in[x.at : x.at+n]))
	x.at += n + 3
	return nil
}

// lines gives text with each end of a line as one newline (XML 1.0, 2.11).
func lines(text []byte) []byte {
	if bytes.IndexByte(text, '\r') < 0 {
		return text
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
}

// spaces gives the text of an attribute with each white space as a blank (XML 1.0,
// 3.3.3); what a reference stands for stays.
func spaces(text []byte) []byte {
	text = lines(text)
	if bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\t') < 0 {
		return text
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\n"), []byte(" ")), []byte("\t"), []byte(" "))
}

var predefined = map[string]string{"lt": "<", "gt": ">", "amp": "&", "apos": "'", "quot": `"`}

// referenceLength is more than any that is written by a program: a number may begin
// with zeros.
const referenceLength = 32

// references gives text with its references undone (XML 1.0, 4.1 and 4.6) and the
// rest as plain has it. The text begins where the reader stands.
func (x *xmlReader) references(text []byte, plain func([]byte) []byte) ([]byte, *Refusal) {
	if bytes.IndexByte(text, '&') < 0 {
		return plain(text), nil
	}
	out := make([]byte, 0, len(text))
	for at := 0; ; {
		n := bytes.IndexByte(text[at:], '&')
		if n < 0 {
			return append(out, plain(text[at:])...), nil
		}
		out = append(out, plain(text[at:at+n])...)
		at += n
		semicolon := bytes.IndexByte(text[at:min(len(text), at+referenceLength)], ';')
		if semicolon < 0 {
			return nil, &Refusal{Cause: Syntax, Offset: x.at + at}
		}
		name := string(text[at+1 : at+semicolon])
		if value, ok := predefined[name]; ok {
			out = append(out, value...)
		} else if c, ok := character(name); ok {
			out = utf8.AppendRune(out, c)
		} else {
			return nil, &Refusal{Cause: Syntax, Offset: x.at + at}
		}
		at += semicolon + 1
	}
}

// character reads what stands between "&" and ";" of a character reference.
func character(name string) (rune, bool) {
	digits, isNumber := strings.CutPrefix(name, "#")
	base := 10
	if hex, isHex := strings.CutPrefix(digits, "x"); isHex {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	c := rune(n)
	legal := c == '\t' || c == '\n' || c == '\r' || c >= ' ' && c <= 0xd7ff || c >= 0xe000 && c <= 0xfffd || c >= 0x10000 && c <= utf8.MaxRune
	return c, isNumber && err == nil && legal
}
