package schema

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// places knows where every member of a JSON text stands, by JSON Pointer.
type places struct {
	data   []byte
	keys   map[string]span
	values map[string]span
}

type span struct{ start, end int } // bytes

// index reads a text that is known to be JSON.
func indexPlaces(data []byte) *places {
	p := &places{data: data, keys: map[string]span{}, values: map[string]span{}}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	p.value(d, "")
	return p
}

// PlaceOf gives the place of the value that pointer names in a text that is known to
// be JSON, and its width in characters; without a line when there is none.
func PlaceOf(file string, data []byte, pointer string) (at loginwatch.Pos, width int) {
	p := indexPlaces(data)
	s, found := p.values[pointer]
	if !found {
		return loginwatch.Pos{File: file}, 0
	}
	return p.pos(file, s.start), utf8.RuneCount(data[s.start:s.end])
}

// next reads one token and its place. The decoder tells where a token ends; it
// starts after what may stand between two.
func (p *places) next(d *json.Decoder) (json.Token, span) {
	start := int(d.InputOffset())
	t, err := d.Token()
	if err != nil {
		return nil, span{}
	}
	for start < len(p.data) && strings.IndexByte(" \t\r\n,:", p.data[start]) >= 0 {
		start++
	}
	return t, span{start, int(d.InputOffset())}
}

func (p *places) value(d *json.Decoder, pointer string) {
	t, at := p.next(d)
	p.values[pointer] = at
	delim, ok := t.(json.Delim)
	if !ok {
		return
	}
	for i := 0; d.More(); i++ {
		if delim == '[' {
			p.value(d, pointer+"/"+strconv.Itoa(i))
			continue
		}
		name, key := p.next(d)
		text, ok := name.(string)
		if !ok {
			return
		}
		sub := tree.JoinPointer(pointer, text)
		p.keys[sub] = key
		p.value(d, sub)
	}
	p.next(d)
}

// ofKey is the place of the member that loc names, or of the item.
func (p *places) ofKey(file, loc string) loginwatch.Pos {
	if p == nil {
		return loginwatch.Pos{File: file}
	}
	if s, ok := p.keys[loc]; ok {
		return p.pos(file, s.start)
	}
	return p.ofValue(file, loc)
}

func (p *places) ofValue(file, loc string) loginwatch.Pos {
	if p != nil {
		if s, ok := p.values[loc]; ok {
			return p.pos(file, s.start)
		}
	}
	return loginwatch.Pos{File: file}
}

func (p *places) pos(file string, offset int) loginwatch.Pos {
	before := p.data[:offset]
	line := bytes.LastIndexByte(before, '\n') + 1
	return loginwatch.Pos{
		File:   file,
		Line:   bytes.Count(before, []byte{'\n'}) + 1,
		Column: utf8.RuneCount(before[line:]) + 1,
	}
}

// problem is one at loc: at its key or at its value.
func (p *places) problem(file, loc string, onValue bool, message string) loginwatch.Problem {
	out := loginwatch.Problem{Pos: loginwatch.Pos{File: file}, Message: message}
	if p == nil {
		return out
	}
	s, ok := p.keys[loc]
	if !ok || onValue {
		s = p.values[loc]
	}
	return p.at(file, s, message)
}

func (p *places) at(file string, s span, message string) loginwatch.Problem {
	line, _, _ := bytes.Cut(p.data[bytes.LastIndexByte(p.data[:s.start], '\n')+1:], []byte{'\n'})
	return loginwatch.Problem{
		Pos:     p.pos(file, s.start),
		Message: message,
		Source:  strings.TrimSuffix(string(line), "\r"),
		Width:   utf8.RuneCount(p.data[s.start:s.end]),
	}
}
