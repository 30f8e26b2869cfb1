//go:build pact

package pact

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch/internal/pact/native"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// describe says a mismatch in words that hold what the pact asks for and the
// type of what came, never a value that came: the verifier's own words do.
func (d *document) describe(description string, m native.Mismatch) string {
	switch m.Type {
	case "StatusMismatch":
		return fmt.Sprintf("status: %s was due, %s came", number(m.Expected), number(m.Actual))
	case "HeaderMismatch":
		came := "another value came"
		if m.Actual == "" || m.Actual == "null" {
			came = "it is absent"
		}
		due := d.rules(description, "header", m.Key)
		return fmt.Sprintf("header %s: %s was due, %s", m.Key, due, came)
	case "BodyTypeMismatch":
		return fmt.Sprintf("body: %s was due, another content type came", m.Expected)
	case "BodyMismatch":
		return d.describeBody(description, m)
	}
	return "a difference that has no words here (" + m.Type + ")"
}

func (d *document) describeBody(description string, m native.Mismatch) string {
	whole := m.Path == "/" || m.Path == "$"
	switch {
	case whole && strings.HasSuffix(m.Mismatch, "but was empty"):
		return "body: JSON was due, an empty body came"
	case whole && m.Actual == "":
		return "body: JSON of the documented form was due, null came"
	case whole && !json.Valid([]byte(m.Actual)):
		return "body: JSON was due, something else came"
	}
	var due, came []string
	if keys(m.Expected, &due) && keys(m.Actual, &came) {
		due = slices.DeleteFunc(due, func(name string) bool { return slices.Contains(came, name) })
		if len(due) > 0 {
			return fmt.Sprintf("body %s: missing %s", m.Path, strings.Join(due, ", "))
		}
	}
	asked := d.rules(description, "body", m.Path)
	if asked == "" {
		asked = "the documented " + jsonType(m.Expected)
	}
	expected, actual := jsonType(m.Expected), jsonType(m.Actual)
	if asked == integerWords && actual == "integer" { // Pact looks at how a number is written
		return fmt.Sprintf("body %s: %s without point and exponent was due, one with either came", m.Path, asked)
	}
	return fmt.Sprintf("body %s: %s was due, %s came", m.Path, asked, another(expected, actual))
}

// keys reads the list of names that the verifier gives for an object.
func keys(t any, into *[]string) bool {
	return json.Unmarshal(fmt.Append(nil, t), into) == nil
}

// number repeats what is a number and nothing else.
func number(t any) string {
	if _, err := strconv.Atoi(fmt.Sprint(t)); err != nil {
		return "?"
	}
	return fmt.Sprint(t)
}

func another(due, came string) string {
	if due == came {
		return "another " + came
	}
	if strings.ContainsRune("aeio", rune(came[0])) {
		return "an " + came
	}
	return "a " + came
}

func jsonType(t any) string {
	doc, err := decode(fmt.Append(nil, t))
	if err != nil {
		return "string" // the verifier gives some strings without their quotes
	}
	return tree.TypeOf(doc)
}

// rules says what the pact asks for at a place of the answer; "" when it has no
// rule for it.
func (d *document) rules(description, part, path string) string {
	var words []string
	for name, set := range d.matching[description][part] {
		if same := name == path || part == "header" && strings.EqualFold(name, path); !same {
			continue
		}
		for _, r := range set.Matchers {
			words = append(words, ruleWords(r))
		}
	}
	sort.Strings(words)
	return strings.Join(words, " and ")
}

const integerWords = "an integer"

func ruleWords(r map[string]any) string {
	switch r["match"] {
	case "regex":
		return fmt.Sprintf("a match of %v", r["regex"])
	case "type":
		return "the documented type"
	case "equality":
		return "the documented value"
	case "integer":
		return integerWords
	}
	return fmt.Sprintf("%v", r["match"])
}
