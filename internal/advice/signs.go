package advice

import (
	"strings"

	"github.com/loginwatch/loginwatch"
)

// with gives the advice for an answer that showed more than its reason says.
func (a Advice) with(signs []loginwatch.Sign) Advice {
	maybe := false
	for _, s := range signs {
		if special, ok := signAdvice[s]; ok && s != loginwatch.SignLeftOpen {
			a = special
		} else if ok {
			a.Says += leftOpen // beside what is wrong with the login
		}
		maybe = maybe || s == loginwatch.SignMaybeRefused
	}
	if !maybe {
		return a
	}
	if a.Blame == Vendor {
		a.Blame = VendorOrUs
	}
	a.Says += "; our credential may have been refused"
	if !strings.Contains(a.Next, byHand) {
		a.Next = byHand + " once, and not again: repeated refusals can lock the account; then " + a.Next
	}
	return a
}

// leftOpen is for a login that is not as documented: it may have opened nothing.
const leftOpen = "; what it may have opened could not be closed, so a session may stay open"

// byHand is in every advice that says it in words of its own.
const byHand = "log in by hand"

const fromElsewhere = "open the address from here and from another network: the same page there is the vendor's to lift (name our address and user agent), " +
	"a page only here is a proxy, a portal or a block of ours; then compare base URL and path with the document"

const letUsThrough = "ask whoever runs it to let our address and user agent through, and probe less often; nothing is known about the login behind it"

// signAdvice replaces the words of the reason. Signs of an answer that was not
// the login's name no party: the page does not say who put it there.
var signAdvice = map[loginwatch.Sign]Advice{
	loginwatch.SignPage: {VendorOrUs,
		"a page of HTML came where the document has none: something stands in front of its login, or in its place, and may be blocking us", fromElsewhere},
	loginwatch.SignEmpty: {VendorOrUs,
		"an empty answer came where a body was due: something stands in front of its login, or in its place, and may be blocking us",
		"compare base URL and path with the document, then ask from another network whether the answer is as empty there"},
	loginwatch.SignWall: {VendorOrUs,
		"the HTML of a bot wall or firewall came where the document has none: it stands in front of its login and is blocking us", letUsThrough},
	loginwatch.SignBlocked: {VendorOrUs,
		"a bot wall or firewall stands in front of its login and answered instead of it: it is blocking us", letUsThrough},
	loginwatch.SignPortal: {Us,
		"a network between us and the vendor answered in its place: that network wants a sign-in of its own first",
		"sign in to that network, or take another way out; nothing is known about the vendor"},
	loginwatch.SignMaintenance: {VendorOrUs,
		"what came speaks of maintenance: of the login's own, or of something in front of its login, which may be blocking us",
		tellVendor},
	loginwatch.SignAccount: {Credential,
		"the vendor refused our account, but not as its document says of a wrong credential: it may be locked, not verified, out of sessions, " +
			"or want a new password, a second factor or a captcha",
		"see under got which field tells, and " + byHand + " BEFORE trying again: repeated refusals can lock the account"},
	loginwatch.SignControl: {Credential,
		"the vendor refused our credential, while its login answered a control case that carries none as documented: it does not refuse whatever comes", beforeTrying},
	loginwatch.SignLeftOpen: {VendorOrUs,
		"the login works, but what it opened could not be closed: a session may stay open",
		"see the finding of kind cleanup for what came instead; where sessions are limited, close them by hand"},
	loginwatch.SignNoToken: {VendorOrUs,
		"its status says success, but it gives no token",
		byHand + " once, to see whether it wants something more of us (a second factor, a consent), and not again: repeated tries can lock the account; " +
			"if consumers get none either, tell the vendor"},
	loginwatch.SignClock: {VendorOrUs,
		"the token that it gives has expired already by our clock, and its answer has no other clock to compare that with",
		"see whether our clock is right, and whether consumers can use such a token; then tell the vendor"},
	loginwatch.SignOurValue: {VendorOrUs,
		"the token that it gives does not fit a key or a value that is configured here and that it was not sent: one of the two is wrong or out of date",
		"compare the key or value that the finding names with what the vendor says today; only when ours is right, tell the vendor"},
	loginwatch.SignNoCookie: {VendorOrUs,
		"a step was not sent, since no answer before it set the cookie that it has to carry to this address",
		"compare the base URL with the document, as Path, Domain and Secure keep a cookie from other addresses; only when it is right, tell the vendor"},
	loginwatch.SignForwarded: {VendorOrUs,
		"the answer came through our own proxy, and nothing in it tells whether the vendor gave it or the proxy did in its place",
		"look for this request in the log of our proxy, which the detail names; tell the vendor only when the proxy got that answer from it"},
}
