package pact

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// Forms of tokens as regular expressions; Pact anchors them at both ends. All
// expressions keep to what its implementations share: the verifier here uses
// Oniguruma, others the engines of Java, JavaScript or Ruby. What the claims of
// a token say is beyond Pact.
const (
	opaqueForm = `[^\s\x00-\x1f\x7f]+`
	jwtForm    = `[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`
)

// formats are those that a regular expression can say; of the others a pact
// promises a string.
var formats = map[string]string{
	"date-time": `[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])`,
	"date":      `[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])`,
	"time":      `([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])`,
	"uuid":      `[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`,
	"ipv4":      `((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])`,
}

// rules say what a scalar has to be. All of them hold; there is at least one.
func (b *builder) rules(node map[string]any, example any, pointer string) []map[string]any {
	rules := []map[string]any{{matcherType: kind(node, example)}}
	add := func(expression string) {
		rules = append(rules, map[string]any{matcherType: "regex", "regex": expression})
	}
	if values, ok := node["enum"].([]any); ok {
		add(oneOf(values))
		return rules
	}
	if _, isText := example.(string); !isText {
		return rules
	}
	pattern, _ := node["pattern"].(string)
	format, _ := node["format"].(string)
	switch {
	case b.token != nil && b.token.At.String() == pointer && b.token.Form == loginwatch.TokenJWT:
		add(jwtForm)
	case b.token != nil && b.token.At.String() == pointer:
		add(opaqueForm)
	case formats[format] != "":
		add(formats[format])
	}
	if pattern != "" {
		add(anchored(pattern))
	}
	least, hasLeast := integer(node["minLength"])
	most, hasMost := integer(node["maxLength"])
	switch {
	case hasMost:
		add(fmt.Sprintf(`[\s\S]{%d,%d}`, least, most))
	case hasLeast && least == 1:
		add(`[\s\S]+`)
	case hasLeast && least > 1:
		add(fmt.Sprintf(`[\s\S]{%d,}`, least))
	}
	return rules
}

// kind is the matcher of the JSON type. A schema that allows several gets that
// of its example: a pact can't say "or".
func kind(node map[string]any, example any) string {
	switch fmt.Sprint(node["type"]) {
	case "integer":
		return "integer"
	case "number":
		return "number"
	}
	if example == nil {
		return "null"
	}
	return "type"
}

// oneOf matches the JSON text of any of the values, or the text of a string.
func oneOf(values []any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = regexp.QuoteMeta(fmt.Sprint(v))
	}
	return "(" + strings.Join(texts, "|") + ")"
}

// anchored turns a schema's pattern, which may match anywhere, into one that
// says the same when it has to match from end to end.
func anchored(pattern string) string {
	if strings.HasPrefix(pattern, "^") && strings.HasSuffix(pattern, "$") && !strings.ContainsAny(pattern, `|\`) {
		return pattern
	}
	return `[\s\S]*(?:` + pattern + `)[\s\S]*`
}
