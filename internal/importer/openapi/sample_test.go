package openapi_test

import (
	"fmt"
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
