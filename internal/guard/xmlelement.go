package guard

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// name reads a name with at most one prefix (Namespaces in XML, 4).
func (x *xmlReader) name() (prefix, local string, r *Refusal) {
	from := x.at
	ascii := true
	for x.at < len(x.in) && nameByte(x.in[x.at]) {
		ascii = ascii && x.in[x.at] < utf8.RuneSelf
		x.at++
	}
	whole := x.in[from:x.at]
	written, known := x.names[string(whole)]
	if !known {
		written = string(whole)
		x.names[written] = written
	}
	prefix, local, prefixed := strings.Cut(written, ":")
	if !prefixed {
		prefix, local = "", prefix
	}
	if local == "" || prefixed && prefix == "" || strings.ContainsRune(local, ':') || !firstByte(local[0]) || prefixed && !firstByte(prefix[0]) {
		return "", "", x.refuse(Syntax)
	}
	if !ascii && (!isName(local) || prefixed && !isName(prefix)) {
		return "", "", x.refuse(Syntax)
	}
	return prefix, local, nil
}

// nameStart are the characters beyond ASCII that a name may begin with, and nameRest
// those that it may go on with besides (XML 1.0, 2.3).
var (
	nameStart = [][2]rune{
		{0xc0, 0xd6}, {0xd8, 0xf6}, {0xf8, 0x2ff}, {0x370, 0x37d}, {0x37f, 0x1fff}, {0x200c, 0x200d}, {0x2070, 0x218f}, {0x2c00, 0x2fef},
		{0x3001, 0xd7ff}, {0xf900, 0xfdcf}, {0xfdf0, 0xfffd}, {0x10000, 0xeffff},
	}
	nameRest = [][2]rune{{0xb7, 0xb7}, {0x300, 0x36f}, {0x203f, 0x2040}}
)

func isName(text string) bool {
	in := func(ranges [][2]rune, c rune) bool {
		return slices.ContainsFunc(ranges, func(r [2]rune) bool { return c >= r[0] && c <= r[1] })
	}
	for i, c := range text {
		if c >= utf8.RuneSelf && !in(nameStart, c) && (i == 0 || !in(nameRest, c)) {
			return false
		}
	}
	return true
}

func firstByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

func nameByte(c byte) bool {
	return firstByte(c) || c >= '0' && c <= '9' || c == '-' || c == '.' || c == ':'
}

// count counts one element or attribute.
func (x *xmlReader) count() *Refusal {
	if x.tokens++; x.tokens > x.limits.Tokens/xmlShare {
		return x.refuse(TooManyTokens)
	}
	return nil
}

// start reads a start tag, or one that is its element's end too.
func (x *xmlReader) start(root map[string]any) *Refusal {
	switch {
	case len(x.open) >= x.limits.Depth:
		return x.refuse(TooDeep)
	case x.starts("<!DOCTYPE") || x.starts("<?"):
		return x.refuse(Forbidden)
	}
	from := x.at
	x.at++
	prefix, local, r := x.name()
	if r != nil {
		return r
	}
	e := xmlElement{name: x.in[from+1 : x.at]}
	if r := x.count(); r != nil {
		return r
	}
	var used []string // prefixes
	if prefix != "" {
		used = append(used, prefix)
	}
	for {
		spaced := x.blank()
		switch {
		case x.at >= len(x.in):
			return x.refuse(Truncated)
		case x.in[x.at] == '>' || x.starts("/>"):
			for _, p := range used {
				if x.prefixes[p] == 0 {
					return x.refuse(Syntax) // a prefix that nobody declared
				}
			}
			if len(x.open) > 0 {
				x.open[len(x.open)-1].elements = true
			}
			x.open = append(x.open, e)
			if x.in[x.at] == '>' {
				x.at++
				return nil
			}
			x.at += 2
			return x.close(root, local)
		case !spaced:
			return x.refuse(Syntax)
		}
		p, r := x.attribute(&e)
		if r != nil {
			return r
		}
		if p != "" {
			used = append(used, p)
		}
	}
}

// attribute reads one attribute and gives its prefix, if it needs one that is
// declared.
func (x *xmlReader) attribute(e *xmlElement) (prefix string, r *Refusal) {
	if r := x.count(); r != nil {
		return "", r
	}
	prefix, local, r := x.name()
	if r != nil {
		return "", r
	}
	x.blank()
	if !x.starts("=") {
		return "", x.refuse(Syntax)
	}
	x.at++
	x.blank()
	if !x.starts(`"`) && !x.starts("'") {
		return "", x.refuse(Syntax)
	}
	quote := x.in[x.at]
	x.at++
	n := bytes.IndexByte(x.in[x.at:], quote)
	if n < 0 {
		return "", &Refusal{Cause: Truncated, Offset: len(x.in)}
	}
	raw := x.in[x.at : x.at+n]
	if bytes.IndexByte(raw, '<') >= 0 {
		return "", x.refuse(Syntax)
	}
	value, r := x.references(raw, spaces)
	if r != nil {
		return "", r
	}
	x.at += n + 1
	switch {
	case prefix == "xmlns":
		return "", x.declare(e, local, string(value))
	case prefix == "" && local == "xmlns":
		return "", x.declare(e, "", string(value))
	}
	if e.members == nil {
		e.members = map[string]any{}
	}
	if _, twice := e.members["@"+local]; twice {
		return "", x.refuse(DuplicateKey)
	}
	e.members["@"+local] = string(value)
	return prefix, nil
}

const xmlNamespace = "http://www.w3.org/XML/1998/namespace"

// declare books the declaration of a namespace, "" for the one without prefix
// (Namespaces in XML, 3).
func (x *xmlReader) declare(e *xmlElement, prefix, uri string) *Refusal {
	switch {
	case e.declared[prefix]:
		return x.refuse(DuplicateKey)
	case prefix == "":
	case prefix == "xmlns" || uri == "" || (prefix == "xml") != (uri == xmlNamespace):
		return x.refuse(Syntax)
	}
	x.prefixes[prefix]++
	if e.declared == nil {
		e.declared = map[string]bool{}
	}
	e.declared[prefix] = true
	return nil
}

func (x *xmlReader) end(root map[string]any) *Refusal {
	x.at += 2
	from := x.at
	_, local, r := x.name()
	if r != nil {
		return r
	}
	if !bytes.Equal(x.in[from:x.at], x.open[len(x.open)-1].name) {
		return x.refuse(Syntax)
	}
	x.blank()
	if !x.starts(">") {
		return x.refuse(Syntax)
	}
	x.at++
	return x.close(root, local)
}

// close ends the innermost element and adds it to the one around it.
func (x *xmlReader) close(root map[string]any, local string) *Refusal {
	e := x.open[len(x.open)-1]
	x.open = x.open[:len(x.open)-1]
	for p := range e.declared {
		x.prefixes[p]--
	}
	var value any = string(e.text)
	if e.members != nil {
		text := string(e.text)
		if e.elements {
			text = strings.Trim(text, " \t\r\n")
		}
		if text != "" {
			e.members["#text"] = text
		}
		value = e.members
	}
	if len(x.open) == 0 {
		root[local] = value
		return nil
	}
	around := &x.open[len(x.open)-1]
	if around.members == nil {
		around.members = map[string]any{}
	}
	put(around.members, local, value)
	return nil
}
