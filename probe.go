package loginwatch

import (
	"context"
	"net/url"
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

// StepsFor gives the steps of a run against a target: those whose captures are
// all configured are left out, but never the last one, which is what the probe
// is for.
func (p *Probe) StepsFor(t *Target) []Step {
	var steps []Step
	for i, step := range p.Steps {
		if i == len(p.Steps)-1 || !step.ConfiguredAt(t) {
			steps = append(steps, step)
		}
	}
	return steps
}

// Step is one case of a probe.
type Step struct {
	Case    *Case
	Capture []Capture // taken from the answer for the steps after it
	Pos     Pos
}

// ConfiguredAt tells whether the operator has set all that the step captures. A
// secret that can't be read counts as set: who needs it says so, and no other
// source takes its place in silence.
func (s *Step) ConfiguredAt(t *Target) bool {
	for _, c := range s.Capture {
		if v, found, err := t.Secrets.Secret(c.Name); err == nil && (!found || v == "") {
			return false
		}
	}
	return len(s.Capture) > 0
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
	Name       string
	BaseURL    *url.URL
	Paths      map[string]string // operation id to the path that replaces the contract's
	Variables  map[string]string // over the contract's defaults
	Secrets    SecretSource
	Credential string // closed name of the credential, for budgets and metrics
	Transport  TransportOptions
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
	// Origin says where a secret comes from, or should: "env:NAME", "file:PATH".
	Origin(name string) string
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

// Recorder is told what happened. Implementations must not block for long and
// never see a secret.
type Recorder interface {
	RecordRun(context.Context, *Run)
	RecordSkip(context.Context, Slot, Reason)
}

// Slot is one due time of one probe. Planned = executed + skipped, always.
type Slot struct {
	Vendor  string
	Probe   string
	Target  string
	Due     time.Time // UTC
	Planned time.Time // when the due time was spread to
}
