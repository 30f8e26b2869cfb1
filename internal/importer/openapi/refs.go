package openapi

import (
	"net/url"
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

// peek is resolve for a look ahead: what has a fault is told when it is converted.
func (r *reader) peek(n *source.Node) *source.Node {
	for range 32 {
		ref := n.Get("$ref")
		if !ref.Is(source.String) {
			return n
		}
		pointer, err := url.PathUnescape(strings.TrimPrefix(ref.Text, "#"))
		if err != nil || !strings.HasPrefix(ref.Text, "#") {
			return nil
		}
		n = r.top.At(pointer)
	}
	return nil
}
