package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// tunnelRefused is what a proxy answered to CONNECT when it was no tunnel.
type tunnelRefused struct {
	status int
	cause  loginwatch.Reason // what the proxy says of the other side; "" when it does not
}

func (e *tunnelRefused) Error() string { return fmt.Sprintf("CONNECT was answered with %d", e.status) }

// tunnelAnswer takes the proxy's answer to CONNECT before net/http makes its
// status line an error's text. Any 2xx opens the tunnel (RFC 9110, 9.3.6), but
// net/http goes on after 200 alone.
func tunnelAnswer(ctx context.Context, _ *url.URL, _ *http.Request, res *http.Response) error {
	if res.StatusCode/100 != 2 {
		return &tunnelRefused{res.StatusCode, upstream(res.StatusCode, res.Header.Get("X-Squid-Error")+" "+res.Header.Get("Proxy-Status"))}
	}
	res.StatusCode = http.StatusOK
	traceOf(ctx).note(func(p *progress) { p.tunnel = true })
	return nil
}

// proxyName is host and port; a proxy's URL may hold a password.
func (w way) proxyName() string {
	port := w.proxy.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080"}[w.proxy.Scheme]
	}
	return net.JoinHostPort(w.proxy.Hostname(), port)
}

// forwards tells whether a proxy reads our request and answers it itself or
// hands it on, so that its own answers look like the vendor's.
func (w way) forwards() bool {
	return w.proxy != nil && !w.https && w.proxy.Scheme != "socks5"
}

// beyondProxy tells whether our proxy had done its part.
func (f *failure) beyondProxy() bool {
	switch {
	case !f.connected, f.proxy.Scheme == "https" && f.shaken == 0:
		return false
	case f.https && f.proxy.Scheme == "socks5":
		return f.handshakes > 0
	case f.https:
		return f.tunnel
	case f.forwards():
		return f.answered // until then only the proxy has spoken
	}
	return f.sending
}

// atProxy explains what our proxy did, or that we did not come to it.
func (f *failure) atProxy() (loginwatch.Reason, string) {
	name := "our proxy " + f.proxyName()
	var refused *tunnelRefused
	switch {
	case !f.connected:
		_, words := f.reaching(f.proxy.Hostname())
		return loginwatch.ReasonProxy, name + " can't be reached: " + words
	case f.proxy.Scheme == "https" && f.shaken == 0:
		return f.proxyHandshake()
	case errors.As(f.err, &refused):
		return f.refusedWords(refused.status, refused.cause)
	case f.timedOut() && f.forwards():
		return loginwatch.ReasonTimeout, fmt.Sprintf("%s: timed out %s: the proxy, or what is behind it, does not answer", f.party(), phaseWords[f.at])
	case f.timedOut():
		return loginwatch.ReasonTimeout, fmt.Sprintf("%s: timed out while opening the way: the proxy, or what is behind it, does not answer", f.party())
	case f.proxy.Scheme == "socks5":
		return f.socksWords(name)
	case strings.HasPrefix(f.first, tlsAlert) && f.proxy.Scheme == "http":
		return loginwatch.ReasonProxy, name + " speaks TLS there: its URL must begin with https, or the port is wrong"
	}
	if _, alerted := alertOf(f.err); alerted || f.wanted && f.cut() {
		return f.proxyHandshake()
	}
	if f.proxy.Scheme == "http" && f.came > 0 && !f.likeHTTP() {
		return loginwatch.ReasonProxy, name + " does not answer in HTTP: it is no HTTP proxy, or the port is wrong"
	}
	if f.forwards() {
		return f.answer(f.party()) // the proxy cut it or broke it, or passed on that somebody did
	}
	if f.cut() {
		return loginwatch.ReasonProxy, fmt.Sprintf("%s closed the connection instead of opening a tunnel to %s", name, f.host)
	}
	return loginwatch.ReasonProxy, fmt.Sprintf("%s answered CONNECT with something that is no HTTP/1.1: it is no HTTP proxy, or the port is wrong", name)
}

// socksWords explains what a SOCKS proxy said (RFC 1928, 3 and 6). net/http gives
// its answers as text alone.
func (f *failure) socksWords(name string) (loginwatch.Reason, string) {
	text := f.err.Error()
	says := func(what string) bool { return strings.HasSuffix(text, what) }
	switch {
	case says("unknown error connection refused"), says("unknown error host unreachable"),
		says("unknown error network unreachable"), says("unknown error TTL expired"):
		return loginwatch.ReasonConnect, fmt.Sprintf("%s says that it does not reach %s; it looks the name up itself", name, f.host)
	case says("unknown error connection not allowed by ruleset"):
		return loginwatch.ReasonProxy, fmt.Sprintf("%s does not allow connections to %s", name, f.host)
	case says("no acceptable authentication methods"):
		return loginwatch.ReasonProxy, name + " wants a user name and password for itself, and loginwatch sends it none"
	case strings.Contains(text, "unexpected protocol version"):
		return loginwatch.ReasonProxy, name + " does not speak SOCKS5: the scheme or the port of its URL is wrong"
	case f.cut():
		return loginwatch.ReasonProxy, fmt.Sprintf("%s closed the connection instead of opening the way to %s", name, f.host)
	}
	return loginwatch.ReasonProxy, fmt.Sprintf("%s did not open the way to %s: it has a fault, or does not get there", name, f.host)
}
