package postman

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

const accessToken = "access_token"

// auth adds what Postman adds to a request for its kind of authorization, its own or
// that of the nearest folder.
func (c *call) auth(n *source.Node) {
	kind := n.Get("type").String()
	of := func(name string) *source.Node { return parameter(n.Get(kind), name) }
	for _, m := range members(n.Get(kind)) {
		if len(scalar(m)) > longestValue {
			c.fail(m, "this value is longer than 16 KiB")
			return
		}
	}
	switch kind {
	case "", "noauth":
	case "basic":
		c.exchange.Request.Basic = &importer.Basic{User: c.template(of("username")), Password: c.template(of("password"))}
		c.drop("Authorization")
	case "bearer":
		c.authorize("Authorization", importer.Joined(importer.Plain("Bearer "), c.template(of("token"))))
	case "apikey":
		name, value := of("key").String(), c.template(of("value"))
		switch {
		case name == "":
			c.remark(n, "the key has no name: none is sent")
		case of("in").String() == "query":
			c.exchange.Request.Query = append(c.exchange.Request.Query, importer.Field{Name: name, Value: value})
		default:
			c.authorize(name, value)
		}
	case "oauth2":
		c.oauth(n, of)
	default:
		c.remark(n, "authorization of the kind "+source.Shown(kind)+" is not taken over")
	}
}

// members are the parameters of a kind of authorization: a list in format 2.1, a mapping
// in 2.0.
func members(n *source.Node) []*source.Node {
	if n == nil {
		return nil
	}
	all := slices.Clone(n.Items)
	for _, m := range n.Members {
		all = append(all, m.Value)
	}
	return all
}

func parameter(n *source.Node, name string) *source.Node {
	for _, p := range items(n) {
		if p.Get("key").String() == name {
			return p.Get("value")
		}
	}
	return n.Get(name)
}

// authorize sets a header in the place of one that the request has.
func (c *call) authorize(name string, value loginwatch.Template) {
	c.drop(name)
	c.exchange.Request.Headers = append(c.exchange.Request.Headers, importer.Field{Name: name, Value: value})
}

func (c *call) drop(name string) {
	c.exchange.Request.Headers = slices.DeleteFunc(c.exchange.Request.Headers, func(h importer.Field) bool { return strings.EqualFold(h.Name, name) })
}

// oauth sends the token where the collection says, and notes how Postman has it.
func (c *call) oauth(n *source.Node, of func(string) *source.Node) {
	value := c.template(of("accessToken"))
	if of("accessToken").String() == "" {
		value = importer.Named(accessToken)
	}
	if of("addTokenTo").String() == "queryParams" {
		c.exchange.Request.Query = append(c.exchange.Request.Query, importer.Field{Name: accessToken, Value: value})
	} else {
		prefix := "Bearer"
		if said := of("headerPrefix"); said != nil {
			prefix = strings.TrimSpace(said.String())
		}
		if prefix != "" {
			prefix += " "
		}
		c.authorize("Authorization", importer.Joined(importer.Plain(prefix), value))
	}
	grant := of("grant_type").String()
	grants := map[string]string{"client_credentials": "client_credentials", "password_credentials": "password"}
	switch {
	case of("accessTokenUrl").String() == "":
	case grants[grant] == "":
		c.remark(n, "a flow of OAuth 2.0 that leads through a browser is not taken over")
	case !slices.ContainsFunc(c.tokens, func(t token) bool { return t.at == n }):
		t := token{at: n, grant: grants[grant], of: of, keeps: accessToken}
		if len(value.Names) == 1 {
			t.keeps = value.Names[0]
		}
		c.tokens = append(c.tokens, t)
	}
}

// token is how Postman has a token by OAuth 2.0.
type token struct {
	at    *source.Node
	grant string
	keeps string // the variable that requests send
	of    func(string) *source.Node
}

// tokenRequests adds the calls that give tokens, where no request of the collection is
// one (RFC 6749, 4.3.2 and 4.4.2).
func (r *reader) tokenRequests() {
	for _, t := range r.tokens {
		e := importer.Exchange{
			Name: "token", At: t.at.Place(), Request: importer.Request{Method: "POST"},
			Kept: []importer.Kept{{Variable: t.keeps, From: "/access_token"}},
		}
		c := &call{reader: r, exchange: &e}
		c.address(t.of("accessTokenUrl"))
		known := slices.ContainsFunc(r.out.Exchanges, func(other importer.Exchange) bool {
			return other.Request.Method == "POST" && slices.Equal(other.Request.URL.Texts, e.Request.URL.Texts) && slices.Equal(other.Request.URL.Names, e.Request.URL.Names)
		})
		if known || r.fault != nil {
			continue
		}
		body := &importer.Body{ContentType: "application/x-www-form-urlencoded", Fields: []importer.Field{{Name: "grant_type", Value: importer.Plain(t.grant)}}}
		add := func(field, parameter string) {
			if n := t.of(parameter); n.String() != "" {
				body.Fields = append(body.Fields, importer.Field{Name: field, Value: r.template(n)})
			}
		}
		if t.grant == "password" {
			add("username", "username")
			add("password", "password")
		}
		add("scope", "scope")
		if t.of("client_authentication").String() == "body" {
			add("client_id", "clientId")
			add("client_secret", "clientSecret")
		} else {
			e.Request.Basic = &importer.Basic{User: r.template(t.of("clientId")), Password: r.template(t.of("clientSecret"))}
		}
		e.Request.Body = body
		r.out.Exchanges = append(r.out.Exchanges, e)
	}
}
