package app_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/faulty"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/store"
)

const (
	drift, rejected, throttled, unavailable = loginwatch.Drift, loginwatch.Rejected, loginwatch.Throttled, loginwatch.Unavailable
	broken, skip                            = loginwatch.Broken, loginwatch.Skipped
)

// shows lists signs.
func shows(signs ...loginwatch.Sign) []loginwatch.Sign { return signs }

// words lists what a sentence must say.
func words(all ...string) []string { return all }

// runs has a scenario for every reason of a run and for every sign.
func runs() []scenario { return append(unanswered(), append(answered(), unsent()...)...) }

// unanswered are the runs that got no complete answer of the vendor.
func unanswered() []scenario {
	return []scenario{
		{"no such name", faulty.Drain, resolvedBy(faulty.NXDomain),
			wanted{unavailable, loginwatch.ReasonDNS, nil, advice.VendorOrNetwork, words("no address"), 0}},
		{"nobody listens", faulty.Drain, goneAway,
			wanted{unavailable, loginwatch.ReasonConnect, nil, advice.VendorOrNetwork, words("no connection"), 0}},
		{"an unknown authority", faulty.Drain, overTLS,
			wanted{unavailable, loginwatch.ReasonTLS, nil, advice.VendorOrUs, words("TLS", "private authority"), 0}},
		{"our proxy allows no tunnel", refusesTunnels("403 Forbidden"), byProxy("https://api.vendor.example"),
			wanted{broken, loginwatch.ReasonProxy, nil, advice.Us, words("our own proxy"), 0}},
		{"our proxy wants a password", faulty.HTTP("407 Proxy Authentication Required", "text/html", "", ""), byProxy("http://api.vendor.example"),
			wanted{broken, loginwatch.ReasonProxy, nil, advice.Us, words("our own proxy"), 1}}, // the proxy saw it, in plain text
		{"no answer in time", faulty.Drain, hurried,
			wanted{unavailable, loginwatch.ReasonTimeout, nil, advice.VendorOrNetwork, words("within the time-out"), 1}},
		{"cut", faulty.Hear, nil,
			wanted{unavailable, loginwatch.ReasonReset, nil, advice.VendorOrNetwork, words("was cut"), 1}},
		{"half an answer", faulty.Says("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"), nil,
			wanted{unavailable, loginwatch.ReasonReset, shows(loginwatch.SignMaybeRefused), advice.VendorOrNetwork, words("was cut", "our credential may have been refused"), 1}},
		{"no HTTP", faulty.Says("220 mail.example ESMTP\r\n"), nil,
			wanted{unavailable, loginwatch.ReasonProtocol, nil, advice.VendorOrUs, words("no HTTP answer", "port"), 1}},
		{"a proxy that does not get there", refusesTunnels("504 Gateway Timeout"), byProxy("https://api.vendor.example"),
			wanted{unavailable, loginwatch.ReasonConnect, nil, advice.VendorOrNetwork, words("no connection"), 0}},
	}
}

// unsent are the runs that our own side kept from being sent, or from ending.
func unsent() []scenario {
	return []scenario{
		{"no secret", faulty.JSON("200 OK", success), keeping(""),
			wanted{broken, loginwatch.ReasonSecretMissing, nil, advice.Us, words("missing", "what needs it was not sent"), 0}},
		{"a secret that is no UTF-8", faulty.JSON("200 OK", success), keeping(password + "\xff"),
			wanted{broken, loginwatch.ReasonSecretUnusable, nil, advice.Us, words("no request can carry it", "that request was not sent"), 0}},
		{"a store that does not say what is to be sent", faulty.JSON("200 OK", success), takenOnce(0),
			wanted{broken, loginwatch.ReasonStore, nil, advice.Us, words("which can't be asked", "that request was not sent"), 0}},
		{"a store in which it can't be noted that it is sent", faulty.JSON("200 OK", success), takenOnce(1),
			wanted{broken, loginwatch.ReasonStore, nil, advice.Us, words("which can't be asked", "that request was not sent"), 0}},
		{"an address of the other IP version", faulty.JSON("200 OK", success), overIPv6,
			wanted{broken, loginwatch.ReasonInternal, nil, advice.Us, words("configuration"), 0}},
		{"stopped while it waits", faulty.Drain, interrupted,
			wanted{broken, loginwatch.ReasonInternal, nil, advice.Us, words("stopped"), 1}},
	}
}

