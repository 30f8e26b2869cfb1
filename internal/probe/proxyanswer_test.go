package probe_test

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/faulty"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// bare is an answer of a status and header lines, with the body "no".
func bare(status string, lines ...string) string {
	return "HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n" + strings.Join(append(lines, "\r\nno"), "\r\n")
}

// What comes through a proxy that forwards plain HTTP may be its own answer. It
// is told as such where the answer shows it; where nothing shows who gave it, the
// vendor is never blamed alone, and where nobody else can have, nobody else is.
func TestAnswersThroughAForwardingProxy(t *testing.T) {
	const (
		open = "the answer came through our proxy PROXY, which may have given it in the place of HOST"
		html = "Content-Type: text/html"
		json = "Content-Type: application/json"
	)
	unsure := func(reason loginwatch.Reason) wanted { return wanted{unavailable, reason, advice.VendorOrUs, open} }
	reports := func(reason loginwatch.Reason, blame advice.Blame, says string) wanted {
		return wanted{unavailable, reason, blame, "our proxy PROXY " + says}
	}
	noName := reports("dns", advice.VendorOrNetwork, "which looks the names up, found no address for HOST (503)")
	noName.says = strings.Replace(noName.says, "PROXY", "PROXY,", 1)
	noWay := reports("connect", advice.VendorOrNetwork, "says that it does not reach HOST (503); it looks the name up itself")
	for name, tt := range map[string]struct {
		answer string
		sign   loginwatch.Sign
		wanted
	}{
		"Squid: no connection":      {bare("503 S", html, "X-Squid-Error: ERR_CONNECT_FAIL 111"), "", noWay},
		"Squid: no name":            {bare("503 S", html, "X-Squid-Error: ERR_DNS_FAIL 0"), "", noName},
		"Squid, one hop":            {bare("503 S", html, "X-Squid-Error: ERR_DNS_FAIL 0", "Via: 1.1 gate (squid/6.6)"), "", noName},
		"Squid: not allowed":        {bare("403 F", html, "X-Squid-Error: ERR_ACCESS_DENIED 0"), "", proxyFails("our proxy PROXY does not allow connections to HOST (403)")},
		"Squid: not allowed, moved": {bare("302 F", html, "X-Squid-Error: 302 S3CRET", "Location: http://S3CRET"), "", proxyFails("our proxy PROXY answered in the place of HOST (302)")},
		"Squid: nowhere to go":      {bare("503 S", html, "X-Squid-Error: ERR_CANNOT_FORWARD 0"), "", proxyFails("our proxy PROXY answered in the place of HOST (503): it is overloaded, or does not get there; it looks the name up itself")},
		"Squid: its own fault":      {bare("500 S", html, "X-Squid-Error: ERR_SOCKET_FAILURE 24"), "", proxyFails("our proxy PROXY answered in the place of HOST (500)")},
		"Squid: cut":                {bare("502 S", html, "X-Squid-Error: ERR_ZERO_SIZE_OBJECT 0"), "", reports("reset", advice.VendorOrNetwork, "says that its connection to HOST was cut (502)")},
		"Squid: too late":           {bare("504 S", html, "X-Squid-Error: ERR_READ_TIMEOUT 0"), "", reports("timeout", advice.VendorOrNetwork, "says that it got no answer from HOST in time (504)")},
		"Squid: no HTTP":            {bare("502 S", html, "X-Squid-Error: ERR_INVALID_RESP 0"), "", reports("protocol", advice.VendorOrUs, "says that it got no valid HTTP from HOST (502)")},
		"Proxy-Status of ours":      {bare("503 S", `Proxy-Status: cdn; error=dns_error, "127.0.0.1"; error=connection_refused`), "", noWay},
		"Proxy-Status: not allowed": {bare("403 F", html, "Proxy-Status: 127.0.0.1; error=http_request_denied"), "", proxyFails("our proxy PROXY does not allow connections to HOST (403)")},

		"Proxy-Status: its own fault": {bare("502 B", html, "Proxy-Status: 127.0.0.1; error=proxy_internal_error"), "", proxyFails("our proxy PROXY answered in the place of HOST (502)")},
		"Proxy-Status with a comma":   {bare("503 S", `Proxy-Status: 127.0.0.1; error=connection_refused; details="a, b"`), "", noWay},

		// Of the same headers these may be those of a proxy of the vendor.
		"a Squid behind ours":           {bare("503 S", html, "X-Squid-Error: ERR_CONNECT_FAIL 111", "Via: 1.1 far (squid/5), 1.1 gate (squid/6.6)"), "forwarded", unsure("gateway")},
		"a Squid behind another kind":   {bare("503 S", html, "X-Squid-Error: ERR_CONNECT_FAIL 111", "Via: 1.1 gate (tinyproxy/1.11)"), "forwarded", unsure("gateway")},
		"a Squid behind ours forbids":   {bare("403 F", html, "X-Squid-Error: ERR_ACCESS_DENIED 0", "Via: 1.1 far (squid)", "Via: 1.1 gate (squid)"), "forwarded", wanted{loginwatch.Drift, "http-status", advice.VendorOrUs, open}},
		"Proxy-Status of another":       {bare("502 B", "Proxy-Status: cdn; error=connection_refused"), "forwarded", unsure("gateway")},
		"Proxy-Status of what ours got": {bare("503 S", "Proxy-Status: 127.0.0.1; received-status=503"), "forwarded", unsure("http-5xx")},
		"500":                           {bare("500 I"), "forwarded", unsure("http-5xx")},
		"502":                           {bare("502 B"), "forwarded", unsure("gateway")},
		"503":                           {bare("503 S"), "forwarded", unsure("http-5xx")},
		"504":                           {bare("504 G"), "forwarded", unsure("gateway")},
		"a page with 502":               {bare("502 B", html), "forwarded", unsure("gateway")},
		"a page with 403":               {bare("403 F", html), "forwarded", wanted{loginwatch.Drift, "http-status", advice.VendorOrUs, open}},
		"a redirect":                    {bare("302 F", html, "Location: http://S3CRET"), "", wanted{loginwatch.Drift, "redirect", advice.VendorOrUs, open}},

		// No proxy gives these by itself.
		"500 in JSON":            {strings.Replace(bare("500 I", json), "no", "{}", 1), "", wanted{unavailable, "http-5xx", advice.Vendor, ""}},
		"JSON by another header": {strings.Replace(bare("500 I", html), "\r\nno", "\r\n{}", 1), "", wanted{unavailable, "http-5xx", advice.Vendor, ""}},
		"called JSON":            {bare("502 B", json), "", wanted{unavailable, "gateway", advice.Vendor, ""}},
		"half of the JSON":       {strings.Replace(bare("500 I", html), "\r\nno", "\r\n{1", 1), "", wanted{unavailable, "http-5xx", advice.Vendor, ""}},
		"a scalar of JSON":       {strings.Replace(bare("500 I"), "\r\nno", "\r\n42", 1), "", wanted{unavailable, "http-5xx", advice.Vendor, ""}},
		"401":                    {bare("401 U", html, "WWW-Authenticate: Basic"), "page", wanted{loginwatch.Rejected, "credential", advice.VendorOrUs, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, faulty.Says(tt.answer))
			via, _ := url.Parse("http://user:S3CRET@" + p.Address())
			run := login(t, "http://api.vendor.example", loginwatch.TransportOptions{Proxy: via})
			tt.hold(t, run, "api.vendor.example", p.Address())
			if got := run.Subject().Sign; got != tt.sign {
				t.Errorf("sign %q, want %q", got, tt.sign)
			}
			if run.Refusal() != loginwatch.RefusalNone && tt.reason == loginwatch.ReasonProxy {
				t.Error("a proxy's refusal counts against the credential")
			}
			if p.Logins() != 1 || p.Connections() != 1 {
				t.Errorf("%d logins on %d connections", p.Logins(), p.Connections())
			}
		})
	}
}

