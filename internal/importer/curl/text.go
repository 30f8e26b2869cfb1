package curl

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// decoded gives the text with line feeds at the ends of its lines. Windows PowerShell
// writes files in UTF-16.
func decoded(data []byte) (string, error) {
	if len(data) > Limit {
		return "", &importer.Error{Err: fmt.Errorf("it is longer than %d bytes", Limit)}
	}
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		data = wide(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		data = wide(data[2:], binary.BigEndian)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if at := bytes.IndexByte(data, 0); at >= 0 {
		return "", wrong(data[:at], "a NUL stands in it")
	}
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			return "", wrong(data[:at], "it is no UTF-8")
		}
		at += size
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data)), nil
}

func wrong(before []byte, text string) error {
	return &importer.Error{At: importer.Place{Line: bytes.Count(before, []byte("\n")) + 1}, Err: errors.New(text)}
}

func wide(data []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return []byte(fromUTF16(units))
}

func fromUTF16(units []uint16) string { return string(utf16.Decode(units)) }

// placeholders finds the variables of Postman, which stay as they are in a line that is
// copied from it.
func placeholders(t loginwatch.Template) loginwatch.Template {
	var all []loginwatch.Template
	for i, text := range t.Texts {
		if i > 0 {
			all = append(all, loginwatch.Template{Texts: []string{"", ""}, Names: t.Names[i-1 : i]})
		}
		all = append(all, importer.Between(text, "{{", "}}"))
	}
	return importer.Joined(all...)
}