// answered are the runs whose answer is not as documented.
func answered() []scenario {
	maybe := loginwatch.SignMaybeRefused
	const mayBe = "our credential may have been refused"
	large := `{"code":"OK","token":"t0ken","user":7,"more":"` + strings.Repeat("x", 300<<10) + `"}`
	return []scenario{
		{"a logout that fails", faulty.JSON("200 OK", success), closing,
			wanted{loginwatch.OK, "", shows(loginwatch.SignLeftOpen), advice.VendorOrUs, words("the login works", "could not be closed"), 1}},
		{"a session that goes elsewhere", faulty.JSON("200 OK", success), carrying,
			wanted{drift, loginwatch.ReasonContract, shows(loginwatch.SignNoCookie), advice.VendorOrUs, words("a step was not sent", "the cookie"), 1}},
		{"300 KiB", faulty.JSON("200 OK", large), nil,
			wanted{drift, loginwatch.ReasonBodyTooLarge, shows(maybe), advice.VendorOrUs, words("256 KiB", mayBe), 1}},
		{"300 KiB that name no token", faulty.JSON("200 OK", `{"code":"`+strings.Repeat("x", 300<<10)+`"}`), nil,
			wanted{drift, loginwatch.ReasonBodyTooLarge, shows(maybe), advice.VendorOrUs, words("256 KiB", mayBe), 1}},
		{"a redirect", faulty.HTTP("302 Found", "application/json", "", "Location: /elsewhere\r\n"), nil,
			wanted{drift, loginwatch.ReasonRedirect, shows(maybe), advice.VendorOrUs, words("redirects", "never followed", mayBe), 1}},
		{"an error of its own", faulty.JSON("500 Internal Server Error", unknown), nil,
			wanted{unavailable, loginwatch.ReasonHTTP5xx, nil, advice.Vendor, words("5xx"), 1}},
		{"a bad gateway", faulty.HTML("502 Bad Gateway", "<h1>502 Bad Gateway</h1>", ""), nil,
			wanted{unavailable, loginwatch.ReasonGateway, nil, advice.Vendor, words("gateway in front of it"), 1}},
		{"a bad gateway, or our proxy", faulty.HTML("502 Bad Gateway", "<h1>502 Bad Gateway</h1>", ""), byProxy("http://api.vendor.example"),
			wanted{unavailable, loginwatch.ReasonGateway, shows(loginwatch.SignForwarded), advice.VendorOrUs, words("our own proxy", "the vendor"), 1}},
		{"another status", faulty.JSON("404 Not Found", unknown), nil,
			wanted{drift, loginwatch.ReasonHTTPStatus, shows(maybe), advice.VendorOrUs, words("status", mayBe), 1}},
		{"too often", faulty.HTTP("429 Too Many Requests", "application/json", unknown, "Retry-After: 60\r\n"), nil,
			wanted{throttled, loginwatch.ReasonRateLimit, nil, advice.Us, words("more often than it allows"), 1}},
		{"a refusal", faulty.JSON("401 Unauthorized", refused), nil,
			wanted{rejected, loginwatch.ReasonCredential, nil, advice.Credential, words("the vendor refused our credential", "BEFORE trying again"), 1}},
		{"a refusal, and a control as documented", twofold("401 Unauthorized", "application/json", refused, "200 OK", "application/json", invalid, ""), withControl,
			wanted{rejected, loginwatch.ReasonCredential, shows(loginwatch.SignControl), advice.Credential, words("the vendor refused our credential", "answered a control case that carries none as documented", "BEFORE trying again"), 1}},
		{"a refusal, and a control that is refused", twofold("401 Unauthorized", "application/json", refused, "401 Unauthorized", "application/json", refused, ""), withControl,
			wanted{rejected, loginwatch.ReasonVendor, nil, advice.VendorOrUs, words("refused, or failed at, a control case", "need not be of our credential", "leave the credential as it is"), 1}},
		{"a refusal, and a control that meets a wall", twofold("401 Unauthorized", "application/json", refused, "403 Forbidden", "text/html", "<html>Just a moment</html>", "Cf-Mitigated: challenge\r\n"), withControl,
			wanted{rejected, loginwatch.ReasonBlocked, nil, advice.VendorOrUs, words("in front of the vendor's login, or in its place", "leave the credential as it is"), 1}},
		{"an error inside a success", faulty.JSON("200 OK", invalid), nil,
			wanted{drift, loginwatch.ReasonApplication, shows(maybe), advice.VendorOrUs, words("error of its application", mayBe), 1}},
		{"its documented outage", faulty.JSON("400 Bad Request", down), nil,
			wanted{unavailable, loginwatch.ReasonApplication, nil, advice.VendorOrUs, words("error of its application"), 1}},
		{"JSON that is called text", faulty.HTTP("200 OK", "text/plain", success, ""), nil,
			wanted{drift, loginwatch.ReasonContentType, nil, advice.Vendor, words("content type"), 1}},
		{"half of the XML", faulty.HTTP("200 OK", "application/xml", "<login><token>t0ken</token>", ""), inXML,
			wanted{drift, loginwatch.ReasonMalformed, shows(maybe), advice.VendorOrUs, words("not the XML or form data", mayBe), 1}},
		{"half of the JSON", faulty.JSON("200 OK", success[:len(success)-1]), nil,
			wanted{drift, loginwatch.ReasonNotJSON, shows(maybe), advice.VendorOrUs, words("not the JSON", mayBe), 1}},
		{"another type", faulty.JSON("200 OK", strings.Replace(success, "7", `"7"`, 1)), nil,
			wanted{drift, loginwatch.ReasonContract, nil, advice.Vendor, words("not as its document says", "warn the consumers"), 1}},
		{"a token with a blank", faulty.JSON("200 OK", strings.Replace(success, "t0ken", "t0 ken", 1)), nil,
			wanted{drift, loginwatch.ReasonToken, nil, advice.Vendor, words("not one that works as documented"), 1}},
		{"a token that has expired by our clock", faulty.JSON("200 OK", strings.Replace(success, "t0ken", "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjEwMDAwMDAwMDB9.c2ln", 1)), nil,
			wanted{drift, loginwatch.ReasonToken, shows(loginwatch.SignClock), advice.VendorOrUs, words("by our clock"), 1}},
		{"a token of another issuer than is configured", faulty.JSON("200 OK", strings.Replace(success, "t0ken", "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJodHRwczovL290aGVyLmV4YW1wbGUiLCJleHAiOjQxMDI0NDQ4MDB9.c2ln", 1)), ofIssuer,
			wanted{drift, loginwatch.ReasonToken, shows(loginwatch.SignOurValue), advice.VendorOrUs, words("configured here", "only when ours is right"), 1}},

		{"a page", faulty.HTML("200 OK", "Welcome", ""), nil,
			wanted{drift, loginwatch.ReasonNotJSON, shows(loginwatch.SignPage, maybe), advice.VendorOrUs, words("HTML came where the document has none", mayBe), 1}},
		{"nothing", faulty.JSON("200 OK", ""), nil,
			wanted{drift, loginwatch.ReasonNotJSON, shows(loginwatch.SignEmpty, maybe), advice.VendorOrUs, words("empty answer came where a body was due", mayBe), 1}},
		{"a challenge", faulty.HTML("403 Forbidden", "Just a moment", "Cf-Mitigated: challenge\r\n"), nil,
			wanted{drift, loginwatch.ReasonHTTPStatus, shows(loginwatch.SignWall, maybe), advice.VendorOrUs, words("HTML of a bot wall", "is blocking us", mayBe), 1}},
		{"a challenge without a page", faulty.HTTP("403 Forbidden", "application/json", "{}", "X-Amzn-Waf-Action: captcha\r\n"), nil,
			wanted{drift, loginwatch.ReasonHTTPStatus, shows(loginwatch.SignBlocked, maybe), advice.VendorOrUs, words("bot wall or firewall", "is blocking us", mayBe), 1}},
		{"a captive portal", faulty.HTML("511 Network Authentication Required", "Sign in", ""), nil,
			wanted{unavailable, loginwatch.ReasonGateway, shows(loginwatch.SignPortal), advice.Us, words("wants a sign-in of its own", "nothing is known about the vendor"), 1}},
		{"maintenance", faulty.HTML("503 Service Unavailable", "Down for maintenance", ""), nil,
			wanted{unavailable, loginwatch.ReasonGateway, shows(loginwatch.SignMaintenance), advice.VendorOrUs, words("speaks of maintenance", "may be blocking us"), 1}},
		{"a locked account", faulty.JSON("401 Unauthorized", locked), nil,
			wanted{rejected, loginwatch.ReasonCredential, shows(loginwatch.SignAccount), advice.Credential, words("our account", "it may be locked"), 1}},
		{"a success without a token", faulty.JSON("200 OK", `{"code":"OK","user":7}`), nil,
			wanted{drift, loginwatch.ReasonContract, shows(loginwatch.SignNoToken, maybe), advice.VendorOrUs, words("gives no token", mayBe), 1}},
	}
}

