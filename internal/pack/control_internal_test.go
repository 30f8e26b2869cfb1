package pack

import (
	"encoding/json"
	"testing"

	"github.com/loginwatch/loginwatch"
)

// What names nobody: names, brackets and tags, and the constants of a login.
func TestControlNamesNobody(t *testing.T) {
	jsonBody, xmlBody, form := loginwatch.BodyJSON, loginwatch.BodyXML, loginwatch.BodyForm
	login := map[string]any{"grant": "password", "user": "${user}", "more": map[string]any{"ttl": json.Number("1"), "keep": true, "of": []any{"a", "${user}"}}}
	for _, tt := range []struct {
		format loginwatch.BodyFormat
		raw    string
		body   any
		want   bool
	}{
		{jsonBody, `{"user": `, nil, true},
		{jsonBody, `{"auth": {"identity": {`, nil, true},
		{jsonBody, "{\n\t\"user\"  :", nil, true},
		{jsonBody, `{}`, nil, true},
		{jsonBody, "", nil, true},
		{jsonBody, `{"user": "root`, nil, false},
		{jsonBody, `{"user": "root", "password": "x"`, nil, false},
		{jsonBody, `{"user": root`, nil, false},
		{jsonBody, `{"user": 7`, nil, false},
		{jsonBody, `["root"`, nil, false},
		{jsonBody, `{'user': 'root'`, nil, false},
		{jsonBody, `user=root`, nil, false},
		{jsonBody, `<user>root</user>`, nil, false},
		{jsonBody, `{"us\u0065r": `, nil, false},
		{xmlBody, `<a:Envelope xmlns:a="http://schemas.example/envelope"><a:Body>`, nil, true},
		{xmlBody, `<?xml version="1.0"?><login><user/>`, nil, true},
		{xmlBody, `<login><user>root`, nil, false},
		{xmlBody, `<login user="root">`, nil, false},
		{xmlBody, `<login><![CDATA[root]]>`, nil, false},
		{xmlBody, "", `<login><user></user></login>`, true},
		{xmlBody, "", `<login><user>root</user></login>`, false},
		{form, `user=root`, nil, false},
		{form, `%`, nil, false},
		{form, "", nil, true},
		{form, "", map[string]any{"grant": "password"}, true},
		{form, "", map[string]any{"grant": "other"}, false},
		{form, "", map[string]any{"user": "${user}"}, false},
		{form, "", map[string]any{"user": "root"}, false},
		{form, "", map[string]any{"user": ""}, false},
		{jsonBody, "", map[string]any{"more": map[string]any{"ttl": json.Number("1"), "keep": true, "of": []any{"a"}}}, true},
		{jsonBody, "", map[string]any{"more": map[string]any{"ttl": json.Number("2")}}, false},
		{jsonBody, "", map[string]any{"of": []any{"a"}}, false},
		{jsonBody, "", map[string]any{"more": map[string]any{"of": []any{"a", "b", "c"}}}, false},
		{jsonBody, "", "password", false},
	} {
		r := loginwatch.CaseRequest{Format: tt.format, Raw: tt.raw, Body: tt.body}
		if got := bare(r) || r.Raw == "" && constant(r.Body, login); got != tt.want {
			t.Errorf("%s %q %v: safe %t", tt.format, tt.raw, tt.body, got)
		}
	}
}
