package openapi

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/oauth"
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
	for _, name := range []string{"clientCredentials", "password"} {
		flow := flows.Get(name)
		address := flow.Get("tokenUrl").String()
		if address == "" || slices.ContainsFunc(c.tokens, func(t tokenURL) bool { return t.flow == flow }) {
			continue
		}
		t := tokenURL{flow: flow, grant: oauth.Grants[name], address: importer.Plain(address)}
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
		token := oauth.Token{
			At: t.flow.Place(), Address: t.address, Grant: t.grant, Keeps: oauth.AccessToken,
			Scope: importer.Plain(strings.Join(t.scopes, " ")),
		}
		if known := token.In(r.out.Exchanges); known != nil {
			c := call{reader: r, exchange: known}
			c.keep(token.Kept())
			continue
		}
		token.ClientID, token.ClientPass = r.variable("client_id", "", true), r.variable("client_secret", "", true)
		if t.grant == oauth.Password {
			token.User, token.Password = r.variable("username", "", true), r.variable("password", "", true)
		}
		r.remark(t.flow, oauth.FromRFC)
		r.out.Exchanges = append(r.out.Exchanges, token.Exchange())
	}
}
