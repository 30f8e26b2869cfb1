package check

import (
	"net/url"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// passes tells whether the answer passes a comparison. Where a redirect leads is
// compared as it stands and as a path: some servers write a Location as a path and
// others, or what stands in front of them, the same one with scheme and host; and
// one below the target's base URL begins with the path of that.
func (j *judge) passes(o *loginwatch.Outcome, w loginwatch.Field, doc any) bool {
	v, found := j.lookup(o, doc, w.At)
	if wire.Passes(w, v, found) {
		return true
	}
	name, isHeader := w.At.Header()
	text, isText := v.(string)
	if !isHeader || !isText || !strings.EqualFold(name, "Location") {
		return false
	}
	path := pathOf(text, j.x.URL)
	below, isBelow := strings.CutPrefix(path, basePath(j.x.URL, j.op.Request.Path))
	return wire.Passes(w, path, found) || isBelow && strings.HasPrefix(below, "/") && wire.Passes(w, below, found)
}

// basePath is the path of the target's base URL, below which the vendor's paths
// are; "" where it can't be told, as when the operator has other paths.
func basePath(request, path string) string {
	u, err := url.Parse(request)
	if err != nil || !strings.HasSuffix(u.Path, path) {
		return ""
	}
	return strings.TrimSuffix(u.Path, path)
}

// pathOf resolves a Location against the address of the request (RFC 9110, 10.2.2)
// and gives its path and query when it leads to the same host, by whatever scheme:
// behind a proxy that ends TLS many a server thinks that it speaks http.
func pathOf(location, request string) string {
	base, err := url.Parse(request)
	if err != nil {
		return location
	}
	to, err := base.Parse(location)
	if err != nil || to.Opaque != "" || !strings.EqualFold(to.Hostname(), base.Hostname()) {
		return location
	}
	return to.RequestURI()
}
