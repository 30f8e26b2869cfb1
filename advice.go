package loginwatch

import "cmp"

// Blame answers "is it us, our credential or the vendor?". The list is closed.
type Blame string

// The answers, as they are shown.
const (
	BlameNobody     Blame = "nobody"
	BlameVendor     Blame = "vendor"
	BlameNetwork    Blame = "vendor or network"
	BlameVendorOrUs Blame = "vendor or us"
	BlameCredential Blame = "our credential"
	BlameUs         Blame = "us"
	BlameUnknown    Blame = "not known yet"
)

// Advice is what whoever is woken needs: whose fault it most likely is, what
// happened and the first thing to do. Both clauses are without capital and full
// stop; "it" is the vendor's login.
type Advice struct {
	Blame Blame
	Says  string
	Next  string // "" when there is nothing to do
}

// Advise gives the advice for a run, or for a slot that was [Skipped]. A reason
// without words of its own gets those of the verdict's most general reason; a
// broken run is never blamed on the vendor.
func Advise(v Verdict, r Reason) Advice {
	switch v {
	case OK:
		return Advice{Blame: BlameNobody, Says: "it works as documented"}
	case Skipped:
		a := skipAdvice[r]
		return Advice{cmp.Or(a.Blame, BlameUnknown), cmp.Or(a.Says, "the slot was not run"), a.Next}
	}
	a, known := runAdvice[r]
	if !known || v == Broken && a.Blame != BlameUs {
		return runAdvice[generalReason(v)]
	}
	return a
}

// generalReason stands for a verdict whose reason says nothing.
func generalReason(v Verdict) Reason {
	switch v {
	case Drift:
		return ReasonContract
	case Rejected:
		return ReasonCredential
	case Throttled:
		return ReasonRateLimit
	case Unavailable:
		return ReasonHTTP5xx
	}
	return ReasonInternal
}

const tellVendor = "read the vendor's status page; if it stays, give the vendor the time of this run"

// runAdvice has every reason of a run that failed.
var runAdvice = map[Reason]Advice{
	ReasonDNS: {BlameNetwork, "its host name does not resolve",
		"check the spelling of the base URL, then resolve the host from here and from another network; if only we fail, it is our resolver"},
	ReasonConnect: {BlameNetwork, "no connection to its server",
		"connect to host and port from here and from another network, and read the vendor's status page"},
	ReasonTLS: {BlameVendorOrUs, "the TLS handshake failed: its certificate is wrong, or we do not trust its authority",
		"look at the certificate's dates and names (openssl s_client); trust a private authority with --ca FILE or the target's ca_file"},
	ReasonTimeout: {BlameNetwork, "no complete answer within the time-out",
		"see in which phase the time went; raise it (--timeout, or timeout of the probe) only if a login may take that long"},
	ReasonReset: {BlameNetwork, "the connection was cut before the answer was complete",
		"if it stays, look for a proxy between us, then give the vendor the time of this run"},
	ReasonProtocol: {BlameVendorOrUs, "what answered does not speak HTTP properly",
		"check scheme and port of the base URL and look for a proxy between us, then ask the vendor"},
	ReasonHTTP5xx: {BlameVendor, "its server reports an error of its own", tellVendor},
	ReasonGateway: {BlameVendor, "a gateway answers in its place: the service behind it is down", tellVendor},
	ReasonBodyTooLarge: {BlameVendor, "its answer is far larger than any login's",
		"fetch the answer by hand and see what it is"},
	ReasonRedirect: {BlameVendorOrUs, "it redirects instead of answering: it moved, or the base URL is not the documented one",
		"compare the base URL with the document; a redirect is never followed, it would carry the secrets along"},
	ReasonHTTPStatus: {BlameVendorOrUs, "the status is not the documented one",
		"compare base URL and path with the document, then ask the vendor whether the status changed"},
	ReasonRateLimit: {BlameUs, "we, or somebody who shares our limit, log in more often than it allows",
		"wait until the limit has passed, then probe less often"},
	ReasonCredential: {BlameCredential, "the vendor refused it",
		"see whether it was rotated or has expired BEFORE trying again: repeated refusals can lock the account"},
	ReasonApplication: {BlameVendorOrUs, "it reports an error of its application where none was due",
		"look the error up in the document; if our request is as documented, ask the vendor"},
	ReasonContentType: {BlameVendor, "the content type is not the documented one",
		"warn the consumers: clients that trust the header will not read the body; then tell the vendor"},
	ReasonNotJSON: {BlameVendor, "its answer is not the JSON that is documented",
		"see whether a proxy or a maintenance page answered, then tell the vendor"},
	ReasonContract: {BlameVendor, "it answers, but not as its document says",
		"warn the consumers and tell the vendor; if the document changed too, update the contract"},
	ReasonToken: {BlameVendor, "it logs us in, but its token is not the documented one",
		"see whether consumers can still use such a token and for how long, then tell the vendor"},
	ReasonSecretMissing: {BlameUs, "a secret is not configured, so nothing was sent",
		"set the secret where the detail says, and run again"},
	ReasonInternal: {BlameUs, "the fault is in loginwatch, its contract or its configuration",
		"run loginwatch vet; if it finds nothing, report this with the version and the run's id"},
}

// skipAdvice has every reason of a slot that was not run.
var skipAdvice = map[Reason]Advice{
	ReasonOverlap: {BlameUs, "the run before was still going", "probe less often, or shorten the time-out"},
	ReasonSuspended: {BlameCredential, "the credential cools down after it was refused",
		"see whether it was rotated or has expired; it is tried again by itself"},
	ReasonRetryAfter: {BlameUs, "the vendor asked us to wait", "wait; if it asks often, probe less often"},
	ReasonRateLimit:  {BlameUs, "its documented rate limit leaves no room now", "probe less often"},
	ReasonShutdown:   {BlameUs, "loginwatch was stopping", ""},
	ReasonMissed: {BlameUs, "its time passed unseen: the machine slept, its clock was set or it was too busy",
		"see what the machine was doing at that time"},
	ReasonConfigured: {BlameNobody, "what it would fetch is configured already", ""},
}
