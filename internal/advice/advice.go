package advice

import (
	"cmp"
	"slices"

	"github.com/loginwatch/loginwatch"
)

// Blame answers "is it us, our credential or the vendor?". The list is closed.
type Blame string

// The answers, as they are shown.
const (
	Nobody          Blame = "nobody"
	Vendor          Blame = "vendor"
	VendorOrNetwork Blame = "vendor or network"
	VendorOrUs      Blame = "vendor or us"
	Credential      Blame = "our credential"
	Us              Blame = "us"
	Unknown         Blame = "not known yet"
)

// Advice is what whoever is woken needs: whose fault it most likely is, what
// happened and the first thing to do. Both clauses are without capital and full
// stop; "it" is the vendor's login.
type Advice struct {
	Blame Blame
	Says  string
	Next  string // "" when there is nothing to do
}

// For gives the advice for a run, or for a slot that was [loginwatch.Skipped]. A reason
// without words of its own gets those of the verdict's most general reason; a
// broken run is never blamed on the vendor. The signs of the run's answer tell
// what the reason alone does not.
func For(v loginwatch.Verdict, r loginwatch.Reason, signs ...loginwatch.Sign) Advice {
	switch v {
	case loginwatch.OK:
		if slices.Contains(signs, loginwatch.SignLeftOpen) {
			return signAdvice[loginwatch.SignLeftOpen]
		}
		return Advice{Blame: Nobody, Says: "it works as documented"}
	case loginwatch.Skipped:
		a := skipAdvice[r]
		return Advice{cmp.Or(a.Blame, Unknown), cmp.Or(a.Says, "the slot was not run"), a.Next}
	}
	a, known := runAdvice[r]
	if !known || v == loginwatch.Broken && a.Blame != Us {
		a = runAdvice[generalReason(v)]
	}
	if v == loginwatch.Broken { // ours, whatever came; but it may have counted against the account
		signs = slices.DeleteFunc(slices.Clone(signs), func(s loginwatch.Sign) bool { return s != loginwatch.SignMaybeRefused })
	}
	return a.with(signs)
}

// generalReason stands for a verdict whose reason says nothing.
func generalReason(v loginwatch.Verdict) loginwatch.Reason {
	switch v {
	case loginwatch.Drift:
		return loginwatch.ReasonContract
	case loginwatch.Rejected:
		return loginwatch.ReasonCredential
	case loginwatch.Throttled:
		return loginwatch.ReasonRateLimit
	case loginwatch.Unavailable:
		return loginwatch.ReasonHTTP5xx
	}
	return loginwatch.ReasonInternal
}

const tellVendor = "read the vendor's status page; if it stays, give the vendor the time of this run"

const beforeTrying = "see whether it was rotated or has expired BEFORE trying again: repeated refusals can lock the account"

// runAdvice has every reason of a run that failed.
var runAdvice = map[loginwatch.Reason]Advice{
	loginwatch.ReasonDNS: {VendorOrNetwork, "its host name gave us no address",
		"check the spelling of the base URL and ip_version, then resolve the host from here and from another network; if only we fail, it is our resolver"},
	loginwatch.ReasonConnect: {VendorOrNetwork, "no connection to its server",
		"connect to host and port from here and from another network; if only we fail, it is our network or firewall; else read the vendor's status page"},
	loginwatch.ReasonTLS: {VendorOrUs, "no TLS connection came about that both sides accept",
		"begin with what the detail says; openssl s_client shows more where the server speaks TLS; trust a private authority with --ca FILE or the target's ca_file"},
	loginwatch.ReasonProxy: {Us, "our own proxy gave us no way to it",
		"mend what the detail names: the target's proxy in the configuration, or the proxy itself; its log tells more"},
	loginwatch.ReasonTimeout: {VendorOrNetwork, "no complete answer within the time-out",
		"see in which phase the time went; raise it (--timeout, or timeout of the probe) only if a login may take that long"},
	loginwatch.ReasonReset: {VendorOrNetwork, "the connection was cut before the answer was complete",
		"if it stays, look for a proxy or firewall between us, then give the vendor the time of this run"},
	loginwatch.ReasonProtocol: {VendorOrUs, "what came is no HTTP answer that we can read",
		"check scheme and port of the base URL and look for a proxy between us, then ask the vendor"},
	loginwatch.ReasonHTTP5xx: {Vendor, "its server, or something in front of it, reports an error of its own (5xx)", tellVendor},
	loginwatch.ReasonGateway: {Vendor, "a gateway in front of it answers in its place, and got no valid answer from the service behind", tellVendor},
	loginwatch.ReasonBodyTooLarge: {VendorOrUs, "its answer is larger than the 256 KiB that loginwatch reads, and far larger than any login's",
		"fetch the answer by hand and see what it is: a page of something in front, or another address"},
	loginwatch.ReasonRedirect: {VendorOrUs, "it redirects elsewhere than documented, or instead of answering: it moved, the base URL is not the documented one, or something in front sends us elsewhere",
		"see where Location leads (curl -i) and compare the base URL with the document; a redirect is never followed, it would carry the secrets along"},
	loginwatch.ReasonHTTPStatus: {VendorOrUs, "the status is not the one that is due for this request",
		"see under documented what was due; then compare base URL and path with the document, and ask the vendor whether the status changed"},
	loginwatch.ReasonRateLimit: {Us, "we, or somebody who shares our limit, log in more often than it allows",
		"wait until the limit has passed, then probe less often"},
	loginwatch.ReasonCredential: {Credential, "the vendor refused our credential", beforeTrying},
	loginwatch.ReasonVendor: {VendorOrUs, "the vendor refused our credential, and then refused, or failed at, a control case that carries none and that its document answers otherwise: the refusal need not be of our credential",
		"give the vendor the time of this run and ask whether it refuses everybody, or our address; leave the credential as it is until the control is answered as documented, or the vendor says that others log in"},
	loginwatch.ReasonBlocked: {VendorOrUs, "something in front of the vendor's login, or in its place, answered a control case without a credential, which was sent after a refusal of ours: that refusal may be its own",
		"see the control case in the detail and the findings, open the address from here and from another network, and ask whoever runs what answers there to let us through; leave the credential as it is until the control is answered as documented"},
	loginwatch.ReasonApplication: {VendorOrUs, "it reports an error of its application where none was due",
		"look the error up in the document; if our request is as documented, ask the vendor"},
	loginwatch.ReasonContentType: {Vendor, "the content type of its answer is not the documented one",
		"warn the consumers: clients that trust the header will not read the body; then tell the vendor"},
	loginwatch.ReasonNotJSON: {VendorOrUs, "its answer is not the JSON that is documented",
		"see under got what came, and whether something between us changed it; then tell the vendor"},
	loginwatch.ReasonMalformed: {VendorOrUs, "its answer is not the XML or form data that is documented",
		"see under got what came, and whether something between us changed it; then tell the vendor"},
	loginwatch.ReasonContract: {Vendor, "it answers, but not as its document says",
		"warn the consumers and tell the vendor; if the document changed too, update the contract"},
	loginwatch.ReasonToken: {Vendor, "it gives a token, but not one that works as documented",
		"see whether consumers can still use such a token and for how long, then tell the vendor"},
	loginwatch.ReasonSecretMissing: {Us, "a secret is missing, empty, used up or can't be read, so what needs it was not sent",
		"set the secret where the detail says, or mend what should give it there, and run again"},
	loginwatch.ReasonSecretUnusable: {Us, "a secret is configured, but no request can carry it, or what the request needs can't be computed of it, or it is no key that verifies a token, so that request was not sent",
		"look where the detail says for a line break too many, another encoding than UTF-8 or a key that is cut off, and run again"},
	loginwatch.ReasonStore: {Us, "a secret that its vendor takes once stands in the store, which can't be asked which value is the next one, so that request was not sent",
		"see in the detail why: a full disk, a lock of another process, a broken file; it goes on by itself once the store answers"},
	loginwatch.ReasonInternal: {Us, "loginwatch was stopped meanwhile, or the fault is in its code, its contract, its configuration or its machine",
		"read the detail: if it was stopped, wait for the next run; else run loginwatch vet; if neither says what is wrong, report this with the version and the run's id"},
}

