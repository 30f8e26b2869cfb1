package openapi

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
)

// answerHeaders gives what any of the answers has; it is required where all have it.
func answerHeaders(answers []answer) exporter.Map {
	m := exporter.Map{}
	add := func(name, example string, required bool, says string) {
		h := exporter.Map{}
		h.Add("description", says)
		h.Add("required", required)
		h.Set("schema", exporter.Map{{Key: "type", Value: "string"}})
		h.Add("example", example)
		m.Set(name, h)
	}
	for i, a := range answers {
		for _, h := range a.Headers {
			before := func(other answer) bool { return other.Header(h.Name) != nil }
			if strings.EqualFold(h.Name, "Content-Type") || slices.ContainsFunc(answers[:i], before) {
				continue // a response says its type by its content (OpenAPI 3.1.1, 4.8.16)
			}
			var says []string
			for _, other := range answers[i:] {
				if x := other.Header(h.Name); x != nil && source(x.Cite) != "" && !slices.Contains(says, source(x.Cite)) {
					says = append(says, source(x.Cite))
				}
			}
			add(h.Name, h.Example, everywhere(answers, func(o *loginwatch.Outcome) bool {
				x := o.Header(h.Name)
				return x != nil && !x.Optional
			}), strings.Join(says, " "))
		}
	}
	var lines, sets []string
	for _, a := range answers {
		for _, c := range a.Cookies {
			line := "Sets the cookie " + c.Name + ". " + source(c.Cite)
			if !slices.Contains(lines, line) {
				lines, sets = append(lines, line), append(sets, setCookie(c))
			}
		}
	}
	if len(lines) > 0 {
		add("Set-Cookie", sets[0], everywhere(answers, func(o *loginwatch.Outcome) bool {
			return slices.ContainsFunc(o.Cookies, func(c loginwatch.AnswerCookie) bool { return !c.Optional })
		}), strings.TrimSpace(strings.Join(lines, " ")))
	}
	return m
}

func everywhere(answers []answer, has func(*loginwatch.Outcome) bool) bool {
	return !slices.ContainsFunc(answers, func(a answer) bool { return !has(a.Outcome) })
}

// setCookie writes a cookie as an answer has it (RFC 6265, 4.1).
func setCookie(c loginwatch.AnswerCookie) string {
	text := c.Name + "=" + c.Example + "; Path=/"
	if c.Secure {
		text += "; Secure"
	}
	if c.HTTPOnly {
		text += "; HttpOnly"
	}
	if c.SameSite != "" {
		text += "; SameSite=" + strings.ToUpper(c.SameSite[:1]) + c.SameSite[1:]
	}
	return text
}
