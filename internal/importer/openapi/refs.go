package openapi

import (
	"net/url"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// resolve follows the references of n to what they name; nil after a fault.
func (r *reader) resolve(n *source.Node) *source.Node {
	seen := map[*source.Node]bool{}
	for {
		ref := n.Get("$ref")
		if !ref.Is(source.String) {
			return n
		}
		if seen[n] {
			r.fail(ref, "these references lead back to each other")
			return nil
		}
		seen[n] = true
		if n = r.target(ref); n == nil {
			return nil
		}
	}
}

// target is what a reference names in this document. Nothing outside of it is opened.
func (r *reader) target(ref *source.Node) *source.Node {
	switch text := ref.Text; {
	case text == "#":
		return r.top
	case strings.HasPrefix(text, "#/"):
		pointer, err := url.PathUnescape(text[1:]) // RFC 6901, 6
		if err == nil {
			if n := r.top.At(pointer); n != nil {
				return n
			}
		}
		r.fail(ref, "this reference points nowhere")
	case strings.HasPrefix(text, "#"):
		r.fail(ref, "this reference names an anchor: only those such as #/components/schemas/Login are followed")
	case strings.HasPrefix(text, "//") || strings.Contains(text, "://"):
		r.fail(ref, "this reference leads to an address, which is not opened: make one file of all first, for example with npx @redocly/cli bundle")
	default:
		r.fail(ref, "this reference leads to another file, which is not opened: make one file of all first, for example with npx @redocly/cli bundle")
	}
	return nil
}

// mostHops is how many references are followed of a schema that is only looked at.
const mostHops = 32

// peek is resolve for a look ahead: what has a fault is told when it is converted.
func (r *reader) peek(n *source.Node) *source.Node {
	for range mostHops {
		ref := n.Get("$ref")
		if !ref.Is(source.String) {
			return n
		}
		n = r.ahead(ref)
	}
	return nil
}

// ahead is what a reference of a schema names; nil where it does not lead there.
func (r *reader) ahead(ref *source.Node) *source.Node {
	pointer, err := url.PathUnescape(strings.TrimPrefix(ref.Text, "#"))
	if err != nil || !strings.HasPrefix(ref.Text, "#") {
		return nil
	}
	return r.top.At(pointer)
}

// parts are the schemas that n is made of by its references, the nearest first: in OpenAPI
// 3.1 what stands beside a reference counts as well as what it leads to.
func (r *reader) parts(n *source.Node) (parts []*source.Node) {
	for range mostHops {
		ref := n.Get("$ref")
		if n == nil || !ref.Is(source.String) {
			break
		}
		if r.newer && len(n.Members) > 1 {
			parts = append(parts, n)
		}
		n = r.ahead(ref)
	}
	if n != nil && !n.Get("$ref").Is(source.String) {
		parts = append(parts, n)
	}
	return parts
}

// marked tells whether a schema has a mark such as readOnly.
func (r *reader) marked(schema *source.Node, name string) bool {
	return slices.ContainsFunc(r.parts(schema), func(n *source.Node) bool { return n.Get(name).True() })
}

// formatted tells whether a schema has a format.
func (r *reader) formatted(schema *source.Node, format string) bool {
	return slices.ContainsFunc(r.parts(schema), func(n *source.Node) bool { return n.Get("format").String() == format })
}
