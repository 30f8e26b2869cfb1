// Package oauth makes the call that gives a token by OAuth 2.0 where a description says
// where that is and by which grant, and nothing more: the rest stands in RFC 6749.
package oauth

import (
	"net/http"
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// AccessToken is the variable of a token whose name the description does not say.
const AccessToken = "access_token"

// The grants that lead through no browser, as they are sent.
const (
	ClientCredentials = "client_credentials"
	Password          = "password"
)

// Grants are those by the names that descriptions give them.
var Grants = map[string]string{
	"client_credentials":                  ClientCredentials,
	"clientCredentials":                   ClientCredentials,
	"password":                            Password,
	"password_credentials":                Password,
	"resource_owner_password_credentials": Password,
}

// FromRFC is the remark about what the description does not say.
const FromRFC = "what is answered there is taken from RFC 6749, since nothing here says it"

// Token is what a description says of a token.
type Token struct {
	At                   importer.Place
	Address              loginwatch.Template
	Grant                string // as it is sent
	User, Password       loginwatch.Template
	ClientID, ClientPass loginwatch.Template
	Scope                loginwatch.Template
	InBody               bool   // the client says in the body who it is, and not by HTTP Basic
	Keeps                string // the variable that other calls send
}

// In finds the call among those that are known; nil where none is it.
func (t Token) In(known []importer.Exchange) *importer.Exchange {
	for i := range known {
		r := &known[i].Request
		if r.Method == http.MethodPost && slices.Equal(r.URL.Texts, t.Address.Texts) && slices.Equal(r.URL.Names, t.Address.Names) {
			return &known[i]
		}
	}
	return nil
}

// Exchange is the call as RFC 6749 documents it: 4.3.2 and 4.4.2 for the request, 2.3.1 for
// who asks, 5.1 and 5.2 with their examples for the answers.
func (t Token) Exchange() importer.Exchange {
	body := &importer.Body{ContentType: "application/x-www-form-urlencoded"}
	add := func(name string, value loginwatch.Template, optional bool) {
		if len(value.Names) > 0 || len(value.Texts) > 0 && value.Texts[0] != "" {
			body.Fields = append(body.Fields, importer.Field{Name: name, Value: value, Optional: optional})
		}
	}
	add("grant_type", importer.Plain(t.Grant), false)
	if t.Grant == Password {
		add("username", t.User, false)
		add("password", t.Password, false)
	}
	add("scope", t.Scope, true)
	r := importer.Request{Method: http.MethodPost, URL: t.Address, Body: body}
	if t.InBody {
		add("client_id", t.ClientID, false)
		add("client_secret", t.ClientPass, false)
	} else {
		r.Basic = &importer.Basic{User: t.ClientID, Password: t.ClientPass}
	}
	return importer.Exchange{Name: "token", At: t.At, Request: r, Answers: answers(t.At), Kept: []importer.Kept{t.Kept()}}
}

// Kept is what other calls need of the answer.
func (t Token) Kept() importer.Kept {
	return importer.Kept{Variable: t.Keeps, From: "/access_token"}
}

func answers(at importer.Place) []importer.Answer {
	answer := func(name string, status int, schema, body, says string) importer.Answer {
		return importer.Answer{
			Name: name, At: at, Status: status, ContentType: "application/json;charset=UTF-8",
			Schema: []byte(schema), Body: []byte(body), Text: says,
		}
	}
	return []importer.Answer{
		answer("success", http.StatusOK, tokenSchema, `{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600}`, "RFC 6749, 5.1"),
		answer("invalid_request", http.StatusBadRequest, errorSchema, `{"error":"invalid_request"}`, "RFC 6749, 5.2"),
		answer("invalid_client", http.StatusUnauthorized, errorSchema, `{"error":"invalid_client"}`, "RFC 6749, 5.2"),
	}
}

const (
	tokenSchema = `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["access_token","token_type"],` +
		`"properties":{"access_token":{"type":"string","x-secret":true},"token_type":{"type":"string"},"expires_in":{"type":"integer"},` +
		`"refresh_token":{"type":"string","x-secret":true},"scope":{"type":"string"}}}`
	errorSchema = `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["error"],` +
		`"properties":{"error":{"type":"string","enum":["invalid_request","invalid_client","invalid_grant","unauthorized_client",` +
		`"unsupported_grant_type","invalid_scope"]},"error_description":{"type":"string"},"error_uri":{"type":"string"}}}`
)
