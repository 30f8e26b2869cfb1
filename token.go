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
	Issued     Place        // of the date-time of its creation; may be empty
	Lifetime   *Lifetime    // nil when nothing is documented
	Matches    []ClaimMatch // fields of the body that must equal a claim
	Cite       Cite
	Pos        Pos
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
