package loginwatch

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Class says how much a finding matters to a consumer.
type Class string

// The classes. Only Breaking makes a run [Drift].
const (
	Breaking  Class = "breaking"  // a consumer written to the document would fail
	Tolerated Class = "tolerated" // a variance that a ruling of the contract allows, or that breaks nothing written
	Additive  Class = "additive"  // something the document does not mention
)

// Classes lists every class, worst first.
var Classes = []Class{Breaking, Tolerated, Additive}

// Kind says what sort of difference a finding is. The list is closed, so that
// it can be a metric label.
type Kind string

// The kinds of finding.
const (
	KindStatus         Kind = "status"
	KindContentType    Kind = "content-type"
	KindHeader         Kind = "header"
	KindCookie         Kind = "cookie"
	KindNotJSON        Kind = "not-json"
	KindMalformed      Kind = "malformed" // no XML or form data, where that is promised
	KindMissing        Kind = "missing"
	KindType           Kind = "type"
	KindValue          Kind = "value"
	KindFormat         Kind = "format"
	KindExtra          Kind = "extra"
	KindDuplicateKey   Kind = "duplicate-key"
	KindEncoding       Kind = "encoding"
	KindTruncated      Kind = "truncated"
	KindTokenMissing   Kind = "token-missing"
	KindTokenForm      Kind = "token-form"
	KindTokenExpired   Kind = "token-expired"
	KindTokenLifetime  Kind = "token-lifetime"
	KindTokenAlgorithm Kind = "token-algorithm"
	KindTokenMismatch  Kind = "token-mismatch"
	KindTokenSignature Kind = "token-signature" // it does not verify
	KindTokenKey       Kind = "token-key"       // of the keys that verify it
	KindTokenClaim     Kind = "token-claim"     // a claim has another value than is documented
	KindTokenReused    Kind = "token-reused"
	KindClockSkew      Kind = "clock-skew"
	KindRedirect       Kind = "redirect"
	KindOwnCertificate Kind = "own-certificate" // our client certificate ends soon
	KindFollowUp       Kind = "follow-up"       // what uses the login's answer failed
	KindCleanup        Kind = "cleanup"         // what the login opened could not be closed
)

// Kinds lists every kind.
var Kinds = []Kind{
	KindStatus, KindContentType, KindHeader, KindCookie, KindNotJSON, KindMalformed, KindMissing, KindType, KindValue,
	KindFormat, KindExtra, KindDuplicateKey, KindEncoding, KindTruncated, KindTokenMissing,
	KindTokenForm, KindTokenExpired, KindTokenLifetime, KindTokenAlgorithm, KindTokenMismatch,
	KindTokenSignature, KindTokenKey, KindTokenClaim,
	KindTokenReused, KindClockSkew, KindRedirect, KindOwnCertificate, KindFollowUp, KindCleanup,
}

// Finding is one difference between an exchange and the contract. It describes
// types and shapes and never carries a value that the vendor sent.
type Finding struct {
	Class       Class  `json:"class"`
	Kind        Kind   `json:"kind"`
	Pointer     string `json:"pointer"`          // RFC 6901, into the body, or header:NAME, cookie:NAME, text; "" is the whole answer
	Documented  string `json:"documented"`       // what the contract says
	Got         string `json:"got"`              // a type or a shape, never a value
	Contract    string `json:"contract"`         // FILE:LINE of the statement in the contract
	Schema      string `json:"schema,omitempty"` // FILE:LINE of the schema's statement, where one applies
	Document    string `json:"document"`         // the document that is cited, by its file or title; empty where none says it
	Quote       string `json:"quote"`            // the locator in that document
	Defect      string `json:"defect,omitempty"` // the ruling that tolerates it
	Fingerprint string `json:"fingerprint"`      // the same for the same difference in every run
}

// Identify sets the fingerprint: it stays the same from run to run, so that
// tools can tell a known difference from a new one.
func (f *Finding) Identify(vendor, caseID string) {
	sum := sha256.Sum256([]byte(strings.Join([]string{
		vendor, caseID, string(f.Class), string(f.Kind), f.Pointer, f.Documented,
	}, "\x00")))
	f.Fingerprint = hex.EncodeToString(sum[:8])
}
