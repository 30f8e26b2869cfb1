package guard

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/url"
	"strings"
)

func DecodeForm(data []byte, l Limits) (any, *Refusal) {
	v, err := url.ParseQuery(string(data))
	if err != nil {
		return nil, &Refusal{Cause: Syntax}
	}
	out := map[string]any{}
	for k, vs := range v {
		if len(vs) == 1 {
			out[k] = vs[0]
			continue
		}
		var l []any
		for _, x := range vs {
			l = append(l, x)
		}
		out[k] = l
	}
	return out, nil
}

func DecodeXML(data []byte, l Limits) (any, *Refusal) {
	if bytes.Contains(data, []byte("<!DOCTYPE")) {
		return nil, &Refusal{Cause: Syntax}
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	var read func() (map[string]any, string, error)
	read = func() (map[string]any, string, error) {
		m, text := map[string]any{}, ""
		for {
			t, err := d.Token()
			if err != nil {
				return m, text, err
			}
			switch t := t.(type) {
			case xml.StartElement:
				inner, itext, err := read()
				if err != nil {
					return m, text, err
				}
				for _, a := range t.Attr {
					if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
						inner["@"+a.Name.Local] = a.Value
					}
				}
				if len(inner) == 0 {
					m[t.Name.Local] = itext
				} else {
					m[t.Name.Local] = inner
				}
			case xml.CharData:
				text += string(t)
			case xml.EndElement:
				if len(m) > 0 {
					text = strings.TrimSpace(text)
				}
				return m, text, nil
			}
		}
	}
	m, _, err := read()
	if err != nil && err != io.EOF {
		return nil, &Refusal{Cause: Truncated, Offset: len(data)}
	}
	return m, nil
}
