// Package leak finds secrets, and pieces of them, in what a program printed or wrote. It is
// a help of tests.
package leak

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"net/url"
	"strconv"
	"strings"
)

// Piece is how many characters of a secret tell too much, wherever they stand.
const Piece = 8

// Needle is a piece of a secret in one of the forms that it may be written in.
type Needle struct {
	Text, Form string
	Secret     string // its name
}

// Haystack finds needles in much text: most places are passed over by one bit.
type Haystack struct {
	Searched int // bytes so far

	needles map[uint64][]Needle // by their first eight bytes
	bits    [1 << 18]uint64
	secrets int
	forms   map[string]bool
}

// New looks for secrets, which have names, of which none may be shorter than a piece.
func New(secrets map[string]string) *Haystack {
	h := &Haystack{needles: map[uint64][]Needle{}, forms: map[string]bool{}, secrets: len(secrets)}
	for name, s := range secrets {
		for i := range len(s) - Piece + 1 {
			for form, text := range Written(s[i : i+Piece]) {
				h.add(Needle{text, form, name})
			}
			if i+Piece+2 <= len(s) { // another case leaves fewer texts apart
				h.add(Needle{strings.ToLower(s[i : i+Piece+2]), "lower case", name})
			}
		}
	}
	return h
}

// String implements [fmt.Stringer]: what is looked for.
func (h *Haystack) String() string {
	return fmt.Sprintf("%d secrets as pieces of %d characters in %d forms, %d needles", h.secrets, Piece, len(h.forms), len(h.needles))
}

func (h *Haystack) add(n Needle) {
	h.forms[n.Form] = true
	key := binary.LittleEndian.Uint64([]byte(n.Text))
	h.needles[key] = append(h.needles[key], n)
	h.bits[slot(key)>>6] |= 1 << (slot(key) & 63)
}

// slot is where the bit of eight bytes is, of 2^24.
func slot(key uint64) uint64 { return key * 0x9e3779b97f4a7c15 >> 40 }

// Written is a piece of a secret in every form that our outputs or a vendor may give it.
func Written(p string) map[string]string {
	forms := map[string]string{"plain": p}
	quoted, _ := json.Marshal(p)
	var unescaped, escaped bytes.Buffer
	lines := json.NewEncoder(&unescaped)
	lines.SetEscapeHTML(false)
	_ = lines.Encode(p)
	_ = xml.EscapeText(&escaped, []byte(p))
	percent := func(format string) string {
		var b strings.Builder
		for _, c := range []byte(p) {
			fmt.Fprintf(&b, format, c)
		}
		return b.String()
	}
	inner := strings.Trim(string(quoted), `"`)
	for form, text := range map[string]string{
		"JSON": inner, "JSON without <": strings.Trim(strings.TrimSpace(unescaped.String()), `"`), "Go": strings.Trim(strconv.Quote(p), `"`),
		"HTML": html.EscapeString(p), "XML": escaped.String(), "JSON in HTML": html.EscapeString(inner), "HTML in JSON": strings.ReplaceAll(html.EscapeString(p), "&", `\u0026`),
		"query": url.QueryEscape(p), "path": url.PathEscape(p), "percent": percent("%%%02X"), "percent, lower case": percent("%%%02x"), "hex": hex.EncodeToString([]byte(p)), "HEX": percent("%02X"),
	} {
		if text != p {
			forms[form] = text
		}
	}
	for offset := range 3 { // what else is encoded may stand before it
		for form, of := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			all := of.EncodeToString([]byte(strings.Repeat("\x00", offset) + p))
			forms[fmt.Sprintf("%s+%d", form, offset)] = all[(offset*8+5)/6 : (offset+len(p))*8/6]
		}
	}
	return forms
}

// Find tells what a text gives away, also where it is compressed.
func (h *Haystack) Find(text []byte) []Needle {
	found := h.scan(text)
	for at := bytes.Index(text, []byte("\x1f\x8b\x08")); at >= 0; {
		if r, err := gzip.NewReader(bytes.NewReader(text[at:])); err == nil {
			opened, _ := io.ReadAll(io.LimitReader(r, 64<<20))
			found = append(found, h.scan(opened)...)
		}
		next := bytes.Index(text[at+1:], []byte("\x1f\x8b\x08"))
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return found
}

func (h *Haystack) scan(text []byte) []Needle {
	h.Searched += len(text)
	return append(h.pass(text), h.pass(bytes.ToLower(text))...)
}

func (h *Haystack) pass(text []byte) (found []Needle) {
	for i := 0; i+Piece <= len(text); i++ {
		key := binary.LittleEndian.Uint64(text[i:])
		if h.bits[slot(key)>>6]&(1<<(slot(key)&63)) == 0 {
			continue
		}
		for _, n := range h.needles[key] {
			if bytes.HasPrefix(text[i:], []byte(n.Text)) {
				found = append(found, n)
			}
		}
	}
	return found
}
