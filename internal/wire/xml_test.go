package wire

import (
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
)

func TestXMLTemplate(t *testing.T) {
	for template, want := range map[string]string{
		"<a b=\"${x}\">${y} and ${x}</a>": "",
		"<a><!-- no value -->${x}</a>":    "",
		"<a>]]</a>":                       "",
		"<a ${x}=\"1\"/>":                 "${x} stands where",
		"<${x}/>":                         "${x} stands where",
		"<a>${x}<!-- ${y} --></a>":        "${y} stands where",
		"<a><![CDATA[${x}]]></a>":         "${x} stands where",
		"<a>${x}<?p ${y}?></a>":           "${y} stands where",
		"<a>${x}":                         "it is no XML",
		"<a>${x}</a><b/>":                 "it is no XML: trailing",
		"<a>${x}</a>more":                 "it is no XML",
		"<a b=\"1\" b=\"2\">${x}</a>":     "it is no XML: duplicate-key",
		"<!DOCTYPE a><a>${x}</a>":         "it is no XML: forbidden",
		"<a>]]${x}></a>":                  "it is no XML",
		"<a>\ue000</a>":                   "U+E000",
		"<a>${x}<b></a></b>":              "it is no XML",
	} {
		got := ""
		if err := XMLTemplate(template); err != nil {
			got = err.Error()
		}
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", template, got, want)
		}
	}
}

// What is written is read again as it was, by readers that share no code with it.
func TestBodiesComeBack(t *testing.T) {
	for _, value := range []string{"", "a b", "a&b=c;d", "\r\n", "<x>&amp;]]>", "\"'", "é\u00a0\U0001f600", "%41+", "\t"} {
		body := map[string]any{"name": value, "other field": "x"}
		form, err := Form(body)
		if err != nil {
			t.Fatal(err)
		}
		doc, refusal := guard.DecodeForm(form, guard.Defaults())
		if object, _ := doc.(map[string]any); refusal != nil || object["name"] != value || len(object) != 2 {
			t.Errorf("form %q: %v %v", value, doc, refusal)
		}
		parts, err := Multipart(body, "a-boundary")
		if err != nil {
			t.Fatal(err)
		}
		doc, refusal = guard.DecodeMultipart(parts, "a-boundary", guard.Defaults())
		if object, _ := doc.(map[string]any); refusal != nil || object["name"] != value || len(object) != 2 {
			t.Errorf("multipart %q: %v %v", value, doc, refusal)
		}
		escaped, err := EscapeXML(value)
		if err != nil {
			t.Fatal(err)
		}
		doc, refusal = guard.DecodeAs(loginwatch.BodyXML, []byte("<a b=\""+escaped+"\">"+escaped+"<c/></a>"))
		if refusal != nil {
			t.Fatalf("XML %q: %v", value, refusal)
		}
		root, _ := doc.(map[string]any)
		if a, _ := root["a"].(map[string]any); a["@b"] != value {
			t.Errorf("XML %q: %v", value, doc)
		}
	}
	for _, value := range []string{"\x00", "\x0b", "\ufffe", "\xff"} {
		if _, err := EscapeXML(value); err == nil {
			t.Errorf("XML carries %q", value)
		}
	}
	if _, err := Multipart(map[string]any{"a": "x a-boundary x"}, "a-boundary"); err == nil {
		t.Error("a value ends its own field")
	}
	for _, name := range []string{"", "a\r\nb"} {
		if _, err := Multipart(map[string]any{name: "x"}, "b"); err == nil {
			t.Errorf("a field is called %q", name)
		}
	}
}
