package probe

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/wire"
)

// upstream reads what a proxy says of the other side: by the names of Squid's
// errors, by those of Proxy-Status (RFC 9209, 2.3) or, where it names no error,
// by the status (RFC 9110, 15.6.3 and 15.6.5). "" when it may be the proxy's own fault.
func upstream(status int, said string) loginwatch.Reason {
	for _, sign := range []struct {
		reason loginwatch.Reason
		words  []string
	}{
		{loginwatch.ReasonDNS, []string{"ERR_DNS_FAIL", "error=dns_error", "error=dns_timeout"}},
		{loginwatch.ReasonConnect, []string{"ERR_CONNECT_FAIL", "error=connection_refused", "error=connection_timeout",
			"error=destination_unavailable", "error=destination_ip_unroutable"}},
		{loginwatch.ReasonReset, []string{"ERR_ZERO_SIZE_OBJECT", "ERR_READ_ERROR", "ERR_WRITE_ERROR",
			"error=connection_terminated", "error=http_response_incomplete"}},
		{loginwatch.ReasonTimeout, []string{"ERR_READ_TIMEOUT", "ERR_LIFETIME_EXP",
			"error=connection_read_timeout", "error=connection_write_timeout", "error=http_response_timeout"}},
		{loginwatch.ReasonProtocol, []string{"ERR_INVALID_RESP", "error=http_protocol_error"}},
	} {
		for _, word := range sign.words {
			if strings.Contains(said, word) {
				return sign.reason
			}
		}
	}
	named := strings.Contains(said, "error=") || strings.Contains(said, "ERR_")
	if !named && (status == http.StatusBadGateway || status == http.StatusGatewayTimeout) {
		return loginwatch.ReasonConnect
	}
	return ""
}

// ownAnswer says that an answer is the proxy's own and not the vendor's, and
// what it says of the other side; no words when that is not sure. Only a proxy
// sends 407 (RFC 9110, 15.5.8).
func (w way) ownAnswer(res *http.Response) (loginwatch.Reason, string) {
	s := res.StatusCode
	if s == http.StatusProxyAuthRequired || s == http.StatusUnauthorized && res.Header.Get("Proxy-Authenticate") != "" {
		return loginwatch.ReasonProxy, w.statusWords(s)
	}
	if said := w.signed(res.Header); said != "" {
		return w.refusedWords(s, upstream(s, said))
	}
	return "", ""
}

// signed gives the error that our proxy reports in its own name. The same headers
// come from proxies of the vendor: who passed an answer on has added himself to
// Via (RFC 9110, 7.6.3), so that Squid's mark is ours when there is no hop but
// Squid's own, and of Proxy-Status the last member is the nearest (RFC 9209, 2),
// ours when it has our proxy's name.
func (w way) signed(h http.Header) string {
	hops := strings.ToLower(strings.Join(h.Values("Via"), ", "))
	if said := h.Get("X-Squid-Error"); said != "" && (hops == "" || strings.Contains(hops, "squid") && !strings.Contains(hops, ",")) {
		return said
	}
	members := wire.List(strings.Join(h.Values("Proxy-Status"), ","))
	if len(members) == 0 {
		return ""
	}
	name, params, _ := strings.Cut(strings.TrimSpace(members[len(members)-1]), ";")
	name = strings.Trim(name, ` "`)
	ours := strings.EqualFold(name, w.proxy.Hostname()) || strings.EqualFold(name, w.proxyName())
	if ours && strings.Contains(params, "error=") {
		return params
	}
	return ""
}

// mayAnswer says that an answer may be the proxy's.
func (w way) mayAnswer() string {
	return fmt.Sprintf("the answer came through our proxy %s, which may have given it in the place of %s", w.proxyName(), w.host)
}

// refusedWords explains what a proxy answered in its own name.
func (w way) refusedWords(status int, cause loginwatch.Reason) (loginwatch.Reason, string) {
	name := "our proxy " + w.proxyName()
	switch cause {
	case loginwatch.ReasonDNS:
		return cause, fmt.Sprintf("%s, which looks the names up, found no address for %s (%d)", name, w.host, status)
	case loginwatch.ReasonConnect:
		return cause, fmt.Sprintf("%s says that it does not reach %s (%d); it looks the name up itself", name, w.host, status)
	case loginwatch.ReasonReset:
		return cause, fmt.Sprintf("%s says that its connection to %s was cut (%d)", name, w.host, status)
	case loginwatch.ReasonTimeout:
		return cause, fmt.Sprintf("%s says that it got no answer from %s in time (%d)", name, w.host, status)
	case loginwatch.ReasonProtocol:
		return cause, fmt.Sprintf("%s says that it got no valid HTTP from %s (%d)", name, w.host, status)
	}
	return loginwatch.ReasonProxy, w.statusWords(status)
}

// statusWords says what a status means that a proxy gives in its own name.
func (w way) statusWords(status int) string {
	name, did := "our proxy "+w.proxyName(), "opened no tunnel to"
	if !w.https {
		did = "answered in the place of"
	}
	switch status {
	case http.StatusContinue, http.StatusProcessing, http.StatusEarlyHints: // net/http takes what comes first for the answer to CONNECT
		return fmt.Sprintf("%s sent an interim answer (%d) before its answer to CONNECT, which loginwatch can't wait for: the request did not reach %s", name, status, w.host)
	case http.StatusUnauthorized, http.StatusProxyAuthRequired:
		return fmt.Sprintf("%s wants a user name and password for itself (%d), and loginwatch sends it none: the request did not reach %s", name, status, w.host)
	case http.StatusForbidden:
		return fmt.Sprintf("%s does not allow connections to %s (%d)", name, w.host, status)
	case http.StatusTooManyRequests:
		return fmt.Sprintf("%s limits how often it is used (%d): the request did not reach %s", name, status, w.host)
	case http.StatusServiceUnavailable:
		return fmt.Sprintf("%s %s %s (%d): it is overloaded, or does not get there; it looks the name up itself", name, did, w.host, status)
	}
	return fmt.Sprintf("%s %s %s (%d)", name, did, w.host, status)
}