// twofold answers the login, and whatever else comes, each in its way; more is in the
// head of the second.
func twofold(status, contentType, body, other, otherType, otherBody, more string) func(net.Conn) {
	return func(c net.Conn) {
		req, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		sent, _ := io.ReadAll(req.Body)
		if strings.Contains(string(sent), password) {
			_, _ = io.WriteString(c, "HTTP/1.1 "+status+"\r\nConnection: close\r\nContent-Type: "+contentType+"\r\n\r\n"+body)
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 "+other+"\r\nConnection: close\r\nContent-Type: "+otherType+"\r\n"+more+"\r\n"+otherBody)
	}
}

// withControl has the contract call a body that nobody can read safe.
func withControl(t *testing.T, _ *vendor, j *loginwatch.Job) context.Context {
	op := j.Probe.Subject().Case.Operation
	op.Control = &loginwatch.Case{ID: "malformed-json", Operation: op, Raw: "{", Expect: []*loginwatch.Outcome{op.Outcome("invalid")}}
	return t.Context()
}

// refusesTunnels is a proxy that answers CONNECT with a status.
func refusesTunnels(status string) func(net.Conn) {
	return func(c net.Conn) {
		if req, err := http.ReadRequest(bufio.NewReader(c)); err == nil && req.Method == http.MethodConnect {
			_, _ = io.WriteString(c, "HTTP/1.1 "+status+"\r\nContent-Length: 0\r\n\r\n")
		}
	}
}

// byProxy makes the server our proxy on the way to another address.
func byProxy(base string) func(*testing.T, *vendor, *loginwatch.Job) context.Context {
	return func(t *testing.T, v *vendor, j *loginwatch.Job) context.Context {
		j.Target.Transport.Proxy = &url.URL{Scheme: "http", Host: v.Address()}
		j.Target.BaseURL, _ = url.Parse(base)
		return t.Context()
	}
}

// resolvedBy has the host's name looked up at a name server of the test.
func resolvedBy(rcode byte, addresses ...string) func(*testing.T, *vendor, *loginwatch.Job) context.Context {
	return func(t *testing.T, v *vendor, j *loginwatch.Job) context.Context {
		v.resolver = faulty.Resolver(t, faulty.NameServer(t, rcode, addresses...))
		j.Target.BaseURL.Host = net.JoinHostPort("login.example.", j.Target.BaseURL.Port())
		return t.Context()
	}
}

func goneAway(t *testing.T, v *vendor, _ *loginwatch.Job) context.Context {
	_ = v.Close()
	return t.Context()
}

// overTLS is a server with a certificate that nobody here trusts.
func overTLS(t *testing.T, v *vendor, j *loginwatch.Job) context.Context {
	*v = *serve(t, faulty.NewAuthority(t).Leaf(t).Over(faulty.Drain))
	j.Target.BaseURL, _ = url.Parse("https://" + v.Address())
	return t.Context()
}

func hurried(t *testing.T, _ *vendor, j *loginwatch.Job) context.Context {
	j.Probe.Timeout = time.Second
	return t.Context()
}

// keeping sets the password.
func keeping(value string) func(*testing.T, *vendor, *loginwatch.Job) context.Context {
	return func(t *testing.T, _ *vendor, j *loginwatch.Job) context.Context {
		j.Target.Secrets = secrets{"password": value}
		return t.Context()
	}
}

// failing answers so often, and then no more.
type failing struct {
	loginwatch.Rotations
	answers int
}

func (f *failing) Rotate(ctx context.Context, of loginwatch.RotatingSecret, change func(*loginwatch.Rotated)) error {
	if f.answers--; f.answers < 0 {
		return errors.New("the disk is full")
	}
	return f.Rotations.Rotate(ctx, of, change)
}

// takenOnce has the vendor take the password once, and the store answer so often.
func takenOnce(answers int) func(*testing.T, *vendor, *loginwatch.Job) context.Context {
	return func(t *testing.T, _ *vendor, j *loginwatch.Job) context.Context {
		j.Probe.Contract.Operations[0].Spends = []string{"password"}
		kept := &failing{store.NewMemory(store.Budget{}), answers}
		j.Target.Secrets = flow.NewRotation(kept, slog.New(slog.DiscardHandler)).Of(j.Probe.Contract, j.Target.Secrets)
		return t.Context()
	}
}

// closing adds a logout that should be answered without a body.
func closing(t *testing.T, _ *vendor, j *loginwatch.Job) context.Context {
	gone := &loginwatch.Outcome{ID: "gone", Statuses: []int{204}, Body: loginwatch.BodyUnspecified, Means: loginwatch.OK}
	op := &loginwatch.Operation{ID: "logout", Request: loginwatch.Request{Method: http.MethodPost, Path: "/logout"}, Outcomes: []*loginwatch.Outcome{gone}}
	logout := &loginwatch.Case{ID: "logout", Operation: op, Expect: op.Outcomes}
	j.Probe.Steps = append(slices.Clone(j.Probe.Steps), loginwatch.Step{Case: logout, Role: loginwatch.RoleCleanup})
	return t.Context()
}

// carrying adds a step that has to carry a cookie of the login's answer.
func carrying(t *testing.T, _ *vendor, j *loginwatch.Job) context.Context {
	op := &loginwatch.Operation{ID: "profile", Request: loginwatch.Request{
		Method: http.MethodGet, Path: "/profile", Cookies: []loginwatch.RequestCookie{{Name: "sid"}},
	}, Outcomes: []*loginwatch.Outcome{{ID: "shown", Statuses: []int{200}, Body: loginwatch.BodyUnspecified, Means: loginwatch.OK}}}
	j.Probe.Steps = append(slices.Clone(j.Probe.Steps), loginwatch.Step{
		Case: &loginwatch.Case{ID: "profile", Operation: op, Expect: op.Outcomes}, Role: loginwatch.RoleFollowUp,
	})
	return t.Context()
}

// inXML has the document promise XML in the place of JSON.
func inXML(t *testing.T, _ *vendor, j *loginwatch.Job) context.Context {
	for _, o := range j.Probe.Subject().Case.Operation.Outcomes {
		o.Body, o.ContentTypes = loginwatch.BodyXML, []string{"application/xml"}
	}
	return t.Context()
}

// ofIssuer has the document say who issues the token, which the operator configures.
func ofIssuer(t *testing.T, _ *vendor, j *loginwatch.Job) context.Context {
	token := j.Probe.Subject().Case.Operation.Token
	token.Form, token.Lifetime = loginwatch.TokenJWT, nil
	token.Claims = []loginwatch.TokenClaim{{Name: "iss", Value: "${issuer}"}}
	j.Probe.Contract.Variables = []loginwatch.Variable{{Name: "issuer", Default: "https://issuer.example"}}
	return t.Context()
}

func overIPv6(t *testing.T, _ *vendor, j *loginwatch.Job) context.Context {
	j.Target.Transport.IPVersion = 6
	return t.Context()
}

// interrupted ends the run's context once the login has come.
func interrupted(t *testing.T, v *vendor, _ *loginwatch.Job) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	stop := context.AfterFunc(v.Arrived(), cancel)
	t.Cleanup(func() {
		stop()
		cancel()
	})
	return ctx
}
