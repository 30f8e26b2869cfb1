package loginwatch

import (
	"net/http"
	"slices"
	"time"
)

// Phase is one part of an exchange's time. The list is closed.
type Phase string

// The phases, in the order they pass.
const (
	PhaseDNS     Phase = "dns"
	PhaseConnect Phase = "connect"
	PhaseTLS     Phase = "tls"
	PhaseSend    Phase = "send"
	PhaseWait    Phase = "wait"
	PhaseReceive Phase = "receive"
)

// Phases lists every phase in order.
var Phases = []Phase{PhaseDNS, PhaseConnect, PhaseTLS, PhaseSend, PhaseWait, PhaseReceive}

// Exchange is one request and its answer. It holds the vendor's bytes and so
// never leaves the process: no report, log or page may contain one.
type Exchange struct {
	Method          string
	URL             string // without query and user info
	Started         time.Time
	Finished        time.Time
	Phases          map[Phase]time.Duration // those that took place
	Begun           []time.Duration         // when each of [Phases] did, after Started; of no meaning for the others
	Failure         Reason                  // why no complete answer came; "" when one did
	Status          int                     // 0 when no answer came
	HeadLost        bool                    // an answer began that may be a refusal, and its head could not be read
	Proto           string
	Header          http.Header
	Body            []byte
	TooLarge        bool      // the body exceeded the cap and was cut there
	Forwarded       bool      // our own proxy reads the request, and may answer it in the vendor's place
	CertificateEnds time.Time // of the vendor's leaf certificate; zero without TLS
	Secrets         []string  // every secret of the run so far, for redaction

	Remote       string        // address and port that was connected to; "" when none was
	Resolved     []string      // addresses that the name stood for; none when none was looked up
	Tried        []string      // addresses and ports that were tried, in order
	Proxy        string        // host of the proxy in between; "" without
	TLS          string        // version and cipher suite; "" without TLS
	Certificates []Certificate // of the peer, leaf first
}

// BodyLimit is how many bytes of a body are read.
const BodyLimit = 256 << 10

// NotSentError is the error of what carries a request in the place of the network
// (see internal/probe): nothing was sent, so that nobody but us has a part in it.
type NotSentError struct{ Why string } // in words that hold no secret

func (e *NotSentError) Error() string { return "nothing was sent: " + e.Why }

// Answered tells whether a complete answer came.
func (x *Exchange) Answered() bool { return x.Failure == "" }

// Headed tells whether the head of an answer came whole, whatever number stands
// in it for a status.
func (x *Exchange) Headed() bool { return x.Answered() || x.Proto != "" || x.Status != 0 }

// Judgement is what checking one exchange against its case says.
type Judgement struct {
	Verdict  Verdict
	Reason   Reason
	Outcome  string // id of the documented outcome; "" when none fits
	Findings []Finding
	Token    TokenFacts
	Skew     time.Duration // vendor's clock minus ours
	HasSkew  bool
	// Refusal says whether the answer may have counted against the account,
	// whatever the verdict: a 401 of an unknown shape, for example.
	Refusal    Refusal
	Sign       Sign          // what the answer showed beyond its reason; "" for nothing
	RetryAfter time.Duration // what the vendor asked for; 0 when nothing
}

// TokenFacts is what was read of a token. Digest identifies it among those of one
// store, by its key, and can't be turned back into the token.
type TokenFacts struct {
	Present     bool
	Lifetime    time.Duration
	HasLifetime bool
	Documented  time.Duration // 0 when undocumented
	Digest      string
	ByOurClock  bool // it has expired by our clock, and the answer had no other
	ByOurValues int  // how many breaking findings rest on a key or value of ours that the vendor was not sent
}

// StepResult is one executed step, or a cleanup, then [Skipped], that could not be
// sent though something may be open.
type StepResult struct {
	Case       string
	Role       Role
	Operation  string
	HTTPStatus int
	Started    time.Time // zero when nothing was sent, and in what a store gives
	Duration   time.Duration
	Phases     map[Phase]time.Duration
	Begun      []time.Duration // as of the exchange; goes with Started
	Evidence   *Evidence       // nil when nothing was sent
	Judgement
}

