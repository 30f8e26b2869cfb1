package guard

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestDecodeForm(t *testing.T) {
	for body, want := range map[string]string{
		"a=1":                          `{"a":"1"}`,
		"a=1&b=&c&&a=2&a=3":            `{"a":["1","2","3"],"b":"","c":""}`,
		"a+b=%26%3d%C3%A9+%2b":         `{"a b":"&=é +"}`,
		"token=a=b==":                  `{"token":"a=b=="}`,
		"":                             "empty at byte 0",
		" \r\n":                        "empty at byte 3",
		"a=%4":                         "syntax at byte 2",
		"a=%zz":                        "syntax at byte 2",
		"ok=1&a%=1":                    "syntax at byte 6",
		"a=b\n":                        "syntax at byte 3",
		"a=b;c=d":                      "syntax at byte 3",
		"<p>a=b</p>":                   "syntax at byte 0",
		"a=b c":                        "syntax at byte 3",
		"a=\x00":                       "syntax at byte 2",
		"a=%ff":                        "encoding at byte 2",
		"a=\xff":                       "encoding at byte 2",
		strings.Repeat("a=1&", 5_001):  "too-many-tokens at byte 20000",
		strings.Repeat("a", 256<<10+1): "too-large at byte 262144",
	} {
		if got := decoded(DecodeForm([]byte(body), Defaults())); got != want {
			t.Errorf("%.40q: %s, want %s", body, got, want)
		}
	}
}

