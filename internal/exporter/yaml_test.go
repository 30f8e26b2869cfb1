package exporter_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v2"

	"github.com/loginwatch/loginwatch/internal/exporter"
)

// What other parsers take for something else, and what needs care with lines.
var oddTexts = []string{
	"", " ", "a", "yes", "No", "on", "y", "null", "Null", "~", "true", "2026-11-21", "2023-03-02T15:21:32Z", "0x10", "1e3", "1_000", ".5", "0o7", "017",
	"=", "<<", "a: b", "a:b", "a #b", "a#b", "#b", "- a", "-", "---", "--- a", "? x", "a\nb", "a\nb\n", " a\nb ", "a\n\n\n", "a\n\nb\n", "\n", "\ta", "a\t", "a\n\tb", "a\r\nb",
	"\u0085", "\u2028x", "\ufeffa", "é", "😀", "'", `"`, `a'b"c`, `\n`, "%a", "@a", "`a", "!a", "&a", "*a", "[a", "{a", "}", ",a", ":", "a:", ":a", "|", ">", "12:30",
	"-.inf", ".nan", "Inf", "+1", "-1", "a  \nb", "{\"a\": 1}\n", "  x\n y\n", "#\n#", "http://a/b?c=d&e", "x\x00y", "\x7f", "1.", "...", "a, b", "a]", "^[a-z]{1,3}$",
	"$response.body#/a", "a\n  b\nc", "a -b", "a: ", "key: |\n  x", "a – b",
	strings.Repeat("k", 1001), strings.Repeat("k", 1025), strings.Repeat("é: ", 500), strings.Repeat("'", 800), strings.Repeat("\x01", 200),
}

// Whoever reads the YAML finds the same document; this one reads 1.1, in which more words
// are something else than texts. Redocly and Prism read 1.2 (internal/exporttest).
func TestYAMLIsReadBack(t *testing.T) {
	m := exporter.Map{}
	for _, text := range oddTexts {
		m.Set(text, []any{
			text, exporter.Map{{Key: text, Value: []any{}}, {Key: "more", Value: exporter.Map{}}}, []any{text, []any{json.Number("1"), true, nil}},
		})
	}
	readsBack(t, m)
}

// Numbers stay the same number to whoever reads YAML 1.1, whose pattern stands here
// (https://yaml.org/type/float.html, base 10), and 1.2.
func TestYAMLNumbers(t *testing.T) {
	oldFloat := regexp.MustCompile(`^[-+]?([0-9][0-9_]*)?\.[0-9]*([eE][-+][0-9]+)?$`)
	for _, text := range []string{"0", "-1", "1.50", "12345678901234567890", "1e3", "1E3", "-2.5e-7", "1e+30", "1.0E+2"} {
		written := string(exporter.YAML(exporter.Map{{Key: "a", Value: json.Number(text)}}))
		written = strings.TrimSuffix(strings.TrimPrefix(written, "a: "), "\n")
		want, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := strconv.ParseFloat(written, 64); err != nil || got != want {
			t.Errorf("%s is written %s", text, written)
		}
		if strings.ContainsAny(written, ".eE") && !oldFloat.MatchString(written) {
			t.Errorf("%s is written %s, which is no number in YAML 1.1", text, written)
		}
	}
}

func readsBack(t *testing.T, m exporter.Map) {
	t.Helper()
	inJSON, err := exporter.JSON(m)
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := json.Unmarshal(inJSON, &want); err != nil {
		t.Fatal(err)
	}
	text := exporter.YAML(m)
	if err := yaml.Unmarshal(text, &got); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if got = ofJSON(got); !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\nis read as %v", text, got)
	}
}

// ofJSON gives a value of YAML the types that JSON has.
func ofJSON(value any) any {
	switch v := value.(type) {
	case map[any]any:
		m := map[string]any{}
		for key, member := range v {
			text, _ := key.(string) // another one would not be the text that was written
			m[text] = ofJSON(member)
		}
		return m
	case []any:
		for i := range v {
			v[i] = ofJSON(v[i])
		}
	case int:
		return float64(v)
	}
	return value
}

func FuzzYAML(f *testing.F) {
	for _, text := range oddTexts {
		f.Add(text, "x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		texts := []string{strings.ToValidUTF8(a, "?"), strings.ToValidUTF8(b, "?")}
		readsBack(t, exporter.Map{{Key: "k" + texts[0], Value: texts[1]}, {Key: texts[1], Value: []any{texts[0], exporter.Map{{Key: texts[0], Value: texts[1]}}}}})
	})
}

func TestOrderedKeepsOrder(t *testing.T) {
	const text = `{"b":[1.50,{"z":null,"a":"\u00e9<"}],"a":{}}`
	value, err := exporter.Ordered([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"b":[1.50,{"z":null,"a":"é\u003c"}],"a":{}}`; string(got) != want {
		t.Errorf("%s", got)
	}
	if value, err := exporter.Ordered([]byte(`{"a":1,"b":2,"a":3}`)); err != nil || fmt.Sprint(value) != "[{a 3} {b 2}]" {
		t.Errorf("%v, %v", value, err)
	}
	for _, wrong := range []string{"", "{", `{"a":1}{`, `{"a":1}1`, "[1,", "nul"} {
		if _, err := exporter.Ordered([]byte(wrong)); err == nil {
			t.Errorf("%q is read", wrong)
		}
	}
}
