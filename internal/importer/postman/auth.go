package postman

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/collection"
	"github.com/loginwatch/loginwatch/internal/importer/oauth"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// auth adds what Postman adds to a request for its kind of authorization, its own or
// that of the nearest folder.
func (c *call) auth(n *source.Node) {
	kind := n.Get("type").String()
	of := func(name string) *source.Node { return parameter(n.Get(kind), name) }
	switch kind {
	case "", "noauth":
	case "basic":
		c.exchange.Request.Basic = &importer.Basic{User: c.template(of("username")), Password: c.template(of("password"))}
		collection.Drop(&c.exchange.Request, "Authorization")
	case "bearer":
		collection.Authorize(&c.exchange.Request, "Authorization", importer.Joined(importer.Plain("Bearer "), c.template(of("token"))))
	case "apikey":
		name, value := of("key").String(), c.template(of("value"))
		switch {
		case name == "":
			c.remark(n, "the key has no name: none is sent")
		case of("in").String() == "query":
			c.exchange.Request.Query = append(c.exchange.Request.Query, importer.Field{Name: name, Value: value})
		default:
			collection.Authorize(&c.exchange.Request, name, value)
		}
	case "oauth2":
		c.oauth(n, of)
	default:
		c.remark(n, "authorization of the kind "+source.Shown(kind)+" is not taken over")
	}
}

// parameter is one of a kind of authorization: they are a list in format 2.1, a mapping in
// 2.0.
func parameter(n *source.Node, name string) *source.Node {
	for _, p := range items(n) {
		if p.Get("key").String() == name {
			return p.Get("value")
		}
	}
	return n.Get(name)
}

// oauth sends the token where the collection says, and notes how Postman has it.
func (c *call) oauth(n *source.Node, of func(string) *source.Node) {
	value := c.template(of("accessToken"))
	if of("accessToken").String() == "" {
		value = importer.Named(oauth.AccessToken)
	}
	if of("addTokenTo").String() == "queryParams" {
		c.exchange.Request.Query = append(c.exchange.Request.Query, importer.Field{Name: oauth.AccessToken, Value: value})
	} else {
		prefix := "Bearer"
		if said := of("headerPrefix"); said != nil {
			prefix = strings.TrimSpace(said.String())
		}
		if prefix != "" {
			prefix += " "
		}
		collection.Authorize(&c.exchange.Request, "Authorization", importer.Joined(importer.Plain(prefix), value))
	}
	grant := oauth.Grants[of("grant_type").String()]
	switch {
	case of("accessTokenUrl").String() == "":
	case grant == "":
		c.remark(n, "a flow of OAuth 2.0 that leads through a browser is not taken over")
	case !slices.ContainsFunc(c.tokens, func(t token) bool { return t.at == n }):
		t := token{n, oauth.Token{
			At: n.Place(), Grant: grant, Keeps: oauth.AccessToken, Scope: c.template(of("scope")),
			Address: collection.Address(of("accessTokenUrl").String(), nil),
			User:    c.template(of("username")), Password: c.template(of("password")),
			ClientID: c.template(of("clientId")), ClientPass: c.template(of("clientSecret")),
			InBody: of("client_authentication").String() == "body",
		}}
		if len(value.Names) == 1 {
			t.Keeps = value.Names[0]
		}
		c.tokens = append(c.tokens, t)
	}
}

// token is what the collection says of it in one place.
type token struct {
	at *source.Node
	oauth.Token
}

// tokenRequests adds the calls that give tokens, where no request of the collection is
// one.
func (r *reader) tokenRequests() {
	for _, t := range r.tokens {
		if t.In(r.out.Exchanges) == nil {
			r.remark(t.at, oauth.FromRFC)
			r.out.Exchanges = append(r.out.Exchanges, t.Exchange())
		}
	}
}
