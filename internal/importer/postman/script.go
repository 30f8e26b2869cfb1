package postman

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/script"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// dialect is how Postman's scripts keep values, in its own snippets and in those that it
// had before them.
var dialect = script.Dialect{
	Set:     regexp.MustCompile(`^(?:pm\.(?:environment|collectionVariables|globals|variables)\.set|postman\.set(?:Environment|Global)Variable)\(\s*(["'` + "`" + `])([^"'` + "`" + `]+)["'` + "`" + `]\s*,\s*(.+)\)$`),
	Body:    regexp.MustCompile(`^(?:pm\.response\.json\(\)|JSON\.parse\(\s*(?:responseBody|pm\.response\.text\(\))\s*\))`),
	Headers: regexp.MustCompile(`^(?:pm\.response\.headers\.get|postman\.getResponseHeader)\(\s*["']([^"']+)["']\s*\)$`),
	Cookies: regexp.MustCompile(`^(?:pm\.cookies\.get|postman\.getResponseCookie)\(\s*["']([^"']+)["']\s*\)(?:\.value)?$`),
}

// scripts looks at what runs before and after a request. e is nil for those of a folder,
// which run for each of its requests.
func (r *reader) scripts(n *source.Node, e *importer.Exchange) {
	for _, event := range items(n.Get("event")) {
		exec := event.Get("script").Get("exec")
		if event.Get("disabled").True() || event.Get("script").Get("disabled").True() {
			continue
		}
		lines := strings.Split(exec.String(), "\n")
		if exec.Is(source.List) {
			lines = lines[:0]
			for _, line := range exec.Items {
				lines = append(lines, line.String())
			}
		}
		kept, others, first := dialect.Read(lines)
		if e == nil || event.Get("listen").String() != "test" {
			kept, others, first = nil, script.Lines(lines), 0
		}
		if e != nil {
			e.Kept = append(e.Kept, kept...)
		}
		at := exec
		if exec.Is(source.List) && first < len(exec.Items) {
			at = exec.Items[first]
		}
		if others > 0 {
			r.remark(at, fmt.Sprintf("scripts are never run; lines of this one that are not taken over: %d, the first here", others))
		}
	}
}