// Nobody but the vendor answers without a proxy, inside a tunnel, or through a
// SOCKS proxy, which reads nothing; so the vendor's errors stay the vendor's.
func TestErrorsBeyondATunnelAreTheVendors(t *testing.T) {
	root := faulty.NewAuthority(t)
	for _, status := range []string{"500 I", "502 B", "503 S", "504 G"} {
		answer := faulty.Says(bare(status, "X-Squid-Error: ERR_CONNECT_FAIL 111", "Proxy-Status: 127.0.0.1; error=connection_refused"))
		plain, secret := serve(t, answer), serve(t, root.Leaf(t).Over(answer))
		want := wanted{unavailable, "http-5xx", advice.Vendor, ""}
		if status == "502 B" || status == "504 G" {
			want.reason = loginwatch.ReasonGateway
		}
		for name, tt := range map[string]struct {
			base  string
			proxy func(net.Conn)
			kind  string
		}{
			"directly": {"http://" + plain.Address(), nil, ""},
			"CONNECT":  {"https://" + secret.Address(), faulty.Connects("HTTP/1.1 200 OK", secret.Address()), "http"},
			"SOCKS":    {"http://" + plain.Address(), faulty.SOCKS(0, 0, plain.Address()), "socks5"},
		} {
			t.Run(status+" "+name, func(t *testing.T) {
				options := loginwatch.TransportOptions{CAFile: root.CAFile}
				if tt.proxy != nil {
					options.Proxy = &url.URL{Scheme: tt.kind, Host: serve(t, tt.proxy).Address()}
				}
				run := login(t, tt.base, options)
				want.hold(t, run, "127.0.0.1", "")
			})
		}
	}
}