// skipAdvice has every reason of a slot that was not run.
var skipAdvice = map[loginwatch.Reason]Advice{
	loginwatch.ReasonOverlap: {Us, "the run before it, or others with the same credential, had not told their end",
		"probe less often or at other times, or shorten the time-out; one that was killed is waited for until its time is out, five minutes at least"},
	loginwatch.ReasonSuspended: {Credential, "the credential cools down after it was, or may have been, refused",
		"see whether it was rotated or has expired; it is tried again by itself"},
	// It may ask for it because of its own outage as well (RFC 9110, 10.2.3).
	loginwatch.ReasonRetryAfter: {VendorOrUs, "the vendor asked us to wait, or limits our rate",
		"wait; where it limits the rate and asks often, probe less often"},
	loginwatch.ReasonRateLimit: {Us, "its documented rate limit leaves no room now, or a one-time code of this time step was used already", "probe less often"},
	loginwatch.ReasonQuota: {Us, "the quota of logins of its day or month is used up",
		"probe less often, or buy more; it goes on with the next period by itself"},
	loginwatch.ReasonMaintenance: {Nobody, "maintenance is announced for this time, in which no login is tried",
		"wait: it goes on by itself; loginwatch vet --config lists what is announced"},
	loginwatch.ReasonShutdown: {Us, "loginwatch was stopping", ""},
	loginwatch.ReasonMissed: {Us, "its time passed unseen: the machine slept, its clock was set or it was too busy",
		"see what the machine was doing at that time"},
	loginwatch.ReasonConfigured: {Nobody, "what it would fetch is configured already", ""},
	loginwatch.ReasonElsewhere:  {Nobody, "another process runs it or has run it, or it was run before the clock was set back", ""},
	loginwatch.ReasonLost: {Us, "it was begun, and whoever began it ended before it told what came of it",
		"see in the log, or with the kernel, why it ended; the login may have been sent, and may have been refused; loginwatch credentials names a session that it left open; the next slot runs as usual"},
	loginwatch.ReasonStore: {Us, "its store can't be asked, and without it nobody knows whether a login would be one too many",
		"see why beside it, or in the log: a full disk, a lock of another process, a broken file; it goes on by itself once the store answers"},
}

// ForSkip gives the advice for a slot that was not run, where it is known what
// the suspension of its credential rests on.
func ForSkip(r loginwatch.Reason, on loginwatch.Refusal) Advice {
	a := For(loginwatch.Skipped, r)
	if r == loginwatch.ReasonSuspended && on != loginwatch.RefusalNone {
		a.Says = "the credential cools down after it " + Refused(on)
	}
	if r == loginwatch.ReasonSuspended && on == loginwatch.RefusalPossible {
		a.Next = "see what the vendor answered, and whether the credential was rotated or has expired; it is tried again by itself"
	}
	return a
}

// Refused words what came of a credential: what is only possible is never said
// as if it were certain.
func Refused(r loginwatch.Refusal) string {
	if r == loginwatch.RefusalCertain {
		return "was refused"
	}
	return "may have been refused"
}
