package check

import (
	"net/url"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// passes tells whether the answer passes a comparison. Where a redirect leads is
// compared as it stands and as a path: some servers write a Location as a path and
// others, or what stands in front of them, the same one with scheme and host.
func (j *judge) passes(w loginwatch.Field, doc any) bool {
	v, found := j.lookup(doc, w.At)
	if wire.Passes(w, v, found) {
		return true
	}
	name, isHeader := w.At.Header()
	text, isText := v.(string)
	return isHeader && isText && strings.EqualFold(name, "Location") && wire.Passes(w, pathOf(text, j.x.URL), found)
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
