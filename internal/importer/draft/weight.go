package draft

import (
	"fmt"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// heaviest is how many schemas are looked at for one value: a few lines, each of which
// refers fifty times to the next one, would be looked at for minutes.
const heaviest = 50_000

// weight counts the schemas that a value of this one is held against. One that refers
// to itself is as heavy as any may be.
type weight struct {
	root any
	of   map[string]int // of what references lead to; heaviest while it is being weighed
}

// heavy tells whether a schema is more than a draft is made of.
func heavy(top any) bool { return weight{top, map[string]int{}}.weigh(top) >= heaviest }

func (w weight) weigh(v any) int {
	total := 1
	switch v := v.(type) {
	case map[string]any:
		if ref, refers := v["$ref"].(string); refers {
			return w.target(ref)
		}
		for k, inner := range v {
			if k != "definitions" {
				total = min(heaviest, total+w.weigh(inner))
			}
		}
	case []any:
		for _, inner := range v {
			total = min(heaviest, total+w.weigh(inner))
		}
	}
	return total
}

func (w weight) target(ref string) int {
	if known, ok := w.of[ref]; ok {
		return known
	}
	w.of[ref] = heaviest
	target, _ := tree.Lookup(w.root, strings.TrimPrefix(ref, "#"))
	w.of[ref] = w.weigh(target)
	return w.of[ref]
}

// mostFields is how many fields a request may have: each is held against each other one,
// and against all that is written.
const mostFields = 500

// few tells whether requests are small enough for that.
func few(chosen []*call) error {
	for _, c := range chosen {
		n := strings.Count(c.path, "/")
		for range fieldsOf(c.first().Request) {
			n++
		}
		for _, h := range c.first().Request.Headers {
			if strings.EqualFold(h.Name, "Cookie") {
				n += strings.Count(strings.Join(h.Value.Texts, ""), ";")
			}
		}
		if n > mostFields {
			return &importer.Error{At: c.first().At, Err: fmt.Errorf("the request has more than %d parameters, headers, fields and cookies", mostFields)}
		}
	}
	return nil
}
