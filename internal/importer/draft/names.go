package draft

import (
	"slices"
	"strings"
	"unicode"

	"github.com/loginwatch/loginwatch/internal/importer"
)

// What a field's name says of its value.

// neutral are words of names whose value is a kind, a time or a switch, whatever else
// the name says: token_type, password_expires_at.
var neutral = words("type types expires expire expiry expiration expiring ttl lifetime method mode required enabled verified format version policy algorithm alg scope scopes count length size status valid validity")

// passwords are what nobody but the user knows, wherever in a name they stand: in the
// languages of a few APIs, too, as [importer.Name] leaves them (contraseña).
var passwords = []string{
	"password", "passwd", "pwd", "pswd", "pword", "passphrase", "passcode", "passkey", "secret",
	"passwort", "kennwort", "contrasena", "contrasea", "clave", "motdepasse", "senha", "wachtwoord", "haslo", "heslo", "parola",
}

// users are what somebody who logs in is called by, in those languages, too.
var users = []string{"username", "loginname", "lgname", "logonid", "loginid", "benutzer", "nutzername", "anmeldename", "utilisateur", "identifiant", "usuario", "utente", "gebruiker", "uzytkownik", "uzivatel"}

// secretParts are parts of names in whose place no value stays.
var secretParts = []string{
	"token", "apikey", "credential", "session", "cookie", "totp", "cvv", "email", "phone", "mobile", "msisdn", "userid",
	"clientid", "deviceid", "tenant", "csrf", "xsrf", "signature", "assertion", "jwt", "bearer", "iban", "birth", "address", "nonce", "subject",
}

// secretWords are those that mean it only as whole words.
var secretWords = words("key pin otp mfa code verifier challenge auth authorization user login account acct mail tel device sid uid uuid guid id ssn dob card name firstname lastname surname nickname owner customer member org organization organisation company answer captcha memorable merchant partner employee staff subscriber passport licence license serial pan aadhaar cert certificate private state pass pw ip udid imei fingerprint workspace realm_id domain_id street city zip postcode iss sub aud jti kid azp oid upn")

// personal are those of them that say who somebody is.
var personal = words("name firstname lastname surname nickname fullname displayname street city zip postcode birth dob address company organization")

// constantNames are fields whose value says what is asked for, and never by whom.
var constantNames = words("accept content_type accept_language x_requested_with grant_type response_type audience action operation operation_name jsonrpc locale lang language platform os channel source currency country timezone tz device_type client app application product query provider connection database realm remember remember_me")

func words(list string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		set[w] = true
	}
	return set
}

func wordsOf(name string) []string { return strings.Split(importer.Name(name), "_") }

// passwordName tells whether a field carries what a login is refused without.
func passwordName(name string) bool {
	return !isNeutral(name) && (hasPart(name, passwords) || slices.ContainsFunc(wordsOf(name), func(w string) bool {
		return w == "pw" || strings.HasSuffix(w, "pin") || strings.HasSuffix(w, "otp") || strings.HasSuffix(w, "pass")
	}))
}

// anew are words for what no configuration can hold.
var anew = words("otp totp mfa nonce signature hmac timestamp ts challenge captcha")

// madeAnew tells whether a field has another value in each request.
func madeAnew(name string) bool {
	return slices.ContainsFunc(wordsOf(name), func(w string) bool { return anew[w] })
}

// secretName tells whether no value of a field may be shown. A name in letters that are
// not English says nothing to us, and may be any of them.
func secretName(name string) bool {
	if isNeutral(name) || constantNames[importer.Name(name)] {
		return false
	}
	return strings.ContainsFunc(name, func(c rune) bool { return c > unicode.MaxASCII }) || passwordName(name) || hasPart(name, users) || hasPart(name, secretParts) ||
		slices.ContainsFunc(wordsOf(name), func(w string) bool { return secretWords[w] || personal[w] })
}

func isNeutral(name string) bool {
	return slices.ContainsFunc(wordsOf(name), func(w string) bool { return neutral[w] })
}

func hasPart(name string, parts []string) bool {
	bare := strings.ReplaceAll(importer.Name(name), "_", "")
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(bare, p) })
}

// tokenNames are fields that carry what later calls are made with, the surest first.
var tokenNames = []string{
	"access_token", "auth_token", "session_token", "jwt_token", "api_token", "bearer_token", "token", "jwt", "access", "id_token", "auth_key", "session_key",
	"session_id", "ticket", "session", "bearer", "sid", "refresh_token",
}

// tokenRank is the place of a name among them; -1 for a name that is none of them.
func tokenRank(name string) int {
	bare := importer.Name(name)
	if i := slices.Index(tokenNames, bare); i >= 0 {
		return i
	}
	if i := slices.Index(tokenNames, strings.ReplaceAll(bare, "accesstoken", "access_token")); i >= 0 {
		return i
	}
	if strings.HasSuffix(bare, "token") && !hasPart(bare, []string{"csrf", "xsrf", "verification", "device", "push"}) {
		return len(tokenNames) - 2 // before a refresh token
	}
	return -1
}

// plainNames are fields of answers whose value is a word of the API and not of the
// user, where it looks like one.
var plainNames = words("type status state code error error_code error_type error_description errors message msg detail details title scope scopes token_type result reason description locale language lang currency timezone role roles permission permissions country version alg typ use kty method severity category level kind grant_type jsonrpc")

// saysOfAPI tells whether a name is one of them.
func saysOfAPI(name string) bool {
	return plainNames[importer.Name(name)] || hasPart(name, []string{"status", "errorcode", "responsecode", "resultcode", "returncode"})
}

// secretField is secretName for an answer, where a code or a state is the API's own.
func secretField(name string) bool { return secretName(name) && !saysOfAPI(name) }

// personName tells whether a field's value is what somebody is called.
func personName(name string) bool {
	return slices.ContainsFunc(wordsOf(name), func(w string) bool { return personal[w] || w == "user" || w == "login" }) || hasPart(name, users) || hasPart(name, []string{"email"})
}

// birthName tells whether even a date says who somebody is.
func birthName(name string) bool { return hasPart(name, []string{"birth", "dob"}) }