func decoded(v any, r *Refusal) string {
	if r != nil {
		return r.Error()
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(string(text))
}

func TestDecodeXML(t *testing.T) {
	deep := strings.Repeat("<a>", 33)
	for body, want := range map[string]string{
		"<a/>":                               `{"a":""}`,
		"<a></a>":                            `{"a":""}`,
		"<a>\n x </a>":                       `{"a":"\n x "}`,
		"\ufeff<a>x</a>":                     `{"a":"x"}`,
		`<a b="1"/>`:                         `{"a":{"@b":"1"}}`,
		`<a b = '1' c="&lt;&#65;">`:          "truncated at byte 25",
		`<a b='"' >x</a >`:                   `{"a":{"#text":"x","@b":"\""}}`,
		"<a> <b>1</b>\n<b>2</b> <c/> x </a>": `{"a":{"#text":"x","b":["1","2"],"c":""}}`,
		"<a><b>1</b><b><c>2</c></b><b/></a>": `{"a":{"b":["1",{"c":"2"},""]}}`,
		"<?xml version=\"1.0\" encoding='UTF-8' standalone='yes'?>\n<!-- - -->\n<a>&amp;&lt;&gt;&apos;&quot;&#x41;</a>\n<!---->": `{"a":"&<>'\"A"}`,
		"<a><![CDATA[<b>&amp;]]]]><![CDATA[>]]></a>":               `{"a":"<b>&amp;]]>"}`,
		"<a>x<!-- y -->z\r\n</a>":                                  `{"a":"xz\n"}`,
		`<s:e xmlns:s="u" xmlns="v"><s:b s:c="1"><d/></s:b></s:e>`: `{"e":{"b":{"@c":"1","d":""}}}`,
		`<a xml:lang="en"/>`:                                       `{"a":{"@lang":"en"}}`,
		"<élan>x</élan>":                                           `{"élan":"x"}`,
		"":                                                         "empty at byte 0",
		" <!-- x -->\n":                                            "empty at byte 12",
		"x":                                                        "syntax at byte 0",
		"<":                                                        "truncated at byte 1",
		"<a":                                                       "truncated at byte 2",
		"<a b":                                                     "truncated at byte 4",
		"<a b=\"":                                                  "truncated at byte 6",
		"<a>x":                                                     "truncated at byte 4",
		"<a><b></b>":                                               "truncated at byte 10",
		"<a></a":                                                   "truncated at byte 6",
		"<a><!-- x":                                                "truncated at byte 9",
		"<a><![CDATA[x":                                            "truncated at byte 13",
		"<?xml version='1.0'":                                      "truncated at byte 19",
		"<a></a>x":                                                 "trailing at byte 7",
		"<a></a><b/>":                                              "trailing at byte 7",
		"<a></b>":                                                  "syntax at byte 6",
		"<a><b></a></b>":                                           "syntax at byte 9",
		"</a>":                                                     "syntax at byte 1",
		"< a/>":                                                    "syntax at byte 1",
		"<1/>":                                                     "syntax at byte 2",
		"<a:b:c/>":                                                 "syntax at byte 6",
		"<:a/>":                                                    "syntax at byte 3",
		"<a:/>":                                                    "syntax at byte 3",
		"<p:a/>":                                                   "syntax at byte 4",
		`<a p:b="1"/>`:                                             "syntax at byte 10",
		`<a><b xmlns:p="u"/><p:c/></a>`:                            "syntax at byte 23",
		`<a b=1/>`:                                                 "syntax at byte 5",
		`<a b="1"c="2"/>`:                                          "syntax at byte 8",
		`<a b="<"/>`:                                               "syntax at byte 6",
		`<a b="1" b="2"/>`:                                         "duplicate-key at byte 14",
		`<a xmlns:p="u" b="1" p:b="2"/>`:                           "duplicate-key at byte 28",
		"<a>&b;</a>":                                               "syntax at byte 3",
		"<a>&</a>":                                                 "syntax at byte 3",
		"<a>&#0;</a>":                                              "syntax at byte 3",
		"<a>&#xd800;</a>":                                          "syntax at byte 3",
		"<a>&#x110000;</a>":                                        "syntax at byte 3",
		"<a>&#99999999999;</a>":                                    "syntax at byte 3",
		"<a>]]></a>":                                               "syntax at byte 3",
		"<a><!-- a -- b --></a>":                                   "syntax at byte 12",
		"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>":                             "forbidden at byte 0",
		"<?xml foo?><a/>":                                                      "syntax at byte 0",
		"<?xml version='1.1'?><a/>":                                            "syntax at byte 0",
		"<?xml version='1.0' standalone='maybe'?><a/>":                         "syntax at byte 0",
		"<?xml version='1.0' encoding='US-ASCII'?><a>é</a>":                    "encoding at byte 44",
		"<?xml version=\"1.0\" encoding=\"us-ascii\" standalone=\"no\" ?><a/>": `{"a":""}`,
		"<a\u00d7/>":                                    "syntax at byte 4",
		"<a\u00b7/>":                                    `{"a·":""}`,
		"<\u00b7a/>":                                    "syntax at byte 4",
		"<a>\u00a0<b/></a>":                             "{\"a\":{\"#text\":\"\u00a0\",\"b\":\"\"}}",
		`<a xmlns:p="u" xmlns:p="v"/>`:                  "duplicate-key at byte 26",
		`<a xmlns="u" xmlns="v"/>`:                      "duplicate-key at byte 22",
		`<a xmlns:p=""/>`:                               "syntax at byte 13",
		`<a xmlns:xmlns="u"/>`:                          "syntax at byte 18",
		`<a xmlns:xml="u"/>`:                            "syntax at byte 16",
		"<a b=\"x\ty\r\nz&#10;\"/>":                     `{"a":{"@b":"x y z\n"}}`,
		"<a>&#x0000000041;</a>":                         `{"a":"A"}`,
		"<a>ok &b;</a>":                                 "syntax at byte 6",
		"\ufeff<a>&b;</a>":                              "syntax at byte 6",
		"<!DOCTYPE a SYSTEM 'file:///x'><a/>":           "forbidden at byte 0",
		"<a><?php x ?></a>":                             "forbidden at byte 3",
		"<?php x ?><a/>":                                "forbidden at byte 0",
		"<?xml version='1.0' encoding='UTF-16'?><a/>":   "encoding at byte 0",
		"<?xml version='1.0' encoding=\"latin1\"?><a/>": "encoding at byte 0",
		"\xff\xfe<\x00a\x00/\x00>\x00":                  "encoding at byte 0",
		"<a>\xff</a>":                                   "encoding at byte 3",
		"<a>\x00</a>":                                   "syntax at byte 3",
		"<a>\uffff</a>":                                 "syntax at byte 3",
		"{\"a\": 1}":                                    "syntax at byte 0",
		deep:                                            "too-deep at byte 96",
		"<a>" + strings.Repeat("<b/>", 10_000) + "</a>": "too-many-tokens at byte 10001",
		strings.Repeat(" ", 256<<10) + "<a/>":           "too-large at byte 262144",
	} {
		if got := decoded(DecodeXML([]byte(body), Defaults())); got != want {
			t.Errorf("%.60q: %s, want %s", body, got, want)
		}
	}
}

// hostileXML gives bodies as large as they may be, made to be slow.
func hostileXML() map[string][]byte {
	const size = 250 << 10
	fill := func(before, piece, after string) []byte {
		return []byte(before + strings.Repeat(piece, (size-len(before)-len(after))/len(piece)) + after)
	}
	numbered := func(before, piece, after string) []byte {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, piece, i)
		}
		return []byte(before + b.String() + after)
	}
	return map[string][]byte{
		"elements":      fill("<a>", "<b/>", "</a>"),
		"names":         fill("<a>", "<b"+strings.Repeat("c", 40)+">x</b"+strings.Repeat("c", 40)+">", "</a>"),
		"attributes":    fill("<a ", `b="" `, "/>"),
		"namespaces":    numbered("<a ", "xmlns:b%d=\"u\" ", "/>"),
		"prefixes":      numbered("<a ", "xmlns:b%[1]d=\"u\" b%[1]d:c%[1]d=\"\" ", "/>"),
		"a name":        fill("<", "a", "/>"),
		"a long text":   fill("<a>", "x", "</a>"),
		"references":    fill("<a>", "&amp;", "</a>"),
		"no references": fill("<a>", "&", "</a>"),
		"comments":      fill("<a>", "<!---->", "</a>"),
		"sections":      fill("<a>", "<![CDATA[]]>", "</a>"),
		"pieces":        fill("<a>", "x<!---->", "</a>"),
		"open":          fill("", "<a>", ""),
		"blanks":        fill("<a", " ", "/>"),
		"brackets":      fill("<a>", "]]", "</a>"),
		"ends of lines": fill("<a>", "\r\n", "</a>"),
	}
}

