package curl

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
)

// What remarks say of answers.
const (
	severalRemark  = "an answer stands below a line that sends several requests: it is left out"
	statusRemark   = "an answer stands below without its status, which curl -i shows"
	followedRemark = "what came after the first answer is left out"
)

var (
	statusLine  = regexp.MustCompile(`^HTTP/\d(?:\.\d)? (\d{3})(?: .*)?$`)
	headerLine  = regexp.MustCompile("^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$")
	verboseLine = regexp.MustCompile(`^(?:[*>] |[*>]$|[{}] \[|  % Total|  *Dload|  *\d+  *\d+|\s*--:--:--|100 )`)
)

// answerBegins tells whether what stands here is no command but an answer: of -i, of
// -v, or a body of JSON or XML.
func answerBegins(text string) bool {
	line, _, _ := strings.Cut(text, "\n")
	return statusLine.MatchString(line) || strings.HasPrefix(line, "< HTTP/") || verboseLine.MatchString(line) ||
		line != "" && strings.IndexByte(`{[<"`, line[0]) >= 0
}

// answer takes what stands below a line, to the next one.
func (r *reader) answer() error {
	s, at := r.s, importer.Place{Line: r.s.line}
	var lines []string
	for !s.end() {
		if len(lines) > 0 && (r.starts() || r.prompted()) {
			break
		}
		lines = append(lines, s.rest())
		s.takes("\n")
	}
	a, more, ok := parsedAnswer(lines)
	switch {
	case !ok:
		return nil
	case r.last != 1:
		r.out.Remarks = append(r.out.Remarks, importer.Remark{At: at, Text: severalRemark})
		return nil
	}
	a.At = at
	if a.Status == 0 {
		r.out.Remarks = append(r.out.Remarks, importer.Remark{At: at, Text: statusRemark})
	}
	if more {
		r.out.Remarks = append(r.out.Remarks, importer.Remark{At: at, Text: followedRemark})
	}
	e := &r.out.Exchanges[len(r.out.Exchanges)-1]
	e.Answers = append(e.Answers, a)
	return nil
}

// parsedAnswer reads the first final answer of the lines (RFC 9112, section 2.1); ok is
// false when there is none.
func parsedAnswer(lines []string) (a importer.Answer, more, ok bool) {
	verbose := false
	for _, line := range lines {
		verbose = verbose || strings.HasPrefix(line, "< HTTP/")
	}
	var plain []string
	for _, line := range lines {
		if verbose {
			if line == "<" {
				line = "< "
			}
			if verboseLine.MatchString(line) {
				continue
			}
			line = strings.TrimPrefix(line, "< ")
		}
		plain = append(plain, line)
	}
	for i := 0; i < len(plain); {
		found := statusLine.FindStringSubmatch(plain[i])
		if found == nil {
			a.Body = bodyOf(plain[i:])
			return a, false, len(a.Body) > 0
		}
		status, err := strconv.Atoi(found[1])
		if err != nil {
			return a, false, false
		}
		a = importer.Answer{Status: status}
		for i++; i < len(plain) && plain[i] != ""; i++ {
			if header := headerLine.FindStringSubmatch(plain[i]); header != nil {
				a.Headers = append(a.Headers, importer.AnswerHeader{Name: header[1], Value: header[2]})
				if strings.EqualFold(header[1], "content-type") {
					a.ContentType = header[2]
				}
			}
		}
		if i++; status/100 == 1 && i < len(plain) {
			continue // RFC 9110, section 15.2: another one follows
		}
		return rest(a, plain[min(i, len(plain)):])
	}
	return a, false, false
}

// rest gives an answer its body: all lines to the next answer.
func rest(a importer.Answer, lines []string) (importer.Answer, bool, bool) {
	for i, line := range lines {
		if statusLine.MatchString(line) && (i == 0 || lines[i-1] == "") {
			a.Body = bodyOf(lines[:i])
			return a, true, true
		}
	}
	a.Body = bodyOf(lines)
	return a, false, true
}

// bodyOf joins lines, without the empty ones and the remarks of a person behind them.
func bodyOf(lines []string) []byte {
	for len(lines) > 0 {
		last := lines[len(lines)-1]
		if strings.TrimSpace(last) != "" && !strings.HasPrefix(last, "# ") && !strings.HasPrefix(last, "* Connection ") && !strings.HasPrefix(last, "* Closing ") {
			break
		}
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 0 {
		return nil
	}
	return []byte(strings.Join(lines, "\n"))
}
