package probe_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/faulty"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// holding is an answer of a status with a media type and a body.
func holding(status, mediaType, body string) string {
	return "HTTP/1.1 " + status + "\r\nContent-Type: " + mediaType + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

const (
	nginxPlain   = "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>"
	nginxMissing = "<html><head><title>400 No required SSL certificate was sent</title></head></html>"
	nginxRefused = "<html><head><title>400 The SSL certificate error</title></head></html>"
)

// Plain HTTP on a port of TLS is answered there by what has read no login, so no
// credential was refused; the same words elsewhere mean nothing.
func TestPlainHTTPOnAPortOfTLS(t *testing.T) {
	const (
		wrong  = "HOST says that it speaks TLS there, and the base URL begins with http: the scheme or the port is wrong, or a gateway there makes the same mistake further on"
		either = "plain HTTP came to a port of TLS: either our proxy PROXY speaks TLS, and its URL must begin with https, or HOST does, and the base URL must"
		open   = "the answer came through our proxy PROXY, which may have given it in the place of HOST"
	)
	cert := faulty.NewAuthority(t).Leaf(t)
	tlsPort := func(says string) wanted { return wanted{unavailable, "protocol", advice.VendorOrUs, says} }
	status := func(says string) wanted { return wanted{loginwatch.Drift, "http-status", advice.VendorOrUs, says} }
	for name, tt := range map[string]struct {
		scheme, proxy string // proxy: the scheme of its URL, "" for none
		answer        string
		wanted
	}{
		"nginx":              {"http", "", holding("400 Bad Request", "text/html", nginxPlain), tlsPort(wrong)},
		"nginx, its own 497": {"http", "", holding("497 X", "text/html", nginxPlain), tlsPort(wrong)},
		"Apache":             {"http", "", holding("400 Bad Request", "text/html", "<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />"), tlsPort(wrong)},
		"Tomcat":             {"http", "", holding("400 ", "text/plain;charset=ISO-8859-1", "Bad Request\r\nThis combination of host and port requires TLS.\r\n"), tlsPort(wrong)},
		"Go":                 {"http", "", "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n", tlsPort(wrong)},
		"cut behind it":      {"http", "", strings.Replace(holding("400 Bad Request", "text/html", nginxPlain), "Length: ", "Length: 9", 1), tlsPort(wrong)},
		"of our proxy":       {"http", "http", holding("400 Bad Request", "text/html", nginxPlain), tlsPort(either)},
		"behind our proxy":   {"http", "https", holding("400 Bad Request", "text/html", nginxPlain), tlsPort(strings.Replace(wrong, "HOST", "HOST (through our proxy PROXY)", 1))},

		"over TLS":        {"https", "", holding("400 Bad Request", "text/html", nginxPlain), status("")},
		"another status":  {"http", "", holding("404 Not Found", "text/html", nginxPlain), status("")},
		"another page":    {"http", "", holding("400 Bad Request", "text/html", "<h1>400 Bad Request</h1>"), status("")},
		"quoted in JSON":  {"http", "", holding("400 Bad Request", "text/html", `{"title":"The plain HTTP request was sent to HTTPS port"}`), status("")},
		"called JSON":     {"http", "", holding("400 Bad Request", "application/json", nginxPlain), status("")},
		"another, behind": {"http", "http", holding("400 Bad Request", "text/html", "<h1>400 Bad Request</h1>"), status(open)},
	} {
		t.Run(name, func(t *testing.T) {
			answer := faulty.Says(tt.answer)
			if tt.scheme == "https" || tt.proxy == "https" {
				answer = cert.Over(answer)
			}
			s := serve(t, answer)
			o, base, host := loginwatch.TransportOptions{CAFile: cert.CAFile}, tt.scheme+"://"+s.Address(), "127.0.0.1"
			if tt.proxy != "" {
				o.Proxy, base, host = &url.URL{Scheme: tt.proxy, Host: s.Address()}, "http://api.vendor.example", "api.vendor.example"
			}
			run := login(t, base, o)
			tt.hold(t, run, host, s.Address())
			if refused := run.Refusal() != loginwatch.RefusalNone; refused != (tt.verdict == loginwatch.Drift) {
				t.Errorf("refusal %q", run.Refusal())
			}
			if s.Connections() != 1 || s.Logins() > 1 {
				t.Errorf("%d connections, %d logins", s.Connections(), s.Logins())
			}
		})
	}
}

// A server that asks for a client certificate, goes on without one and refuses
// the request instead is told by what the handshake showed.
func TestClientCertificateDemandedOverHTTP(t *testing.T) {
	const (
		none    = "none is configured (client_certificate)"
		demands = "HOST demands a client certificate: "
		refused = "HOST refused our client certificate (client_certificate): its answer says so"
		other   = "ours (client_certificate) is from none of the authorities that it accepts, so it was not sent"
	)
	may := func(status string) string {
		return "HOST asked for a client certificate and got none, which may be why it answered " + status + ": "
	}
	root, theirs := faulty.NewAuthority(t), faulty.NewAuthority(t)
	cert := root.Leaf(t)
	want := func(c *tls.Config) { c.ClientAuth = tls.RequestClientCert }
	accepts := func(c *tls.Config) {
		c.ClientAuth, c.ClientCAs = tls.VerifyClientCertIfGiven, x509.NewCertPool()
		c.ClientCAs.AddCert(theirs.Cert)
	}
	asksNot := func(*tls.Config) {}
	drift, rejected := wanted{loginwatch.Drift, "http-status", advice.VendorOrUs, ""}, wanted{loginwatch.Rejected, "credential", advice.Credential, ""}
	for name, tt := range map[string]struct {
		asks   func(*tls.Config)
		client *faulty.Certificate
		answer string
		wanted
		says string
	}{
		"nginx":                       {want, nil, holding("400 Bad Request", "text/html", nginxMissing), drift, demands + none},
		"nginx, its own 496":          {want, nil, holding("496 X", "text/html", nginxMissing), drift, demands + none},
		"IIS":                         {want, nil, holding("403 Forbidden", "text/html", "<h2>HTTP Error 403.7 - Forbidden</h2>"), drift, demands + none},
		"IIS, another page":           {want, nil, holding("403 Forbidden", "text/html", "<h2>403.7 Forbidden: Client Certificate Required</h2>"), drift, demands + none},
		"nginx, ours is no good":      {want, theirs.Leaf(t), holding("400 Bad Request", "text/html", nginxRefused), drift, refused},
		"nginx, its own 495":          {want, theirs.Leaf(t), holding("495 X", "text/html", "no"), drift, refused},
		"IIS, ours is no good":        {want, theirs.Leaf(t), holding("403 Forbidden", "text/html", "<h2>HTTP Error 403.16 - Forbidden</h2>"), drift, refused},
		"ours is of others":           {accepts, cert, holding("400 Bad Request", "text/html", nginxMissing), drift, demands + other},
		"400 without words":           {want, nil, holding("400 Bad Request", "text/plain", "no"), drift, may("400") + none},
		"403 in JSON":                 {want, nil, holding("403 Forbidden", "application/json", `{"a":"No required SSL certificate was sent"}`), drift, may("403") + none},
		"401":                         {want, nil, holding("401 Unauthorized", "application/json", "{}"), rejected, may("401") + none},
		"495 without one":             {want, nil, holding("495 X", "text/plain", "no"), drift, may("495") + none},
		"496 without words":           {want, nil, holding("496 X", "text/plain", "no"), drift, may("496") + none},
		"ours was given, and 400":     {want, theirs.Leaf(t), holding("400 Bad Request", "text/plain", "no"), drift, ""},
		"asked for nothing":           {asksNot, nil, holding("400 Bad Request", "text/html", nginxMissing), drift, ""},
		"a status of something else":  {want, nil, holding("404 Not Found", "text/html", nginxMissing), drift, ""},
		"as documented without any":   {want, nil, accepted, wanted{loginwatch.OK, "", advice.Nobody, ""}, ""},
		"an outage has other reasons": {want, nil, holding("500 X", "text/plain", "no"), wanted{unavailable, "http-5xx", advice.Vendor, ""}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, cert.Over(faulty.Says(tt.answer), tt.asks))
			o := loginwatch.TransportOptions{CAFile: root.CAFile}
			if tt.client != nil {
				o.ClientCertFile, o.ClientKeyFile = tt.client.File, tt.client.KeyFile
			}
			tt.wanted.says = tt.says
			tt.hold(t, login(t, "https://"+s.Address(), o), "127.0.0.1", "")
			if s.Connections() != 1 {
				t.Errorf("%d connections", s.Connections())
			}
		})
	}
}