// A documented refusal without a documented body may be the proxy's as well:
// then it is only possible that the credential was refused.
func TestARefusalThatMayBeTheProxys(t *testing.T) {
	for _, tt := range []struct {
		body, documented string // "" when the document shows no body
		want             loginwatch.Refusal
	}{
		{"no", "", loginwatch.RefusalPossible},
		{"{}", "", loginwatch.RefusalCertain},
		{"no", "no", loginwatch.RefusalCertain},
	} {
		p := serve(t, faulty.Says(strings.Replace(bare("403 F"), "\r\nno", "\r\n"+tt.body, 1)))
		fine := &loginwatch.Outcome{ID: "success", Statuses: []int{200}, Body: loginwatch.BodyUnspecified, Means: loginwatch.OK}
		refused := &loginwatch.Outcome{ID: "refused", Statuses: []int{403}, Body: map[bool]loginwatch.BodyFormat{true: loginwatch.BodyUnspecified, false: loginwatch.BodyText}[tt.documented == ""], Contains: tt.documented, Means: loginwatch.Rejected}
		op := &loginwatch.Operation{ID: "login", Outcomes: []*loginwatch.Outcome{fine, refused}, Request: loginwatch.Request{Method: http.MethodPost, Path: "/login"}}
		k := &loginwatch.Case{
			ID: "login", Operation: op, Body: map[string]any{"password": "${password}"}, Needs: []string{"password"}, Expect: []*loginwatch.Outcome{fine},
		}
		c := &loginwatch.Contract{Vendor: "example", Secrets: []loginwatch.Secret{{Name: "password"}}}
		tg := target(t, "http://api.vendor.example", secrets{"password": password})
		tg.Transport.Proxy = &url.URL{Scheme: "http", Host: p.Address()}
		run := probe.New(probe.Options{}).Run(t.Context(), planOf(&loginwatch.Probe{Contract: c, Name: "login", Steps: []loginwatch.Step{{Case: k, Role: loginwatch.RoleSubject}}}, tg))
		if run.Refusal() != tt.want {
			t.Errorf("%q: %s %s %v, refusal %q, want %q", tt.body, run.Verdict, run.Reason, run.Signs(), run.Refusal(), tt.want)
		}
	}
}
