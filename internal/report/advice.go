package report

import "github.com/loginwatch/loginwatch"

// advice answers the two questions of whoever is woken by a failure.
type advice struct {
	fault string // us, our credential or the vendor
	next  string // the first thing to do
}

// adviceFor gives the advice for a reason, or a general one for the verdict.
func adviceFor(v loginwatch.Verdict, reason loginwatch.Reason) advice {
	if a, ok := networkAdvice(reason); ok {
		return a
	}
	if a, ok := answerAdvice(reason); ok {
		return a
	}
	switch v {
	case loginwatch.Drift:
		a, _ := answerAdvice(loginwatch.ReasonContract)
		return a
	case loginwatch.Rejected:
		a, _ := answerAdvice(loginwatch.ReasonCredential)
		return a
	case loginwatch.Throttled:
		a, _ := answerAdvice(loginwatch.ReasonRateLimit)
		return a
	case loginwatch.Unavailable:
		a, _ := networkAdvice(loginwatch.ReasonHTTP5xx)
		return a
	}
	a, _ := answerAdvice(loginwatch.ReasonInternal)
	return a
}

// networkAdvice is for runs that got no answer of the login itself.
func networkAdvice(reason loginwatch.Reason) (a advice, ok bool) {
	switch reason {
	case loginwatch.ReasonDNS:
		return advice{"the vendor's name servers, our resolver, or a mistyped base URL",
			"resolve the host from here and from another network; if only we fail, it is our resolver"}, true
	case loginwatch.ReasonConnect:
		return advice{"the vendor, or a firewall between us",
			"connect to host and port from here and from another network, and read the vendor's status page"}, true
	case loginwatch.ReasonTLS:
		return advice{"the vendor's certificate, or the authorities that we trust",
			"look at the certificate's dates and names (openssl s_client); behind a private authority pass --ca FILE"}, true
	case loginwatch.ReasonTimeout:
		return advice{"the vendor, or the network between us",
			"see in which phase the time went; raise --timeout only if a login may take that long"}, true
	case loginwatch.ReasonReset:
		return advice{"the vendor, or a proxy between us",
			"run it once more later; if it stays, give the vendor the time of this run"}, true
	case loginwatch.ReasonProtocol:
		return advice{"the base URL, the vendor, or a proxy between us: what answered does not speak HTTP properly",
			"check scheme and port of the base URL, then ask the vendor"}, true
	case loginwatch.ReasonHTTP5xx:
		return advice{"the vendor: its server failed",
			"read the vendor's status page and run again later; if it stays, give the vendor the time of this run"}, true
	case loginwatch.ReasonGateway:
		return advice{"the vendor: its gateway answered and the login behind it did not",
			"read the vendor's status page and run again later; if it stays, give the vendor the time of this run"}, true
	}
	return advice{}, false
}

// answerAdvice is for runs that got an answer, and for our own faults.
func answerAdvice(reason loginwatch.Reason) (a advice, ok bool) {
	switch reason {
	case loginwatch.ReasonBodyTooLarge:
		return advice{"the vendor: the answer is far larger than any login's",
			"fetch the answer by hand and see what it is"}, true
	case loginwatch.ReasonRedirect:
		return advice{"the vendor moved its login, or the base URL is not the documented one",
			"compare the base URL with the document; a redirect is never followed, it would carry the secrets along"}, true
	case loginwatch.ReasonHTTPStatus:
		return advice{"the vendor, or our base URL or path: the status is not the documented one",
			"compare base URL and path with the document, then ask the vendor whether the status changed"}, true
	case loginwatch.ReasonRateLimit:
		return advice{"us, or somebody who shares our limit: too many logins for the vendor",
			"wait until the limit has passed, then probe less often"}, true
	case loginwatch.ReasonCredential:
		return advice{"our credential: the vendor refused it",
			"see whether it was rotated or has expired BEFORE trying again: repeated refusals can lock the account"}, true
	case loginwatch.ReasonApplication:
		return advice{"the vendor's application, or what we sent: it reports an error of its own",
			"look the error up in the document; if our request is as documented, ask the vendor"}, true
	case loginwatch.ReasonContentType:
		return advice{"the vendor: the content type is not the documented one",
			"warn the consumers: clients that trust the header will not read the body; then tell the vendor"}, true
	case loginwatch.ReasonNotJSON:
		return advice{"the vendor: the body is not JSON",
			"see whether a proxy or a maintenance page answered, then tell the vendor"}, true
	case loginwatch.ReasonContract:
		return advice{"the vendor: it does not answer as its document says",
			"warn the consumers and tell the vendor; if the document changed too, update the contract"}, true
	case loginwatch.ReasonToken:
		return advice{"the vendor: the login works, but its token is not the documented one",
			"see whether consumers can still use such a token and for how long, then tell the vendor"}, true
	case loginwatch.ReasonSecretMissing:
		return advice{"us: a secret is not configured, so nothing was sent",
			"set the secret where the detail says, and run again"}, true
	case loginwatch.ReasonInternal:
		return advice{"us: loginwatch itself, its contract or its configuration",
			"run loginwatch vet; if it finds nothing, report this with the version and the run's id"}, true
	}
	return advice{}, false
}
