package loginwatch

import "time"

// TokenForm is the documented form of a token.
type TokenForm string

// The forms. White space in or around a token breaks every one of them.
const (
	TokenOpaque   TokenForm = "opaque"
	TokenJWT      TokenForm = "jwt"
	TokenUnstated TokenForm = "unstated"
)

// Token is what the document says about the token of an operation.
type Token struct {
	Outcome    *Outcome // the answer that carries it
	At         Place    // of the token in that answer
	Form       TokenForm
	Algorithms []string     // documented values of the JWT header "alg"; empty when unstated
	Keys       *KeySource   // of the keys that verify a JWT; nil when its signature is not looked at
	Claims     []TokenClaim // those with a documented value
	Issued     Place        // of the date-time of its creation; may be empty
	Lifetime   *Lifetime    // nil when nothing is documented
	Matches    []ClaimMatch // fields of the body that must equal a claim
	Cite       Cite
	Pos        Pos
}

// KeySource is where the keys that verify a token come from; one of its fields is
// set.
type KeySource struct {
	From   *Case  // whose answer announces them (JWKS, RFC 7517, 5), in the same run
	Pinned string // the secret that is the key, or the keys
	Cite   Cite
	Pos    Pos
}

// Verifiable are the algorithms by which a signature can be verified (RFC 7518,
// 3.1; RFC 8037, 3.1). Those that are in Shared have one secret for both sides.
var (
	Verifiable = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512"}
	Shared     = []string{"HS256", "HS384", "HS512"}
)

// TokenClaim is a claim of the JWT with a documented value; one of Value and HashOf is
// set.
type TokenClaim struct {
	Name   string
	Value  string // may hold ${name} placeholders; of a claim that is an array, one of its members
	HashOf Place  // of the token whose left half of the hash it is (OpenID Connect Core, 3.1.3.6)
	Cite   Cite
	Pos    Pos
}

// Names gives the names of what is needed to verify the token, beside what its
// request sends.
func (t *Token) Names() []string {
	var names []string
	if t.Keys != nil && t.Keys.Pinned != "" {
		names = append(names, t.Keys.Pinned)
	}
	for _, c := range t.Claims {
		names = append(names, Placeholders(c.Value)...)
	}
	return names
}

// Lifetime is what the document says about how long a token is valid.
type Lifetime struct {
	At         Place         // of the answer's own field with the time that is left; of a cookie it is the cookie's own. May be empty
	Unit       time.Duration // of the number at At
	Until      Place         // of the instant at which the token ends, instead of At; may be empty
	Written    Instant       // how the instant at Until is written
	Documented time.Duration // 0 when undocumented
	Fixed      bool          // a shorter one breaks; when false it is tolerated
	Cite       Cite
	Pos        Pos
}

// Instant is how an instant is written. The list is closed.
type Instant string

// The forms of an instant.
const (
	InstantDateTime Instant = "date-time" // RFC 3339
	InstantHTTPDate Instant = "http-date" // RFC 9110, 5.6.7
	InstantSeconds  Instant = "unix"      // since the epoch
	InstantMillis   Instant = "unix-ms"
)

// Instants lists every form.
var Instants = []Instant{InstantDateTime, InstantHTTPDate, InstantSeconds, InstantMillis}

// ClaimMatch says that a field of the body repeats a claim of the JWT.
type ClaimMatch struct {
	At    Place  // of the field
	Claim string // pointer into the claims; one "*" stands for every index of an array
	Join  string // joins the values that "*" gives
	Cite  Cite
	Pos   Pos
}