// What our proxy asks for in its own handshake is no matter of the vendor's, and
// what the document shows, or says in its words, needs no guess.
func TestNoGuessAtClientCertificates(t *testing.T) {
	const (
		asked      = "may be why"
		wordsOf    = `{"error":{"statusCode":401,"name":"Error","message":"m","code":"%"}}`
		json, text = "application/json", "text/plain"
	)
	root, cat := faulty.NewAuthority(t), small(t)
	want := func(c *tls.Config) { c.ClientAuth = tls.RequestClientCert }
	for name, tt := range map[string]struct {
		answer  string
		proxys  bool
		verdict loginwatch.Verdict
		guesses bool
	}{
		"nobody's words":            {holding("401 U", text, "no"), false, loginwatch.Drift, true},
		"nobody's words, our proxy": {holding("401 U", text, "no"), true, loginwatch.Drift, false},
		"documented":                {holding("401 U", json, strings.Replace(wordsOf, "%", "LOGIN_FAILED", 1)), false, loginwatch.Rejected, false},
		"in the document's words":   {holding("401 U", json, strings.Replace(wordsOf, "%", "LOCKED", 1)), false, loginwatch.Rejected, false},
		"a limit":                   {holding("400 B", json, `{"error":{"statusCode":429,"name":"Error","message":"m"}}`), false, loginwatch.Throttled, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, root.Leaf(t).Over(faulty.Says(tt.answer), want))
			tg := target(t, "https://"+s.Address(), demo(cat.Contract("framework")))
			tg.Transport.CAFile = root.CAFile
			if tt.proxys {
				tg = target(t, "http://api.vendor.example", demo(cat.Contract("framework")))
				tg.Transport = loginwatch.TransportOptions{CAFile: root.CAFile, Proxy: &url.URL{Scheme: "https", Host: s.Address()}}
			}
			run := probe.New(probe.Options{}).Run(t.Context(), planOf(caseProbe(t, cat, "framework", "valid-credentials"), tg))
			if run.Verdict != tt.verdict || strings.Contains(run.Detail, asked) != tt.guesses {
				t.Errorf("%s %s: %s", run.Verdict, run.Reason, run.Detail)
			}
		})
	}
}
