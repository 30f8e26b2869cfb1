package guard

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// name reads a name with at most one prefix (Namespaces in XML, 4).
func (x *xmlReader) name() (prefix, local string, r *Refusal) {
	from := x.at
	for x.at < len(x.in) && nameByte(x.in[x.at]) {
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
	return prefix, local, nil
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
	if len(x.open) >= x.limits.Depth {
		return x.refuse(TooDeep)
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
	value, r := x.references(raw)
	if r != nil {
		return "", r
	}
	x.at += n + 1
	switch {
	case prefix == "xmlns":
		x.prefixes[local]++
		e.declared = append(e.declared, local)
		return "", nil
	case prefix == "" && local == "xmlns":
		return "", nil
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
	for _, p := range e.declared {
		x.prefixes[p]--
	}
	var value any = string(e.text)
	if e.members != nil {
		text := string(e.text)
		if e.elements {
			text = strings.TrimSpace(text)
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
