package importer

import (
	"reflect"
	"testing"

	"github.com/loginwatch/loginwatch"
)

func TestName(t *testing.T) {
	for foreign, want := range map[string]string{
		"baseUrl": "base_url", "Base-URL": "base_url", "BASE_URL": "base_url", "user": "user", " user name ": "user_name",
		"X-Api-Key": "x_api_key", "2fa": "fa", "__": "", "": "", "ключ": "", "a1B": "a1_b", "password!": "password",
	} {
		if got := Name(foreign); got != want {
			t.Errorf("%q became %q, not %q", foreign, got, want)
		}
	}
}

func TestBetween(t *testing.T) {
	for text, want := range map[string]loginwatch.Template{
		"":                       {Texts: []string{""}},
		"plain":                  {Texts: []string{"plain"}},
		"{{baseUrl}}/a":          {Texts: []string{"", "/a"}, Names: []string{"base_url"}},
		"{{a}}{{ b }}":           {Texts: []string{"", "", ""}, Names: []string{"a", "b"}},
		"{{":                     {Texts: []string{"{{"}},
		"{{}}":                   {Texts: []string{"{{}}"}},
		"{{ {{a}}":               {Texts: []string{"{{ ", ""}, Names: []string{"a"}},
		`{"a": "${b}", "c":{}}}`: {Texts: []string{`{"a": "${b}", "c":{}}}`}},
	} {
		if got := Between(text, "{{", "}}"); !reflect.DeepEqual(got, want) {
			t.Errorf("%q became %#v", text, got)
		}
	}
}

func TestEscapes(t *testing.T) {
	for text, want := range map[string]string{"a%20b+c": "a b c", "100%": "100%", "%FF": "%FF", "%C3%BC": "ü", "": ""} {
		if got := Decoded(text); got != want {
			t.Errorf("%q is decoded as %q", text, got)
		}
	}
	for path, want := range map[string]string{"/a b/ü": "/a%20b/%C3%BC", "/a%20b": "/a%20b", "/a:b@c;d=e,f": "/a:b@c;d=e,f", "/a?b#c": "/a%3Fb%23c"} {
		if got := Encoded(path); got != want {
			t.Errorf("%q is sent as %q", path, got)
		}
	}
}
