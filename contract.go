package loginwatch

import (
	"slices"
	"time"
)

// Contract is everything that a vendor's document says about its login, and
// the rulings on what it says twice. It is immutable once loaded.
type Contract struct {
	Vendor      string // slug, for example "signzy-ezkra"
	Title       string
	Documents   []Document // at least one; the first is meant where a source names none
	ProvenOn    []Server   // real ones that the contract was held against; with none, its documents alone speak for it
	Targets     []DocumentedTarget
	Quota       *Quota        // nil when none is documented
	Maintenance []Maintenance // as documented
	Secrets     []Secret
	// Account names the secrets that its logins are made with, sorted: whoever sends the
	// same values of them logs in as the same account, whatever else is configured. Empty
	// when that is for each case to say.
	Account    []string
	Variables  []Variable
	Computed   []*Computed
	Operations []*Operation
	Cases      []*Case
	Defects    []*Defect
	Negatives  []*Negative
	Pos        Pos
	SHA256     string // of contract.yaml, hex
}

// Server is a program that somebody else wrote and whose login a contract describes.
type Server struct {
	Name    string
	Version string
	Pos     Pos
}

func (s Server) String() string { return s.Name + " " + s.Version }

// MainDocument is the first document as it is shown; empty when there is none.
func (c *Contract) MainDocument() string {
	if len(c.Documents) == 0 {
		return ""
	}
	return c.Documents[0].Shown()
}

// DocumentedTarget is a base URL that the document or the evidence names.
type DocumentedTarget struct {
	Name string
	URL  string
	Cite Cite
	Pos  Pos
}

// Secret is the name of a value that the operator supplies. User names, e-mail
// addresses and device ids count as secrets too.
type Secret struct {
	Name string // lower case with underscores
	Demo string // what the simulator accepts when nobody sets another value
	Pos  Pos
}

// Variable is the name of a value that is no secret and that the operator may set.
type Variable struct {
	Name    string // lower case with underscores
	Default string
	Cite    Cite
	Pos     Pos
}

// Operation is one endpoint.
type Operation struct {
	ID       string
	Request  Request
	Outcomes []*Outcome // tried in order
	Token    *Token     // nil when the operation hands out none
	Revokes  []string   // secrets, or cookies as "cookie:NAME", that are dead once it has succeeded, as a session is after its logout
	Spends   []string   // secrets that it takes once, as an authorization code or a rotating refresh token
	Limit    *RateLimit // nil when none is documented
	Control  *Case      // sent once after a refusal, to see whose it is; nil when no case is safe to send then
	Cite     Cite
	Pos      Pos
}

// Request is how an operation is called.
type Request struct {
	Method  string
	Path    string   // appended to the target's base URL; may hold ${name} placeholders
	Headers []Header // in the order written
	Query   []Param
	Cookies []RequestCookie
	Body    BodyFormat // how bodies are written; "" is [BodyJSON]
	Schema  *SchemaRef // of the decoded body; nil when there is none
	Pos     Pos
}

// Format says how the bodies of the operation are written.
func (r *Request) Format() BodyFormat {
	if r.Body == "" {
		return BodyJSON
	}
	return r.Body
}

// RequestCookie is a cookie that the request has to carry. Its value is none of
// the contract's: an answer earlier in the run sets it (RFC 6265).
type RequestCookie struct {
	Name string
	Cite Cite
	Pos  Pos
}

// Header is one request header; Value may hold ${name} placeholders.
type Header struct {
	Name     string
	Value    string
	Optional bool // left out when a secret that Value names is not configured
	Cite     Cite
	Pos      Pos
}

// Param is one query parameter; Value may hold ${name} placeholders.
type Param struct {
	Name  string
	Value string
	Cite  Cite
	Pos   Pos
}

// Condition is a reason for which an operation gives an outcome; the simulator
// answers by it. The list is closed.
type Condition string

