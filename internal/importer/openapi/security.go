package openapi

import (
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/oauth"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// security takes the first alternative that asks for something.
func (c *call) security(base loginwatch.Template) {
	n := c.operation.Get("security")
	if n == nil {
		n = c.top.Get("security")
	}
	alternatives := items(n)
	optional := false
	var chosen *source.Node
	for _, a := range alternatives {
		switch {
		case len(members(a)) == 0:
			optional = true
		case chosen == nil:
			chosen = a
		default:
			c.remark(n, "of several ways to prove who calls the first one is taken")
		}
	}
	if len(members(chosen)) > mostSchemes {
		c.fail(chosen, "more than %d security schemes for one operation", mostSchemes)
		return
	}
	for _, m := range members(chosen) {
		scheme := c.resolve(c.top.Get("components").Get("securitySchemes").Get(m.Name))
		if scheme == nil {
			c.fail(m.Value, "no security scheme has this name")
			return
		}
		c.scheme(scheme, m.Name, m.Value, base, optional)
	}
}

func (c *call) scheme(n *source.Node, name string, scopes *source.Node, base loginwatch.Template, optional bool) {
	switch kind := n.Get("type").String(); kind {
	case "http":
		c.http(n, optional)
	case "apiKey":
		c.apiKey(n, name, optional)
	case "oauth2":
		c.bearer(n, optional)
		c.oauth(n, scopes, base)
	case "openIdConnect":
		c.bearer(n, optional)
		c.remark(n, "how a token is had stands at an address (OpenID Connect Discovery), which is not opened")
	case "mutualTLS":
		c.remark(n, "certificates of the client are no part of a pack")
	default:
		c.fail(n, `a security scheme has the type "http", "apiKey", "oauth2", "openIdConnect" or "mutualTLS"`)
	}
}

// http is a scheme of RFC 9110, 11.
func (c *call) http(n *source.Node, optional bool) {
	switch scheme := strings.ToLower(n.Get("scheme").String()); {
	case c.hasHeader("Authorization"):
	case scheme == "basic":
		if value, ours := c.template(n, true); ours { // that computes it itself
			c.header("Authorization", value, optional)
			return
		}
		c.exchange.Request.Basic = &importer.Basic{User: c.variable("username", "", true), Password: c.variable("password", "", true)}
	case scheme == "bearer":
		c.bearer(n, optional)
	default:
		if value, ours := c.template(n, true); ours {
			c.header("Authorization", value, optional)
			return
		}
		c.remark(n, "the authentication scheme %s is not taken over", source.Shown(scheme))
	}
}

// bearer sends the token as RFC 6750, 2.1 has it.
func (c *call) bearer(n *source.Node, optional bool) {
	if c.hasHeader("Authorization") {
		return
	}
	value, ours := c.template(n, true)
	if !ours {
		value = c.variable(oauth.AccessToken, "", true)
		value.Texts[0] = "Bearer "
	}
	c.header("Authorization", value, optional)
}

func (c *call) header(name string, value loginwatch.Template, optional bool) {
	c.exchange.Request.Headers = append(c.exchange.Request.Headers, importer.Field{Name: name, Value: value, Optional: optional})
}

func (c *call) hasHeader(name string) bool {
	for _, h := range c.exchange.Request.Headers {
		if strings.EqualFold(h.Name, name) {
			return true
		}
	}
	return c.exchange.Request.Basic != nil && name == "Authorization"
}

func (c *call) apiKey(n *source.Node, scheme string, optional bool) {
	name := n.Get("name").String()
	if name == "" {
		c.fail(n, "the key has no name")
		return
	}
	value, ours := c.template(n, true)
	if !ours {
		value = c.variable(scheme, "", true)
	}
	field := importer.Field{Name: name, Value: value, Optional: optional}
	switch n.Get("in").String() {
	case "header":
		if !c.hasHeader(name) {
			c.header(name, value, optional)
		}
	case "query":
		c.exchange.Request.Query = append(c.exchange.Request.Query, field)
	case "cookie":
		c.cookies = append(c.cookies, field)
	default:
		c.fail(n, `a key is in "query", "header" or "cookie"`)
	}
}