// Their time is linear: each allocates no more than the most that may be in one.
func TestHostileXML(t *testing.T) {
	for name, body := range hostileXML() {
		if n := testing.AllocsPerRun(1, func() { _, _ = DecodeXML(body, Defaults()) }); n > 60_000 {
			t.Errorf("%s: %.0f allocations", name, n)
		}
	}
}

// TestFiguresHostileXML prints what the slowest of them costs; nothing is judged by it.
func TestFiguresHostileXML(t *testing.T) {
	worst, which := time.Duration(0), ""
	for name, body := range hostileXML() {
		best := time.Hour
		for range 10 {
			start := time.Now()
			_, _ = DecodeXML(body, Defaults())
			best = min(best, time.Since(start))
		}
		if best > worst {
			worst, which = best, name
		}
	}
	t.Logf("hostile XML: %.1f ms for the slowest of %d bodies of 250 KiB (%s)", float64(worst.Microseconds())/1000, len(hostileXML()), which)
}

// What we read as XML, another implementation reads too; it is the more lenient one.
func FuzzXML(f *testing.F) {
	for _, seed := range []string{"<a/>", `<s:e xmlns:s="u"><s:b c='1'>x &lt; <![CDATA[y]]></s:b></s:e>`, "<?xml version='1.0'?><!-- x --><a>é</a>", "<a>&#x41;</a>", "<a><b></a>"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, r := DecodeXML(body, Defaults())
		if r != nil {
			if r.Offset < 0 || r.Offset > len(body) {
				t.Fatalf("offset %d of %d", r.Offset, len(body))
			}
			return
		}
		if root, ok := v.(map[string]any); !ok || len(root) != 1 {
			t.Fatalf("%v", v)
		}
		d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(string(body), "\ufeff")))
		d.CharsetReader = nil
		for {
			token, err := d.RawToken()
			if token == nil {
				if err != nil && err.Error() != "EOF" && !strings.Contains(err.Error(), "invalid") && !strings.Contains(err.Error(), "encoding") && !strings.Contains(err.Error(), "version") {
					t.Fatalf("%q: %v", body, err)
				}
				return
			}
		}
	})
}

func FuzzForm(f *testing.F) {
	for _, seed := range []string{"a=1&b=2", "a=%26&a=+", "a", "=", "%ff=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		v, r := DecodeForm([]byte(body), Defaults())
		if r != nil {
			return
		}
		other, err := url.ParseQuery(body)
		if err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		object, _ := v.(map[string]any)
		if len(object) != len(other) {
			t.Fatalf("%q: %v, and %v by net/url", body, v, other)
		}
		for name, values := range other {
			if text, ok := object[name].(string); ok && (len(values) != 1 || values[0] != text) {
				t.Fatalf("%q: %q, and %q by net/url", body, text, values)
			}
		}
	})
}

func TestDecodeMultipart(t *testing.T) {
	part := func(name, value string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	for body, want := range map[string]string{
		part("a", "1") + part("b", "x\r\n--c") + "--b--\r\n": `{"a":"1","b":"x\r\n--c"}`,
		"--b--\r\n":    `{}`,
		"":             "truncated",
		part("a", "1"): "truncated",
		"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1": "truncated",
		"x":   "syntax",
		"--b": "truncated",
		"--":  "truncated",
		"preamble\r\n" + part("a", "1") + "--b--": "syntax",
		part("a", "1") + "--b--\r\nmore":          "trailing",
		"--b\r\nContent-Disposition: form-data; name=\"a\"; x=\"" + strings.Repeat("y", 2000) + "\"\r\n\r\n1\r\n--b--": "too-many-tokens",
		"--b\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n--b--":                                         "syntax",
		part("a", "1") + part("a", "2") + "--b--":                                                                      "duplicate-key",
		part("", "1") + "--b--":        "syntax",
		part("a", "\xff") + "--b--":    "encoding",
		strings.Repeat("x", 256<<10+1): "too-large",
	} {
		v, r := DecodeMultipart([]byte(body), "b", Defaults())
		got := ""
		if r != nil {
			got = string(r.Cause)
		} else {
			got = decoded(v, nil)
		}
		if got != want {
			t.Errorf("%.40q: %s, want %s", body, got, want)
		}
	}
	for _, boundary := range []string{"", strings.Repeat("b", 71)} {
		if _, r := DecodeMultipart([]byte("--b--"), boundary, Defaults()); r == nil {
			t.Errorf("boundary %q passes", boundary)
		}
	}
}

func FuzzMultipart(f *testing.F) {
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if v, r := DecodeMultipart(body, "b", Defaults()); r == nil && v == nil || r != nil && (r.Offset < 0 || r.Offset > len(body)) {
			t.Fatalf("%v %v", v, r)
		}
	})
}
