package draft

import (
	"net/http"
	"testing"

	"github.com/loginwatch/loginwatch/internal/importer"
)

// Operations of one path that our own export had joined are chosen together, and all of
// an export are unless somebody chooses.
func TestOwnCallsAreChosen(t *testing.T) {
	post := func(operation, path string) importer.Exchange {
		return importer.Exchange{Operation: operation, Request: importer.Request{Method: http.MethodPost, URL: importer.Plain("https://api.acme.example" + path)}}
	}
	rec := &importer.Recording{Exchanges: []importer.Exchange{post("token", "/token"), post("refresh", "/token"), post("sign-out", "/revoke")}}
	for wanted, n := range map[string]int{"": 3, "POST /token": 2, "POST /revoke": 1} {
		var calls []string
		if wanted != "" {
			calls = []string{wanted}
		}
		chosen, left, err := choose(rec, calls)
		if err != nil || len(chosen) != n || wanted == "" && len(left) > 0 {
			t.Errorf("%q chooses %v and leaves %v: %v", wanted, chosen, left, err)
		}
	}
}

// A name of a program is told from what is made by chance.
func TestOfWords(t *testing.T) {
	for text, want := range map[string]bool{
		"UserNotFoundException": true, "odoo.exceptions.AccessDenied": true, "accounts:signInWithPassword": true, "AWSCognitoIdentityProviderService.GetUser": true, "token.oauth2": true,
		"QxvTbRkLmWzPqJdNhGfYsCa": false, "qXvTbRkLmWzPqJdNhGfYsCa.token": false, "Vz3Rk9Xp5Cm1Dg7Sj": false, "some-words": false, "invalid user": false,
	} {
		if ofWords(text) != want {
			t.Errorf("%q: %t", text, !want)
		}
	}
}
