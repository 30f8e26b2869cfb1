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
	At         Place         // of the answer's own expiry field; may be empty
	Unit       time.Duration // of the number at At
	Documented time.Duration // 0 when undocumented
	Fixed      bool          // a shorter one breaks; when false it is tolerated
	Cite       Cite
	Pos        Pos
}

// ClaimMatch says that a field of the body repeats a claim of the JWT.
type ClaimMatch struct {
	At    Place  // of the field
	Claim string // pointer into the claims; one "*" stands for every index of an array
	Join  string // joins the values that "*" gives
	Cite  Cite
	Pos   Pos
}
