package draft

import (
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// credential is what a field of a request proves of whoever sends it.
type credential int

const (
	noCredential credential = iota
	clientKey               // a key or an identifier of a client: the secret may be another field
	clientToken             // a key of a client that is all it has
	issuedToken             // what a login before gave
	assertion               // signed by somebody else
	userPassword
	grant // which says itself what it goes by (RFC 6749, 4)
)

// likenesses say how much a call with a credential is like a login.
var likenesses = [...]int{noCredential: 0, clientKey: 15, clientToken: 15, issuedToken: 0, assertion: 50, userPassword: 60, grant: 70}

// likenessOfBasic is that of a call with HTTP Basic authentication, which others have, too.
const likenessOfBasic = 30

// credentialOf tells by its name what a field is.
func credentialOf(name string, value loginwatch.Template) credential {
	bare := importer.Name(name)
	isToken := strings.EqualFold(name, "Authorization") || tokenRank(strings.TrimPrefix(bare, "x_")) >= 0
	switch {
	case passwordName(name):
		return userPassword
	case bare == "grant_type" && strings.Join(value.Texts, "") != "refresh_token":
		return grant
	case strings.HasSuffix(bare, "assertion"), bare == "saml_response":
		return assertion
	case hasPart(name, []string{"apikey", "accesskey", "apitoken", "authkey", "clientid", "credential", "authorizationid"}):
		if isToken {
			return clientToken
		}
		return clientKey
	case isToken, bare == "grant_type":
		return issuedToken
	}
	return noCredential
}

// proves tells whether something of a request was recognised as what a login is refused
// without. Where nothing was, whatever it sends may be that.
func proves(r importer.Request) bool {
	if r.Basic != nil {
		return true
	}
	for name, value := range fieldsOf(r) {
		if credentialOf(name, value) > clientKey {
			return true
		}
	}
	return false
}

// sendsPassword tells whether a request has one beside a client's secret.
func sendsPassword(r importer.Request) bool {
	for name, value := range fieldsOf(r) {
		if credentialOf(name, value) == userPassword && !strings.Contains(importer.Name(name), "client") {
			return true
		}
	}
	return false
}
