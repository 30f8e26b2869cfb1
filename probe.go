package loginwatch

import (
	"context"
	"net/url"
	"slices"
	"time"
)

// Probe is steps of cases on a schedule, against one target. It is a value:
// the daemon, verify and the Pact tests all run it with the same code.
type Probe struct {
	Contract   *Contract
	Name       string
	Schedule   string // cron expression or "@every DURATION"
	Timeout    time.Duration
	Objectives Objectives
	Steps      []Step
	Disabled   bool // not run by the daemon unless the operator enables it
	Pos        Pos
}

// ID names a probe within its vendor and target: VENDOR/PROBE.
func (p *Probe) ID() string { return p.Contract.Vendor + "/" + p.Name }

// Subject is the step that the probe is for; nil when there is none, which no
// pack has.
func (p *Probe) Subject() *Step {
	for i := range p.Steps {
		if p.Steps[i].Role == RoleSubject {
			return &p.Steps[i]
		}
	}
	return nil
}

// Longest is how long one run may take: the time-out, and once more for each
// cleanup, which has a time of its own.
func (p *Probe) Longest() time.Duration {
	longest := p.Timeout
	for _, s := range p.Steps {
		if s.Role == RoleCleanup {
			longest += p.Timeout
		}
	}
	return longest
}

// Role says what a step is for. The list is closed, and steps stand in its order.
type Role string

// The roles. Exactly one step of a probe is its subject.
const (
	RoleSetup    Role = "setup"     // fetches what the subject needs; left out when all of it is configured
	RoleSubject  Role = "subject"   // what the probe is for: it decides acceptance and latency
	RoleFollowUp Role = "follow-up" // uses what the subject gave; its failure is one of the run
	RoleCleanup  Role = "cleanup"   // runs once the subject gave something; its failure never changes the verdict
)

// RoleControl is that of a step which no probe has: the control case of a login,
// sent once after that was refused. It never changes the verdict, but says whose the
// refusal is.
const RoleControl Role = "control"

// Roles lists the roles of a probe's steps, in the order in which they stand.
var Roles = []Role{RoleSetup, RoleSubject, RoleFollowUp, RoleCleanup}

// Step is one case of a probe.
type Step struct {
	Case    *Case
	Role    Role
	Capture []Capture // taken from the answer for the steps after it
	Pos     Pos
}

// Captures tells whether the step takes a value of that name from its answer.
func (s *Step) Captures(name string) bool {
	return slices.ContainsFunc(s.Capture, func(c Capture) bool { return c.Name == name })
}

// GivesCookie tells whether the step is documented to set a cookie that the case
// has to carry.
func (s *Step) GivesCookie(to *Case) bool {
	return slices.ContainsFunc(to.Operation.Request.Cookies, func(c RequestCookie) bool {
		return slices.ContainsFunc(s.Case.Expect, func(o *Outcome) bool { return o.Cookie(c.Name) != nil })
	})
}

// UsesCredential tells whether the vendor may count the step against the account.
// What comes after the subject uses what that gave, not the credential.
func (s *Step) UsesCredential() bool {
	return (s.Role == RoleSetup || s.Role == RoleSubject) && s.Case.SendsCredential()
}

// Capture takes a value from an answer under the name of a secret.
type Capture struct {
	Name string // of the secret that it fills
	At   Place  // of the value in the answer
	Pos  Pos
}

// Objectives are the service levels that a probe is held to.
type Objectives struct {
	Availability    float64       // share of runs that are not unavailable, 0 to 1
	Correctness     float64       // share of answered runs that are ok, 0 to 1
	LatencyQuantile float64       // 0 to 1
	Latency         time.Duration // at that quantile
}

// Target is a base URL with its secrets and the way to it.
type Target struct {
	Name      string
	BaseURL   *url.URL
	Paths     map[string]string // operation id to the path that replaces the contract's
	Variables map[string]string // over the contract's defaults
	Secrets   SecretSource
	// Next gives the same secrets with those that are to come, named by Coming, in their
	// places; nil where none is.
	Next           SecretSource
	Coming         []string
	Quota          *Quota // the operator's own, in the place of the contract's; nil for that
	Credential     string // name of the credential, for people and metrics
	Transport      TransportOptions
	WithoutControl bool // no control case is sent there, whatever the contract calls safe
	Traceparent    bool // the vendor is told the run's trace, which is kept
}

// TransportOptions say how to reach a target.
type TransportOptions struct {
	CAFile         string // PEM; added to the system's authorities
	ClientCertFile string // PEM
	ClientKeyFile  string // PEM
	Proxy          *url.URL
	IPVersion      int // 4, 6 or 0 for either
}

// SecretSource gives secrets when they are used. An empty secret is a missing
// one. Implementations never keep or print a value.
type SecretSource interface {
	// Secret gives the value, or found false when it is not configured. An error
	// says where the value should have come from and never what it is.
	Secret(name string) (value string, found bool, err error)
	// Origin says where a secret comes from, or should: "env:NAME", "vault:PATH#KEY".
	Origin(name string) string
}

// SecretReader is a source that reads all secrets of a run together.
type SecretReader interface {
	SecretSource
	// Read begins a reading: a source for one run and one goroutine, which asks each
	// place once and gives the same ever after.
	Read() SecretSource
	// Costs tells whether reading a secret takes more than a look at a variable or a file,
	// such as a command or a server of the operator's: only runs do that.
	Costs(name string) bool
}

// SecretInspector is a source that also knows what is odd about a secret's value
// without telling it, in words that follow "the secret": "ends with white space";
// "" when nothing is. The value is used as it is all the same.
type SecretInspector interface {
	SecretSource
	Oddity(name string) string
}

// SecretKeeper is a source that also takes what a step captured, so that the
// runs after it need not fetch it again.
type SecretKeeper interface {
	SecretSource
	Keep(name, value string)
}

// SecretSpender is a source whose keeper knows that some secrets may be sent once:
// the vendor gives another one in their place.
type SecretSpender interface {
	SecretKeeper
	// Spend books that a value is about to be sent; an error when it was before.
	Spend(name, value string) error
	// Unspend takes that back: nothing was sent.
	Unspend(name string)
}

// Recorder is told of every slot that it was planned, and then either that it
// was skipped or what its run brought. Implementations must not block for long
// and never see a secret. An error is logged and changes nothing else: no slot
// is run, skipped or told again for it.
type Recorder interface {
	RecordPlanned(context.Context, Slot) error
	RecordSkip(context.Context, SkippedSlot) error
	RecordRun(context.Context, *Run) error
}
