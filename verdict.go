package loginwatch

// Verdict is what one run of a probe says. The list is closed.
type Verdict string

// The verdicts. Only Broken is our own fault and only OK is success.
const (
	OK          Verdict = "ok"          // as documented
	Drift       Verdict = "drift"       // answered, but not as documented
	Rejected    Verdict = "rejected"    // our credential was refused where success was due
	Throttled   Verdict = "throttled"   // a documented or recognisable rate limit
	Unavailable Verdict = "unavailable" // DNS, TCP, TLS, time-out, 5xx, a gateway's page
	Broken      Verdict = "broken"      // our own fault: a missing secret, an internal error
	Skipped     Verdict = "skipped"     // the slot was not run
)

// Verdicts lists every verdict, in the order that reports show them.
var Verdicts = []Verdict{OK, Drift, Rejected, Throttled, Unavailable, Broken, Skipped}

// Reason says in one word why a verdict is not [OK]. The list is closed, so
// that it can be a metric label.
type Reason string

// The reasons of executed runs.
const (
	ReasonDNS           Reason = "dns"
	ReasonConnect       Reason = "connect"
	ReasonTLS           Reason = "tls"
	ReasonProxy         Reason = "proxy" // our own proxy's, before a vendor had a part in it
	ReasonTimeout       Reason = "timeout"
	ReasonReset         Reason = "reset"
	ReasonProtocol      Reason = "protocol"
	ReasonBodyTooLarge  Reason = "body-too-large"
	ReasonRedirect      Reason = "redirect"
	ReasonHTTP5xx       Reason = "http-5xx"
	ReasonGateway       Reason = "gateway"
	ReasonHTTPStatus    Reason = "http-status"
	ReasonRateLimit     Reason = "rate-limit"
	ReasonCredential    Reason = "credential"
	ReasonApplication   Reason = "application-error"
	ReasonContentType   Reason = "content-type"
	ReasonNotJSON       Reason = "not-json"
	ReasonMalformed     Reason = "malformed" // no XML or form data where that is documented
	ReasonContract      Reason = "contract"
	ReasonToken         Reason = "token"
	ReasonSecretMissing Reason = "secret-missing"
	ReasonInternal      Reason = "internal"

	ReasonSecretUnusable Reason = "secret-unusable" // configured, but no request can carry it

	// What a control case told of a refusal; without one, or when it was answered as
	// documented, that is [ReasonCredential].
	ReasonVendor  Reason = "vendor"  // the control was refused as well, or failed
	ReasonBlocked Reason = "blocked" // something else answered it
)

// The reasons of slots that were not run. A slot is also skipped for
// [ReasonRateLimit] when sending now would break a documented limit, and a run is also
// broken for [ReasonStore] when nobody knows which value of a secret is the next one.
const (
	ReasonOverlap     Reason = "overlap"     // the run before it was still going
	ReasonSuspended   Reason = "suspended"   // the credential cools down after rejections
	ReasonRetryAfter  Reason = "retry-after" // the vendor asked us to wait
	ReasonQuota       Reason = "quota"       // the quota of its day or month is used up
	ReasonMaintenance Reason = "maintenance" // it was announced that nothing is to be tried then
	ReasonShutdown    Reason = "shutdown"    // the daemon was ending
	ReasonMissed      Reason = "missed"      // the slot's time passed unseen: the machine slept or its clock jumped
	ReasonConfigured  Reason = "configured"  // what the case would fetch is configured already
	ReasonElsewhere   Reason = "elsewhere"   // another instance has the slot
	ReasonLost        Reason = "lost"        // it was begun, and nobody told what came of it: whoever had it ended before that
	ReasonStore       Reason = "store"       // the store can't be asked whether a login would be one too many
)

// Reasons lists every reason.
var Reasons = []Reason{
	ReasonDNS, ReasonConnect, ReasonTLS, ReasonProxy, ReasonTimeout, ReasonReset, ReasonProtocol,
	ReasonBodyTooLarge, ReasonRedirect, ReasonHTTP5xx, ReasonGateway, ReasonHTTPStatus,
	ReasonRateLimit, ReasonCredential, ReasonVendor, ReasonBlocked, ReasonApplication, ReasonContentType, ReasonNotJSON, ReasonMalformed,
	ReasonContract, ReasonToken, ReasonSecretMissing, ReasonSecretUnusable, ReasonInternal,
	ReasonOverlap, ReasonSuspended, ReasonRetryAfter, ReasonQuota, ReasonMaintenance, ReasonShutdown, ReasonMissed,
	ReasonConfigured, ReasonElsewhere, ReasonLost, ReasonStore,
}

// Refusal says whether an answer was a refusal of the credential. The list is
// closed.
type Refusal string

// The refusals. Possible is every answer with neither a token nor a documented
// success that is not clearly something else: the account may have counted it.
const (
	RefusalNone     Refusal = ""
	RefusalPossible Refusal = "possible"
	RefusalCertain  Refusal = "certain"
)

// Sign is what an answer showed beyond its reason, where that changes whose
// matter it is and what to do. The list is closed.
type Sign string

// The signs.
const (
	SignNone         Sign = ""
	SignPage         Sign = "page"          // HTML where the document has none
	SignEmpty        Sign = "empty"         // nothing where a body with fields was due
	SignWall         Sign = "wall"          // a page of a bot wall or firewall, by its own marks
	SignBlocked      Sign = "blocked"       // the same without a page
	SignPortal       Sign = "portal"        // a network wants its own sign-in first, by its own marks
	SignMaintenance  Sign = "maintenance"   // a page that speaks of maintenance
	SignAccount      Sign = "account"       // a refusal of another kind than the documented one
	SignControl      Sign = "control"       // beside a refusal: a control case was answered as documented
	SignNoToken      Sign = "no-token"      // a success without a token
	SignClock        Sign = "clock"         // a token that has expired, by our clock alone
	SignOurValue     Sign = "our-value"     // a token that fits no key or value of ours, which the vendor was not sent
	SignForwarded    Sign = "forwarded"     // our own proxy may have given it in the vendor's place
	SignMaybeRefused Sign = "maybe-refused" // [RefusalPossible]
	SignNoCookie     Sign = "no-cookie"     // a step was not sent: no answer before it set the cookie that it has to carry
	SignLeftOpen     Sign = "left-open"     // what a login opened, or may have opened, could not be closed
)

// Signs lists every sign.
var Signs = []Sign{SignPage, SignEmpty, SignWall, SignBlocked, SignPortal, SignMaintenance, SignAccount, SignControl, SignNoToken, SignClock, SignOurValue, SignForwarded, SignMaybeRefused, SignNoCookie, SignLeftOpen}
