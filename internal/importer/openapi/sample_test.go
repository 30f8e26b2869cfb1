package openapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/importer/openapi"
)

// An example that leaves out what may be the token is none: most descriptions call
// nothing required and show no value.
func TestSampleKeepsTokens(t *testing.T) {
	for properties, want := range map[string]string{
		`token: {type: string}`: "",
		`token: {type: string}, ttl: {type: integer, example: 60}`:                       "",
		`token: {type: [string, "null"]}, ttl: {type: integer, example: 60}`:             "",
		`data: {type: object, properties: {token: {type: string}}}`:                      "",
		`token: {type: string, example: abc}, ttl: {type: integer}`:                      `{"token":"abc"}`,
		`token: {type: string, example: abc}, self: {$ref: "#/components/schemas/A"}`:    `{"token":"abc"}`,
		`token: {type: string, example: abc}, password: {type: string, writeOnly: true}`: `{"token":"abc"}`,
	} {
		rec, err := openapi.Read([]byte(fmt.Sprintf(`openapi: 3.1.0
info: {title: A, version: "1"}
servers: [{url: "https://api.acme.example"}]
paths:
  /login:
    post:
      responses:
        "200": {description: fine, content: {application/json: {schema: {$ref: "#/components/schemas/A"}}}}
components:
  schemas:
    A: {type: object, properties: {%s}}
`, properties)))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(rec.Exchanges[0].Answers[0].Body); got != want {
			t.Errorf("%s gives %q, not %q", properties, got, want)
		}
	}
}

// In OpenAPI 3.1 what stands beside a reference counts as well, in 3.0 nothing does.
func TestBesideReferences(t *testing.T) {
	for _, tt := range []struct{ version, user, password, body, schema string }{
		{
			"3.1.0", `{$ref: "#/components/schemas/T", examples: [ann]}`, `{$ref: "#/components/schemas/P"}`,
			`{"user":"ann","password":"demo"}`, `"user":{"$ref":"#/definitions/T"}`,
		},
		{
			"3.0.3", `{$ref: "#/components/schemas/T", example: ann}`, `{$ref: "#/components/schemas/P", readOnly: true}`,
			`{"user":"${user}","password":"demo"}`, `"password":{"$ref":"#/definitions/P"}`,
		},
		{
			"3.1.0", `{$ref: "#/components/schemas/P", default: bob}`, `{$ref: "#/components/schemas/T", readOnly: true}`,
			`{"user":"bob"}`, `"properties":{"user":{"$ref":"#/definitions/P"}}`,
		},
		{
			"3.1.0", `{type: string, const: x}`, `{$ref: "#/components/schemas/O", properties: {b: {const: c}}}`,
			`{"user":"x","password":{"b":"c","a":"${a}"}}`, `"allOf":[{"$ref":"#/definitions/O"}`,
		},
	} {
		rec, err := openapi.Read([]byte(fmt.Sprintf(`openapi: %s
info: {title: A, version: "1"}
servers: [{url: "https://api.acme.example"}]
paths:
  /login:
    post:
      requestBody: {content: {application/json: {schema: {type: object, properties: {user: %s, password: %s}}}}}
      responses: {"204": {description: fine}}
components:
  schemas:
    T: {type: string}
    P: {type: string, example: demo}
    O: {type: object, properties: {a: {type: string}}}
`, tt.version, tt.user, tt.password)))
		if err != nil {
			t.Fatal(err)
		}
		body := rec.Exchanges[0].Request.Body
		got := body.Text.Texts[0]
		for i, name := range body.Text.Names {
			got += "${" + name + "}" + body.Text.Texts[i+1]
		}
		if got != tt.body || !strings.Contains(string(body.Schema), tt.schema) {
			t.Errorf("%s, %s: %s, %s", tt.version, tt.password, got, body.Schema)
		}
	}
}

// What a document marks as secret beside a reference is a secret.
func TestSecretBesideReference(t *testing.T) {
	rec, err := openapi.Read([]byte(`openapi: 3.1.0
info: {title: A, version: "1"}
servers: [{url: "https://api.acme.example"}]
paths:
  /login:
    post:
      requestBody: {content: {application/json: {schema: {type: object, properties: {word: {$ref: "#/components/schemas/T", format: password}}}}}}
      responses: {"204": {description: fine}}
components: {schemas: {T: {type: string}}}
`))
	if err != nil || len(rec.Variables) != 1 || !rec.Variables[0].Secret {
		t.Errorf("%v, %+v", err, rec.Variables)
	}
}