// Run is one execution of a probe, free of secrets and of the vendor's bytes.
type Run struct {
	Key
	ID              string
	Credential      string
	Due             time.Time // of its slot; zero outside the daemon
	Started         time.Time
	Duration        time.Duration
	Lateness        time.Duration // behind the slot's time; 0 outside the daemon
	Steps           []StepResult
	Verdict         Verdict
	Reason          Reason
	LeftOpen        bool   // what a login opened, or may have opened, was not closed
	Notable         bool   // it looked as no run before it: its evidence is kept though it is well
	Detail          string // for people: which secret is missing, which host did not resolve
	Quota           QuotaState
	CertificateEnds time.Time // of the vendor's; zero without TLS
	TraceTold       bool      // a request of it carried its trace to the vendor

	ClientCertificateEnds time.Time // of our own; zero without one
}

// Phases adds up the phases of all steps.
func (r *Run) Phases() map[Phase]time.Duration {
	sum := make(map[Phase]time.Duration, len(Phases))
	for _, s := range r.Steps {
		for p, d := range s.Phases {
			sum[p] += d
		}
	}
	return sum
}

// Findings gives the findings of all steps.
func (r *Run) Findings() []Finding {
	var all []Finding
	for _, s := range r.Steps {
		all = append(all, s.Findings...)
	}
	return all
}

// Subject is the step that the probe is for; nil when it was not sent.
func (r *Run) Subject() *StepResult {
	for i := range r.Steps {
		if r.Steps[i].Role == RoleSubject {
			return &r.Steps[i]
		}
	}
	return nil
}

// Control is the control case that was sent after a refusal; nil when none was.
func (r *Run) Control() *StepResult {
	for i := range r.Steps {
		if r.Steps[i].Role == RoleControl {
			return &r.Steps[i]
		}
	}
	return nil
}

// Deciding is the step that the verdict comes from: the first that has it, or
// the subject of a run that is well; nil when nothing was sent. A cleanup
// decides nothing, and neither does a control, which only says whose a refusal is.
func (r *Run) Deciding() *StepResult {
	var last *StepResult
	for i := range r.Steps {
		s := &r.Steps[i]
		if s.Role == RoleCleanup || s.Role == RoleControl {
			break
		}
		if r.Verdict != OK && s.Verdict == r.Verdict && (s.Reason == r.Reason || r.Verdict == Rejected) {
			return s
		}
		last = s
	}
	if s := r.Subject(); s != nil {
		return s
	}
	return last
}

// Latency is how long the login took: the subject, or all that was sent of a run
// that did not come to it.
func (r *Run) Latency() time.Duration {
	if s := r.Subject(); s != nil {
		return s.Duration
	}
	return r.Duration
}

// Refusal is the strongest of the steps that use the credential.
func (r *Run) Refusal() Refusal {
	strongest := RefusalNone
	for _, s := range r.Steps {
		uses := s.Role == RoleSetup || s.Role == RoleSubject
		if uses && (strongest == RefusalNone || s.Refusal == RefusalCertain) {
			strongest = s.Refusal
		}
	}
	return strongest
}

// Signs is what the deciding step's answer showed beyond the run's reason. Where a
// control speaks against a refusal, what that showed is no longer the matter.
func (r *Run) Signs() []Sign {
	var signs []Sign
	s, control := r.Deciding(), r.Control()
	switch {
	case r.Reason == ReasonVendor || r.Reason == ReasonBlocked:
	case s != nil && s.Sign != SignNone:
		signs = append(signs, s.Sign)
	case control != nil && control.Verdict == OK:
		signs = append(signs, SignControl)
	}
	if r.Refusal() == RefusalPossible {
		signs = append(signs, SignMaybeRefused)
	}
	leftOpen := slices.ContainsFunc(r.Steps, func(s StepResult) bool { return s.Role == RoleCleanup && s.Verdict != OK })
	unsent := slices.ContainsFunc(r.Steps, func(s StepResult) bool { return s.Role == RoleCleanup && s.Verdict == Skipped })
	alone := !slices.ContainsFunc(signs, func(s Sign) bool { return s != SignControl })
	if leftOpen && r.Verdict == OK || unsent && alone {
		signs = append(signs, SignLeftOpen)
	}
	return signs
}
