package request_test

import (
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/request"
)

// What people write behind -d is no form that a browser has made, and a form all the
// same to whoever is sent it.
func TestForm(t *testing.T) {
	for text, want := range map[string]string{
		"user=anna&password=Zq9!kW2#vLx7":  "user=anna password=Zq9!kW2#vLx7",
		"password=a$b@c:d/e?f*(g)'h~i;j,k": "password=a$b@c:d/e?f*(g)'h~i;j,k",
		"password=100%sure":                "password=100%sure",
		"password=two words":               "password=two words",
		"password=a=b==":                   "password=a=b==",
		"password=%5b%22":                  `password=["`,
		"user[name]=a&user[pass]=b{c}":     "user[name]=a user[pass]=b{c}",
		"пароль=öß":                        "пароль=öß",
		`{"password":"aGk="}`:              "",
		` ["password=1"]`:                  "",
		`<login password="a=b"/>`:          "",
		`"a=b"`:                            "",
		"a=b\nc=d":                         "",
		"anna:secret":                      "",
		"password=\x00":                    "",
		"password=%ff":                     "",
	} {
		body, remark := request.Body(request.URLEncoded, importer.Plain(text))
		var got []string
		for _, f := range body.Fields {
			got = append(got, f.Name+"="+strings.Join(f.Value.Texts, ""))
		}
		if strings.Join(got, " ") != want || (remark == request.NoForm) != (want == "") {
			t.Errorf("%q became %q (%s), not %q", text, got, remark, want)
		}
	}
}
