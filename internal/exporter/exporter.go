// Package exporter has what writers of foreign descriptions share: documents whose
// members have an order, YAML and JSON of them, and what a contract's values are in an
// example. The packages below it write one kind of description each, of a contract alone.
//
// It opens no file, sends nothing and knows no secret: where a value has to stand for
// one, it is the contract's demo.
package exporter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Map is an object whose members have an order. Values are Map, []any, string, bool, int,
// [json.Number] and nil.
type Map []Member

// Member is one member of an object.
type Member struct {
	Key   string
	Value any
}

// Set adds a member, or gives the one of that name another value.
func (m *Map) Set(key string, value any) {
	for i := range *m {
		if (*m)[i].Key == key {
			(*m)[i].Value = value
			return
		}
	}
	*m = append(*m, Member{key, value})
}

// Add is Set for what is left out when it is empty: "", an object or a list of nothing,
// false.
func (m *Map) Add(key string, value any) {
	switch v := value.(type) {
	case nil:
		return
	case string:
		if v == "" {
			return
		}
	case bool:
		if !v {
			return
		}
	case Map:
		if len(v) == 0 {
			return
		}
	case []any:
		if len(v) == 0 {
			return
		}
	}
	m.Set(key, value)
}

// Get gives the value of a member; nil when there is none.
func (m Map) Get(key string) any {
	for _, member := range m {
		if member.Key == key {
			return member.Value
		}
	}
	return nil
}

// Texts makes a list of texts.
func Texts[T ~string](texts ...T) []any {
	list := make([]any, 0, len(texts))
	for _, text := range texts {
		list = append(list, string(text))
	}
	return list
}

// Ordered decodes JSON and keeps the order of its members, as whoever wrote it meant it.
func Ordered(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	value, err := ordered(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return value, nil
}

func ordered(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	switch token {
	case json.Delim('{'):
		m, at := Map{}, map[string]int{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, fmt.Errorf("not JSON: %w", err)
			}
			value, err := ordered(d)
			if err != nil {
				return nil, err
			}
			name := fmt.Sprint(key)
			if i, twice := at[name]; twice {
				m[i].Value = value
				continue
			}
			at[name] = len(m)
			m = append(m, Member{name, value})
		}
		_, err = d.Token()
		return m, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			value, err := ordered(d)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err = d.Token()
		return list, err
	}
	return token, nil
}

// MarshalJSON writes the members in their order.
func (m Map) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, member := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := compactJSON(member.Key)
		if err != nil {
			return nil, err
		}
		value, err := compactJSON(member.Value)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func compactJSON(value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// JSON writes a document for people to read.
func JSON(document Map) ([]byte, error) {
	text, err := compactJSON(document)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
