package bruno

import (
	"cmp"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/collection"
	"github.com/loginwatch/loginwatch/internal/importer/oauth"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// authorize adds what Bruno adds to a request for its kind of authorization, its own or
// that of the nearest folder.
func (m *maker) authorize(c *call, around []*defaults, r *importer.Request) {
	a := c.auth
	for i := 0; a.mode == "inherit"; i++ {
		if i == len(around) {
			m.remark(a.at, "authorization is that of the collection, which is not given")
			return
		}
		if around[i].auth.mode != "" {
			a = around[i].auth
		}
	}
	switch a.mode {
	case "", "none":
	case "basic":
		r.Basic = &importer.Basic{User: template(a.values["username"]), Password: template(a.values["password"])}
		collection.Drop(r, "Authorization")
	case "bearer":
		collection.Authorize(r, "Authorization", importer.Joined(importer.Plain("Bearer "), template(a.values["token"])))
	case "apikey":
		name, value := a.values["key"], template(a.values["value"])
		switch {
		case name == "":
			m.remark(a.at, "the key has no name: none is sent")
		case a.values["placement"] == "query" || a.values["placement"] == "queryparams":
			r.Query = append(r.Query, importer.Field{Name: name, Value: value})
		default:
			collection.Authorize(r, name, value)
		}
	case "oauth2":
		m.oauth(a, r)
	default:
		m.remark(a.at, "authorization of the kind "+source.Shown(a.mode)+" is not taken over")
	}
}

// oauth sends a token and notes how Bruno has it.
func (m *maker) oauth(a auth, r *importer.Request) {
	v := a.values
	value := importer.Named(oauth.AccessToken)
	if v["token_placement"] == "url" || v["token_placement"] == "query" {
		r.Query = append(r.Query, importer.Field{Name: cmp.Or(v["token_query_key"], oauth.AccessToken), Value: value})
	} else {
		prefix, said := v["token_header_prefix"]
		if !said {
			prefix = "Bearer"
		}
		if prefix != "" {
			prefix += " "
		}
		collection.Authorize(r, "Authorization", importer.Joined(importer.Plain(prefix), value))
	}
	grant := oauth.Grants[cmp.Or(v["grant_type"], v["flow"])]
	switch {
	case grant == "":
		m.remark(a.at, "a flow of OAuth 2.0 that leads through a browser is not taken over")
	case v["access_token_url"] == "":
		m.remark(a.at, "no address says where a token is had")
	default:
		m.tokens = append(m.tokens, oauth.Token{
			At: m.place(a.at), Grant: grant, Keeps: oauth.AccessToken, Scope: template(v["scope"]),
			Address: collection.Address(v["access_token_url"], nil), User: template(v["username"]), Password: template(v["password"]),
			ClientID: template(v["client_id"]), ClientPass: template(v["client_secret"]),
			InBody: cmp.Or(v["credentials_placement"], "body") == "body",
		})
	}
}
