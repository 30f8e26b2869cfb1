package loginwatch

import "time"

// Evidence is what one exchange looked like, without a value of it: what stays of it
// when the exchange is gone. Nothing in it is a secret or a byte that the vendor sent but
// for names (of headers, fields, cookies) and what is public (addresses, certificates).
type Evidence struct {
	Method  string
	URL     string // as the contract writes it, with placeholders where values stood, at the address that was asked
	Request []Trait
	Answer  []Trait // empty when none came

	Status       int           // 0 when no answer came
	Proto        string        // as HTTP/1.1
	RequestBytes int           // of the body; -1 where it holds what is secret, whose length it would tell
	AnswerBytes  int           // of the body, up to the cap
	Remote       string        // address and port that was connected to; "" when none was
	Resolved     []string      // addresses that the name stood for; none when none was looked up
	Tried        []string      // addresses and ports that were tried, in order
	Proxy        string        // host of the proxy in between; "" without
	TLS          string        // version and cipher suite; "" without TLS
	Certificates []Certificate // of the peer, leaf first
}

// Certificate is what is told of a certificate of a chain. All of it is public.
type Certificate struct {
	Subject   string
	Issuer    string
	NotBefore time.Time
	NotAfter  time.Time
	SHA256    string // of the whole certificate, in hexadecimal
}

// MostFields is how many fields an object may have for one of them to be told.
const MostFields = 500

// Trait is one place of a message and what stood there, without its value.
type Trait struct {
	// Place is where it stood: "/a/b" in a body ("" is the body itself, "*" stands for any
	// entry of an array or, under names that are values, any field), "header:NAME",
	// "cookie:NAME", "query:NAME", and "cookie:NAME;attribute" of an answer.
	Place string
	Type  string // of JSON: object, array, string, number, integer, boolean, null; else string
	// Format is one of a closed list, such as uuid, date-time, jwt, base64 (see
	// internal/evidence), "" for none that is known; or the media type of Content-Type; the
	// shape of a body that could not be read; the contract's own text where that has
	// placeholders, in a request; "${name}" or "holds ${name}" where the answer has one of
	// our secrets in it; "another name" is that of the slot beside it, current or to come.
	Format string
	Length int    // of the value, in characters; entries of an array or object; 0 where it is a secret's
	Digest string // a keyed fingerprint of a value; "" where there is none to tell apart
}
