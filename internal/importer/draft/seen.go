package draft

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// Seen reads an answer as somebody keeps it: what curl -i prints, with the heads of what
// came before it, or a body alone, which came with status 200.
func Seen(data []byte) (importer.Answer, error) {
	data = bytes.TrimLeft(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), "\n \t")
	a := importer.Answer{Status: http.StatusOK}
	headed := false
	for bytes.HasPrefix(data, []byte("HTTP/")) {
		head, body, _ := bytes.Cut(data, []byte("\n\n"))
		headed, data = true, body
		lines := strings.Split(string(head), "\n")
		words := strings.Fields(lines[0])
		if len(words) < 2 {
			return a, &importer.Error{At: importer.Place{Line: 1}, Err: errors.New("the answer's first line has no status")}
		}
		status, err := strconv.Atoi(words[1])
		if err != nil {
			return a, &importer.Error{At: importer.Place{Line: 1}, Err: errors.New("the answer's first line has no status")}
		}
		a = importer.Answer{Status: status}
		for i, line := range lines[1:] {
			name, value, found := strings.Cut(line, ":")
			if !found {
				return a, &importer.Error{At: importer.Place{Line: i + 2}, Err: errors.New("the answer has a line that is no header, before an empty one")}
			}
			name = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
			a.Headers = append(a.Headers, importer.AnswerHeader{Name: name, Value: strings.TrimSpace(value)})
			if name == "Content-Type" {
				a.ContentType = strings.TrimSpace(value)
			}
		}
	}
	a.Body = bytes.TrimSpace(data)
	if !headed && len(a.Body) > 0 {
		if refusal := guard.Check(a.Body, guard.Defaults()); refusal != nil {
			return a, &importer.Error{Err: fmt.Errorf("the answer is neither JSON nor what curl -i prints: %s at byte %d", refusal.Cause, refusal.Offset)}
		}
		a.ContentType = "application/json"
	}
	return a, nil
}
