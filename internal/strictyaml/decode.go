package strictyaml

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// Decode fills the struct that into points to and adds every difference as a
// problem. Fields are named by `yaml:"name"` or `yaml:"name,required"`; fields
// without a tag or with "-" are left alone, but for a field Pos of type
// [loginwatch.Pos] (or an embedded [Span]), which gets the place of the
// struct's key, or of its first key where it has none of its own. Fields of an
// embedded struct that is tagged `yaml:",inline"` stand among those around it. A
// [Map] that is tagged `yaml:",rest"` takes the keys that no other field has.
//
// Fields may be strings, booleans, integers, floats, [time.Duration] ("10s"),
// [time.Time] (RFC 3339), structs, pointers (nil when the key is absent), slices,
// any, and the types of this package. What could not be decoded stays zero.
func (d *Document) Decode(into any) {
	target := reflect.ValueOf(into).Elem()
	d.decode(d.root, site{name: "the file", place: Span{d.root.pos, d.root.width}}, target)
}

// site is how messages name a value, and its place: that of its key if it has one.
type site struct {
	name  string
	place Span
}

// special is a type of this package that decodes itself.
type special interface {
	decodeNode(d *Document, n *node, s site)
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
	posType      = reflect.TypeFor[loginwatch.Pos]()
	placeType    = reflect.TypeFor[Span]()
)

func (d *Document) decode(n *node, s site, v reflect.Value) {
	if v.CanAddr() {
		if own, ok := v.Addr().Interface().(special); ok {
			own.decodeNode(d, n, s)
			return
		}
	}
	switch {
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(n, s, v.Elem())
	case v.Kind() == reflect.Interface:
		if x := n.value(); x != nil {
			v.Set(reflect.ValueOf(x))
		}
	case v.Type() == durationType:
		d.decodeDuration(n, s, v)
	case v.Type() == timeType:
		d.decodeTime(n, s, v)
	case v.Kind() == reflect.Struct:
		d.decodeStruct(n, s, v)
	case v.Kind() == reflect.Slice:
		d.decodeSlice(n, s, v)
	default:
		d.decodeScalar(n, s, v)
	}
}

// wrong reports a value of another type than the one asked for.
func (d *Document) wrong(n *node, s site, want string) {
	if n.kind == kindNull {
		d.Problemf(s.place.Pos, s.place.Width, "%s has no value, it must be %s", s.name, want)
		return
	}
	d.Problemf(n.pos, n.width, "%s must be %s, not %s", s.name, want, n.kind)
}

func (d *Document) decodeScalar(n *node, s site, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if n.kind != kindString {
			d.wrong(n, s, hint(n, "a string"))
			return
		}
		v.SetString(n.text)
	case reflect.Bool:
		if n.kind != kindBool {
			d.wrong(n, s, "true or false")
			return
		}
		v.SetBool(n.text == "true")
	case reflect.Float64:
		f, err := strconv.ParseFloat(n.text, 64)
		if n.kind != kindInteger && n.kind != kindNumber || err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			d.wrong(n, s, "a number")
			return
		}
		v.SetFloat(f)
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(n.text, 10, v.Type().Bits())
		if n.kind == kindInteger && err != nil {
			d.Problemf(n.pos, n.width, "%s is too large", s.name)
			return
		}
		if n.kind != kindInteger {
			d.wrong(n, s, "an integer")
			return
		}
		v.SetInt(i)
	default:
		panic("strictyaml: no way to decode a " + v.Type().String()) // a mistake in our own structs
	}
}

const aMapping = "a mapping (key: value)"

// listOf is what is wanted where a list is due.
func listOf(n *node) string {
	if n.plain && len(n.text) > 1 && n.text[0] == '-' && n.text[1] != ' ' {
		return "a list (a blank is missing behind the hyphen)"
	}
	return "a list"
}

// hint tells how to make a string of a scalar that YAML takes for something else.
func hint(n *node, want string) string {
	if n.kind == kindInteger || n.kind == kindNumber || n.kind == kindBool {
		return want + " (in quotes)"
	}
	return want
}

func (d *Document) decodeDuration(n *node, s site, v reflect.Value) {
	const want = "a duration such as 10s"
	if n.kind != kindString {
		d.wrong(n, s, want)
		return
	}
	parsed, err := time.ParseDuration(n.text)
	if err != nil {
		d.Problemf(n.pos, n.width, "%s must be %s", s.name, want)
		return
	}
	v.SetInt(int64(parsed))
}

func (d *Document) decodeTime(n *node, s site, v reflect.Value) {
	const want = "a time such as 2026-01-31T15:04:05Z"
	if n.kind != kindString {
		d.wrong(n, s, want)
		return
	}
	parsed, ok := tree.DateTime(n.text)
	if !ok {
		d.Problemf(n.pos, n.width, "%s must be %s", s.name, want)
		return
	}
	v.Set(reflect.ValueOf(parsed))
}

