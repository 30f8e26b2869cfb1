package schema

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch/internal/tree"
)

// generator makes instances for a schema: good ones from what it says, and
// bad ones by changing those. The same seed makes the same instances.
type generator struct {
	*rand.Rand
	root any
}

func pick[T any](g *generator, of []T) T { return of[g.IntN(len(of))] }

// samples are texts that fit a format and texts that nearly do.
var samples = map[string][]string{
	"date-time": {"2023-03-02T15:21:31.457Z", "2023-03-02t15:21:31z", "2016-12-31T23:59:60Z", "2016-12-31T22:59:60Z", "2024-02-29T00:00:00+05:30", "2023-02-29T00:00:00Z", "15:04:05", "2023-03-02 15:21:31Z", "2023-03-02T15:21:31", "2023-03-02T24:00:00Z", "2023-03-02T15:21:31,5Z", "2023-03-02T15:21:31.Z", "2023-03-02T15:21:31+24:00"},
	"date":      {"2023-03-02", "2000-02-29", "1900-02-29", "2023-3-2", "20230302"},
	"time":      {"15:21:31Z", "15:21:31.5+01:00", "23:59:60Z", "22:59:60Z", "15:21:31", "24:00:00Z", "12:00:60Z"},
	"uuid":      {"a822e018-80a4-4a86-bd9d-9855710109ff", "A822E018-80A4-4A86-BD9D-9855710109FF", "a822e01880a44a86bd9d9855710109ff", "{a822e018-80a4-4a86-bd9d-9855710109ff}"},
	"email":     {"a@b.example", "first.last+tag@example.invalid", "Bob <bob@example.com>", "a@b@c", "a..b@c", "a@", "\"a b\"@c", "a@[127.0.0.1]", "a@b.", "@b"},
	"ipv4":      {"192.168.1.255", "0.0.0.0", "256.1.1.1", "01.2.3.4", "1.2.3", "::1", "+1.2.3.4"},
	"ipv6":      {"::1", "2001:db8::8a2e:370:7334", "::ffff:1.2.3.4", "fe80::1%eth0", ":::", "1.2.3.4"},
	"hostname":  {"example.com", "a-b.c", "a.", "-a", "a_b", "a..b", strings.Repeat("a", 64)},
	"uri":       {"https://example.com/a?b=c#d", "urn:a:b", "/a", "//host/a", "http://exa mple", "http://x/%2", "a:", "http://x/ä", "http://x\\y", "http://[::1", "http://x/<y>", "1a:b"},
}

var numbers = []json.Number{
	"0", "-0", "1", "-1", "2", "1.0", "1e2", "1.5", "0.125", "0.3", "1E-3", "100", "1209600", "1684921563", "1684921563000",
	"9007199254740991", "9007199254740992", "-9007199254740993", "2147483648", "9223372036854775807", "18446744073709551615", "1e308", "5e-324",
}

var texts = []string{
	"", " ", "a", "ab", "abc", "abcd", "abcde", "0", "12", "null", "200", "ADMIN", "é", "e\u0301", "日本語", "😀", "👩‍👩‍👧", "\u0000", "\u202e", "a\nb", "a/b~c.d", strings.Repeat("ä", 300),
}

// junk is a value of any type.
func (g *generator) junk() any {
	switch g.IntN(8) {
	case 0:
		return nil
	case 1:
		return g.IntN(2) == 0
	case 2, 3:
		return pick(g, numbers)
	case 4:
		return []any{pick(g, texts)}
	case 5:
		return map[string]any{pick(g, texts): pick(g, numbers)}
	case 6:
		return pick(g, samples[pick(g, slices.Sorted(maps.Keys(samples)))])
	}
	return pick(g, texts)
}

// value makes an instance that mostly fits schema.
func (g *generator) value(schema any) any {
	m, ok := schema.(map[string]any)
	if !ok {
		return g.junk()
	}
	if ref, ok := m["$ref"].(string); ok {
		target, _ := tree.Lookup(g.root, strings.TrimPrefix(ref, "#"))
		return g.value(target)
	}
	if c, ok := m["const"]; ok {
		return clone(c)
	}
	if e, ok := m["enum"].([]any); ok {
		return clone(pick(g, e))
	}
	types := stringsOf(m["type"])
	if len(types) == 0 && m["properties"] != nil {
		types = []string{"object"}
	}
	if len(types) == 0 {
		return g.junk()
	}
	switch pick(g, types) {
	case "object":
		return g.object(m)
	case "array":
		return g.array(m)
	case "string":
		return g.text(m)
	case "integer", "number":
		return g.number(m)
	case "boolean":
		return g.IntN(2) == 0
	}
	return nil
}

func (g *generator) object(m map[string]any) any {
	out := map[string]any{}
	required := stringsOf(m["required"])
	properties, _ := m["properties"].(map[string]any)
	for _, k := range slices.Sorted(maps.Keys(properties)) {
		if properties[k] != false && (slices.Contains(required, k) || g.IntN(3) > 0) {
			out[k] = g.value(properties[k])
		}
	}
	return out
}

