package openapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// tokenURL is where a flow of OAuth 2.0 has its tokens from.
type tokenURL struct {
	flow    *source.Node
	grant   string
	scopes  []string
	address loginwatch.Template
}

// oauth notes the flow by which a program has a token. Those that lead through a browser
// can't be sent.
func (c *call) oauth(n, scopes *source.Node, base loginwatch.Template) {
	flows := n.Get("flows")
	for _, f := range []struct{ name, grant string }{{"clientCredentials", "client_credentials"}, {"password", "password"}} {
		flow := flows.Get(f.name)
		address := flow.Get("tokenUrl").String()
		if address == "" || slices.ContainsFunc(c.tokens, func(t tokenURL) bool { return t.flow == flow }) {
			continue
		}
		t := tokenURL{flow: flow, grant: f.grant, address: importer.Plain(address)}
		if !strings.Contains(address, "://") {
			t.address = importer.Joined(base, importer.Plain("/"+strings.TrimLeft(address, "/")))
		}
		for _, s := range items(scopes) {
			t.scopes = append(t.scopes, s.String())
		}
		c.tokens = append(c.tokens, t)
	}
	for _, name := range []string{"authorizationCode", "implicit"} {
		if flow := flows.Get(name); flow != nil {
			c.remark(flow, "a flow that leads through a browser is not taken over")
		}
	}
}

// tokenRequests adds the calls that give tokens, where no path of the document is one.
func (r *reader) tokenRequests() {
	for _, t := range r.tokens {
		known := false
		for i := range r.out.Exchanges {
			e := &r.out.Exchanges[i]
			if e.Request.Method == http.MethodPost && slices.Equal(e.Request.URL.Texts, t.address.Texts) {
				known = true
				c := call{reader: r, exchange: e}
				c.keep(importer.Kept{Variable: accessToken, From: "/access_token"})
			}
		}
		if !known {
			r.out.Exchanges = append(r.out.Exchanges, r.tokenRequest(t))
		}
	}
}

// tokenRequest is what RFC 6749 documents of a token endpoint: 4.3.2 and 4.4.2 for the
// request, 2.3.1 for who asks, 5.1 and 5.2 with their examples for the answers.
func (r *reader) tokenRequest(t tokenURL) importer.Exchange {
	r.remark(t.flow, "what is sent there and answered is taken from RFC 6749, since the document does not say it")
	plain := importer.Plain
	fields := []importer.Field{{Name: "grant_type", Value: plain(t.grant)}}
	if t.grant == "password" {
		fields = append(fields,
			importer.Field{Name: "username", Value: r.variable("username", "", true)},
			importer.Field{Name: "password", Value: r.variable("password", "", true)})
	}
	if len(t.scopes) > 0 {
		fields = append(fields, importer.Field{Name: "scope", Value: plain(strings.Join(t.scopes, " ")), Optional: true})
	}
	place := t.flow.Place()
	answer := func(name string, status int, schema, body, says string) importer.Answer {
		return importer.Answer{
			Name: name, At: place, Status: status, ContentType: "application/json;charset=UTF-8",
			Schema: []byte(schema), Body: []byte(body), Text: says,
		}
	}
	return importer.Exchange{
		Name: "token", At: place,
		Request: importer.Request{
			Method: http.MethodPost, URL: t.address,
			Basic: &importer.Basic{User: r.variable("client_id", "", true), Password: r.variable("client_secret", "", true)},
			Body:  &importer.Body{ContentType: "application/x-www-form-urlencoded", Fields: fields},
		},
		Answers: []importer.Answer{
			answer("success", 200, tokenSchema, `{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600}`, "RFC 6749, 5.1"),
			answer("invalid_request", 400, errorSchema, `{"error":"invalid_request"}`, "RFC 6749, 5.2"),
			answer("invalid_client", 401, errorSchema, `{"error":"invalid_client"}`, "RFC 6749, 5.2"),
		},
		Kept: []importer.Kept{{Variable: accessToken, From: "/access_token"}},
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