func (d *Document) decodeSlice(n *node, s site, v reflect.Value) {
	if n.kind != kindList {
		d.wrong(n, s, listOf(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		d.decode(item, itemSite(s, i, item), v.Index(i))
	}
}

func itemSite(s site, i int, item *node) site {
	return site{name: fmt.Sprintf("item %d of %s", i+1, s.name), place: Span{item.pos, item.width}}
}

// fields are the named fields of a struct, those of inlined structs included.
type fields struct {
	values   map[string]reflect.Value
	names    []string
	required []string
	rest     reflect.Value // a Map for all other keys; the zero Value without one
}

// collect finds the fields of v and sets its places.
func (f *fields) collect(v reflect.Value, s site) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, option, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case field.Name == "Pos" && field.Type == posType:
			v.Field(i).Set(reflect.ValueOf(s.place.Pos))
		case field.Anonymous && field.Type == placeType:
			// Member by member: the field itself can't be set where an alias in lower
			// case embeds it.
			v.Field(i).Field(0).Set(reflect.ValueOf(s.place.Pos))
			v.Field(i).Field(1).SetInt(int64(s.place.Width))
		case option == "inline":
			f.collect(v.Field(i), s)
		case option == "rest":
			f.rest = v.Field(i)
		case name != "" && name != "-":
			f.values[name], f.names = v.Field(i), append(f.names, name)
			if option == "required" {
				f.required = append(f.required, name)
			}
		}
	}
}

func (d *Document) decodeStruct(n *node, s site, v reflect.Value) {
	known := fields{values: map[string]reflect.Value{}}
	known.collect(v, s)
	if n.kind != kindMapping {
		d.wrong(n, s, aMapping)
		return
	}
	present := map[string]bool{}
	for _, p := range n.pairs {
		present[p.key] = true
		field, ok := known.values[p.key]
		if !ok && known.rest.IsValid() {
			d.decode(&node{kind: kindMapping, pos: p.keyPos, width: p.width, pairs: []pair{p}}, s, known.rest)
			continue
		}
		if !ok {
			meant := nearest(p.key, known.names)
			present[meant] = true // one mistake, one problem
			d.Problemf(p.keyPos, p.width, "unknown key %q%s", p.key, ask(meant))
			continue
		}
		d.decode(p.value, site{name: strconv.Quote(p.key), place: Span{p.keyPos, p.width}}, field)
	}
	for _, name := range known.required {
		if !present[name] {
			d.Problemf(s.place.Pos, s.place.Width, "missing key %q", name)
		}
	}
}

func (p *Placed[T]) decodeNode(d *Document, n *node, s site) {
	before := len(d.problems)
	if d.decode(n, s, reflect.ValueOf(&p.Value).Elem()); len(d.problems) == before {
		p.Span = Span{n.pos, n.width}
	}
}

func (t *Text) decodeNode(d *Document, n *node, s site) {
	if n.kind != kindString {
		d.wrong(n, s, hint(n, "a string"))
		return
	}
	t.Value, t.Span = n.text, Span{n.pos, n.width}
}

func (c *Scalar) decodeNode(d *Document, n *node, s site) {
	if n.kind == kindList || n.kind == kindMapping {
		d.wrong(n, s, "a string, number or boolean")
		return
	}
	c.Span = Span{n.pos, n.width}
	switch n.kind {
	case kindNull:
		c.Value = "null"
	default:
		c.Value = n.text
	}
}

func (o *ScalarOr[T]) decodeNode(d *Document, n *node, s site) {
	if n.kind != kindMapping {
		o.Scalar.decodeNode(d, n, s)
		return
	}
	o.Span, o.More = Span{n.pos, n.width}, new(T)
	d.decode(n, s, reflect.ValueOf(o.More).Elem())
}

func (l *OneOrMany[T]) decodeNode(d *Document, n *node, s site) {
	if n.kind != kindList {
		*l = make([]T, 1)
		d.decode(n, s, reflect.ValueOf(&(*l)[0]).Elem())
		return
	}
	*l = make([]T, len(n.items))
	for i, item := range n.items {
		d.decode(item, itemSite(s, i, item), reflect.ValueOf(&(*l)[i]).Elem())
	}
}

func (m *Map[T]) decodeNode(d *Document, n *node, s site) {
	if n.kind != kindMapping {
		d.wrong(n, s, aMapping)
		return
	}
	for _, p := range n.pairs {
		e := Entry[T]{Key: p.key, Span: Span{p.keyPos, p.width}}
		d.decode(p.value, site{name: strconv.Quote(p.key), place: e.Span}, reflect.ValueOf(&e.Value).Elem())
		*m = append(*m, e)
	}
}

func (v *Value) decodeNode(_ *Document, n *node, s site) {
	v.Any, v.node, v.Span = n.value(), n, Span{n.pos, n.width}
	if n.kind == kindNull {
		v.Span = s.place
	}
}

func (v *Node) decodeNode(_ *Document, n *node, _ site) {
	v.Span = Span{n.pos, n.width}
	switch n.kind {
	case kindMapping:
		v.Mapping = make(Map[Node], len(n.pairs))
		for i, p := range n.pairs {
			v.Mapping[i].Key, v.Mapping[i].Span = p.key, Span{p.keyPos, p.width}
			v.Mapping[i].Value.decodeNode(nil, p.value, site{})
		}
	case kindList:
		v.List = make([]Node, len(n.items))
		for i, item := range n.items {
			v.List[i].decodeNode(nil, item, site{})
		}
	default:
		v.Scalar = n.value()
	}
}