// The conditions.
const (
	WhenValid         Condition = "valid"          // right request, right credentials
	WhenWrongPassword Condition = "wrong-password" // a known user with another secret
	WhenUnknownUser   Condition = "unknown-user"   // an identity that does not exist
	WhenMalformed     Condition = "malformed"      // the body is not what its format says
	WhenInvalid       Condition = "invalid"        // a body that the request schema refuses, or a query without a documented parameter
	WhenNoPassword    Condition = "no-password"    // only the password is not as the request schema says, or missing
	WhenMissingHeader Condition = "missing-header" // a documented request header, or a cookie, is absent or wrong
	WhenWrongPath     Condition = "wrong-path"     // another path below the operation's parent
	WhenRateLimited   Condition = "rate-limited"   // the documented limit is exceeded
)

// Conditions lists every condition.
var Conditions = []Condition{
	WhenValid, WhenWrongPassword, WhenUnknownUser, WhenMalformed, WhenInvalid, WhenNoPassword,
	WhenMissingHeader, WhenWrongPath, WhenRateLimited,
}

// Example is a documented body, verbatim.
type Example struct {
	File string // inside the vendor's examples/ folder
	Body []byte
	Pos  Pos
}

// SchemaRef is a compiled JSON Schema and the file that it came from.
type SchemaRef struct {
	Name string // "login.success": schemas/<vendor>/<name>.schema.json
	File string
	JSON []byte
	Schema
}

// Schema validates decoded JSON. It is safe for concurrent use.
type Schema interface {
	// Validate gives every difference between doc and the schema, in the order
	// of their pointers; an error means that the schema could not be applied,
	// which is never a pass. Numbers in doc are [encoding/json.Number].
	Validate(doc any) ([]Violation, error)
	// Extra gives the pointers of members that the schema does not name.
	Extra(doc any) []string
	// At describes the field that pointer names: what the schema says of it and
	// where. ok is false for a field that the schema does not name.
	At(pointer string) (field SchemaField, ok bool)
	Members() (names []string, others bool) // of the document itself; others: a pattern may name more
	// SecretFields gives the places of all fields marked as secret, with "*"
	// for any index of an array.
	SecretFields() []Place
	// Fields gives all fields that the schema names, in the order of its file and each
	// before what is in it; the first is the document itself.
	Fields() []DocumentedField
}

// Violation is one difference between a document and its schema.
type Violation struct {
	Kind       Kind
	Pointer    string
	Documented string // what the schema asks for
	Got        string // a type or a shape, never a value
}

// SchemaField is what a schema says of one field.
type SchemaField struct {
	Type     string // "string", "integer", …; several joined with "|"
	Format   string // of JSON Schema: "date-time", …; "" when none is asked for
	Cite     Cite
	Secret   bool
	Required bool
	Pos      Pos
}

// DocumentedField is a field that a schema names, with all that is said of it for people.
type DocumentedField struct {
	SchemaField
	At          Place // "*" is any item, and any member whose name is not fixed
	Title       string
	Description string
	Allowed     []string // what narrows its value, in words: "at least 1 character"
}

// RateLimit is a documented limit.
type RateLimit struct {
	Requests int
	Per      time.Duration
	Cite     Cite
	Pos      Pos
}

// Case is one request worth sending, and what the document promises for it.
type Case struct {
	ID             string
	Operation      *Operation
	Title          string
	Body           any      // JSON value whose strings may hold ${name} placeholders, one string for text and XML; nil for none
	Raw            string   // sent as it is instead of Body; never holds a secret
	Headers        []Header // on top of the operation's
	Query          []Param  // on top of the operation's
	WithoutHeaders []string // of the operation's, not sent
	Expect         []*Outcome
	Undocumented   bool     // an answer that the document does not describe is accepted as well
	Risk           string   // "" or RiskLockOut
	AlternativeTo  string   // the case that this one says in another documented form; runs only when named
	After          []*Case  // what has to have happened before it in the same run, such as the logout that ends its token
	Needs          []string // secrets and captured values without which it can't be sent, also for what is computed
	Cite           Cite
	Pos            Pos
}