func (g *generator) array(m map[string]any) any {
	out := []any{}
	if tuple, ok := m["items"].([]any); ok {
		for _, s := range tuple {
			out = append(out, g.value(s))
		}
		return out
	}
	items, ok := m["items"]
	if !ok {
		items = m["contains"]
	}
	for range g.IntN(4) {
		out = append(out, g.value(items))
	}
	return out
}

func (g *generator) text(m map[string]any) any {
	if f, ok := m["format"].(string); ok {
		if g.IntN(6) == 0 {
			return pick(g, samples[f])
		}
		return samples[f][g.IntN(2)] // the first two fit
	}
	if p, ok := m["pattern"].(string); ok {
		if re, err := syntax.Parse(p, syntax.Perl); err == nil {
			return g.matching(re.Simplify())
		}
	}
	low, high := bound(m["minLength"], 0), bound(m["maxLength"], 40)
	return strings.Repeat(pick(g, []string{"a", "0", "é", "😀"}), low+g.IntN(max(1, high-low+1)))
}

// matching makes a text that a pattern matches.
func (g *generator) matching(re *syntax.Regexp) string {
	var b strings.Builder
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		i := 2 * g.IntN(len(re.Rune)/2)
		return string(re.Rune[i] + rune(g.IntN(int(min(re.Rune[i+1]-re.Rune[i], 200))+1)))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "x"
	case syntax.OpAlternate:
		return g.matching(pick(g, re.Sub))
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		least := map[syntax.Op]int{syntax.OpPlus: 1}[re.Op]
		for range least + g.IntN(2) {
			b.WriteString(g.matching(re.Sub[0]))
		}
	default:
		for _, sub := range re.Sub {
			b.WriteString(g.matching(sub))
		}
	}
	return b.String()
}

func (g *generator) number(m map[string]any) any {
	edges := []json.Number{"1", "2", "7.0", "1e1"}
	for _, k := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"} {
		if n, ok := m[k].(json.Number); ok {
			edges = append(edges, n)
		}
	}
	return pick(g, edges)
}

func bound(v any, otherwise int) int {
	if n, ok := v.(json.Number); ok {
		if i, err := strconv.Atoi(string(n)); err == nil {
			return i
		}
	}
	return otherwise
}

// mutate changes one place of doc, chosen by chance, and gives the new doc.
func (g *generator) mutate(doc any) any {
	pointers := pointersIn(doc, "")
	at := pick(g, pointers)
	return change(doc, at, func(v any) (any, bool) {
		switch v := v.(type) {
		case map[string]any:
			if g.IntN(2) == 0 {
				v[pick(g, []string{"extra", "x-", "a/b", "", "é", "averyveryverylongname"})] = g.junk()
				return v, true
			}
		case string:
			switch g.IntN(4) {
			case 0:
				return v + pick(g, texts), true
			case 1:
				if r := []rune(v); len(r) > 0 {
					return string(r[:len(r)-1]), true
				}
			}
		case json.Number:
			if i, err := v.Int64(); err == nil && g.IntN(2) == 0 {
				return json.Number(strconv.FormatInt(i+int64(g.IntN(3)-1), 10)), true
			}
		case []any:
			if g.IntN(2) == 0 {
				return append(v, g.junk()), true
			}
		}
		if at != "" && g.IntN(3) == 0 {
			return nil, false
		}
		return g.junk(), true
	})
}

// pointersIn lists the pointers of every value in doc, in a fixed order.
func pointersIn(doc any, at string) []string {
	out := []string{at}
	switch doc := doc.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(doc)) {
			out = append(out, pointersIn(doc[k], tree.JoinPointer(at, k))...)
		}
	case []any:
		for i, e := range doc {
			out = append(out, pointersIn(e, index(at, i))...)
		}
	}
	return out
}

// change replaces the value at a pointer by what f makes of it, or drops it.
func change(doc any, pointer string, f func(any) (v any, keep bool)) any {
	tokens, _ := tree.SplitPointer(pointer)
	if len(tokens) == 0 {
		v, _ := f(doc)
		return v
	}
	rest := ""
	for _, t := range tokens[1:] {
		rest = tree.JoinPointer(rest, t)
	}
	keep := true
	inner := func(v any) any {
		return change(v, rest, func(v any) (any, bool) {
			var out any
			out, keep = f(v)
			return out, keep
		})
	}
	switch doc := doc.(type) {
	case map[string]any:
		v := inner(doc[tokens[0]])
		if keep || len(tokens) > 1 {
			doc[tokens[0]] = v
		} else {
			delete(doc, tokens[0])
		}
	case []any:
		i, _ := strconv.Atoi(tokens[0])
		if v := inner(doc[i]); keep || len(tokens) > 1 {
			doc[i] = v
		} else {
			return slices.Delete(doc, i, i+1)
		}
	}
	return doc
}

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = clone(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = clone(e)
		}
		return out
	}
	return v
}
