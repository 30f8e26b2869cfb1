package collection

import (
	"errors"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
)

// The bounds of what variables make of each other, in bytes and in steps.
const (
	longestFilled = 16 << 10
	mostFilled    = 4 << 20
	deepestValue  = 32
)

// MostMade is what the requests of a collection may come to in bytes, about: many can share
// the same headers, and values of an authorization.
const MostMade = 32 << 20

var (
	errCircle = errors.New("the values of these variables lead back to each other")
	// ErrMade is a collection that comes to more than MostMade.
	ErrMade = errors.New("what the collection describes up to here comes to more than 32 MiB")
)

// Values are those of variables, by their names in the collection. Each is filled in once.
type Values struct {
	raw   map[string]string
	done  map[string]filled
	open  map[string]bool
	bytes int // of what is filled in
}

type filled struct {
	text string
	all  bool // each variable in it has a value
}

// NewValues takes values, which may name each other.
func NewValues(raw map[string]string) *Values {
	return &Values{raw: raw, done: map[string]filled{}, open: map[string]bool{}}
}

// Of gives the value of a variable with those of others in it. known is false when it
// names one that has none, or becomes too long: then that stands there by its name.
func (v *Values) Of(name string) (text string, known bool, err error) {
	if f, done := v.done[name]; done {
		return f.text, f.all, nil
	}
	if v.open[name] || len(v.open) == deepestValue {
		return "", false, errCircle
	}
	v.open[name] = true
	f, err := v.fill(v.raw[name])
	delete(v.open, name)
	if err == nil {
		v.done[name] = f
		v.bytes += len(f.text)
	}
	return f.text, f.all, err
}

func (v *Values) fill(text string) (f filled, err error) {
	var b strings.Builder
	f.all = true
	for {
		before, rest, found := strings.Cut(text, "{{")
		name, after, ended := strings.Cut(rest, "}}")
		if !found || !ended {
			b.WriteString(text)
			f.text = b.String()
			return f, nil
		}
		name = strings.TrimSpace(name)
		value, known := "{{"+name+"}}", false
		if _, has := v.raw[name]; has {
			inside := ""
			if inside, known, err = v.Of(name); err != nil {
				return f, err
			}
			if b.Len()+len(inside) <= longestFilled && v.bytes <= mostFilled {
				value = inside
			} else {
				known = false
			}
		}
		f.all = f.all && known
		b.WriteString(before)
		b.WriteString(value)
		text = after
	}
}

// Size is what an exchange takes in memory, about, beside the text of its body.
func Size(e importer.Exchange) (bytes int) {
	const each = 200 // of a field, or of the exchange
	bytes = each
	for _, fields := range [][]importer.Field{e.Request.Query, e.Request.Headers} {
		for _, f := range fields {
			bytes += each
			for _, text := range f.Value.Texts {
				bytes += len(text)
			}
		}
	}
	return bytes
}