// RiskLockOut marks a case whose repetition can lock an account.
const RiskLockOut = "lock-out"

// OnlyWhenNamed tells whether the case is left out unless somebody asks for it.
func (c *Case) OnlyWhenNamed() bool { return c.Risk != "" || c.AlternativeTo != "" }

// SendsCredential tells whether the vendor may count an answer to the case
// against the account: it sends a credential that should be accepted, or a wrong
// one of a real user.
func (c *Case) SendsCredential() bool {
	return len(c.Needs) > 0 && c.SuccessDue() || c.Risk == RiskLockOut
}

// SuccessDue tells whether the document promises success for the case.
func (c *Case) SuccessDue() bool {
	for _, o := range c.Expect {
		if o.Means == OK {
			return true
		}
	}
	return false
}

// Sends gives those of the case's needs that its request is made of, and leaves out what
// its token is held against.
func (c *Case) Sends(of *Contract) []string {
	sent := of.Closure(c.Request().Names(true))
	var held []string
	if t := c.Token(); t != nil {
		held = of.Closure(t.Names())
	}
	return slices.DeleteFunc(slices.Clone(c.Needs), func(name string) bool {
		return slices.Contains(held, name) && !slices.Contains(sent, name)
	})
}

// Token gives the token that the document promises for the case; nil for none.
func (k *Case) Token() *Token {
	if t := k.Operation.Token; t != nil && t.Outcome != nil {
		for _, o := range k.Expect {
			if o == t.Outcome {
				return t
			}
		}
	}
	return nil
}

// KeysFrom is the case whose answer announces the keys that verify the token of this
// one; nil for none.
func (k *Case) KeysFrom() *Case {
	if t := k.Token(); t != nil && t.Keys != nil {
		return t.Keys.From
	}
	return nil
}

// Defect is a place where the document contradicts itself, and the ruling.
type Defect struct {
	ID       string
	At       []Statement // what it is about; empty when it is about the prose
	Document string      // what one place says
	Sample   string      // what the other says
	Ruling   string
	Tolerate *Tolerance // nil when the ruling allows no variance
	Cite     Cite
	Pos      Pos
}

// Statement names one statement of the contract: OPERATION.OUTCOME/POINTER,
// OPERATION.OUTCOME@header:NAME, OPERATION.OUTCOME@cookie:NAME or
// OPERATION.request/POINTER; Outcome "*" is every outcome.
type Statement struct {
	Operation string
	Outcome   string
	At        Place
	Pos       Pos
}

// Tolerance is the variance that a ruling allows; one of its fields is set.
type Tolerance struct {
	Schema   Schema // the value at the place may be of this schema instead
	MovedTo  Place  // the field may stand here instead
	Statuses []int  // the outcome may come with one of these instead
}

// Negative is a body that must not pass: a void, broken or mistaken sample.
type Negative struct {
	ID      string
	File    string
	Body    []byte
	Against []Statement // outcomes (or requests) that must refuse it
	Why     string
	Cite    Cite
	Pos     Pos
}

// Operation finds an operation by id; nil when there is none.
func (c *Contract) Operation(id string) *Operation {
	for _, o := range c.Operations {
		if o.ID == id {
			return o
		}
	}
	return nil
}

// Case finds a case by id; nil when there is none.
func (c *Contract) Case(id string) *Case {
	for _, k := range c.Cases {
		if k.ID == id {
			return k
		}
	}
	return nil
}

// Outcome finds an outcome by id; nil when there is none.
func (o *Operation) Outcome(id string) *Outcome {
	for _, x := range o.Outcomes {
		if x.ID == id {
			return x
		}
	}
	return nil
}

// OutcomeFor gives the first outcome that the document gives for a condition;
// nil when it gives none.
func (o *Operation) OutcomeFor(w Condition) *Outcome {
	for _, x := range o.Outcomes {
		for _, c := range x.When {
			if c == w {
				return x
			}
		}
	}
	return nil
}
