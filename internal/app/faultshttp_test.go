package app_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/faulty"
)

// answer is one in HTTP/1.1 as it is written, with JSON as its type.
func answer(status, head, body string) func(net.Conn) {
	return faulty.Says("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\n" + head + "\r\n" + body)
}

// The wanted of answers, by who is blamed for them.
var (
	mayBe    = loginwatch.SignMaybeRefused
	cut      = is(unavailable, loginwatch.ReasonReset, advice.VendorOrNetwork, mayBe)
	noHTTP   = is(unavailable, loginwatch.ReasonProtocol, advice.VendorOrUs)
	badHTTP  = is(unavailable, loginwatch.ReasonProtocol, advice.VendorOrUs, mayBe)
	notJSON  = is(drift, loginwatch.ReasonNotJSON, advice.VendorOrUs, mayBe)
	empty    = is(drift, loginwatch.ReasonNotJSON, advice.VendorOrUs, loginwatch.SignEmpty, mayBe)
	timedOut = is(unavailable, loginwatch.ReasonTimeout, advice.VendorOrNetwork)
)

func framing(p *pki) []fault {
	const noStatus, notKept = "what came from 127.0.0.1 is no answer in HTTP/1.1", "the answer's body could not be read: 127.0.0.1 does not keep to HTTP/1.1 while receiving the answer"
	const wasCut = "the connection to 127.0.0.1 was cut while receiving the answer"
	ok := func(head, body string) func(net.Conn) { return answer("200 OK", head, body) }
	long := func(by int) string { return fmt.Sprintf("Content-Length: %d\r\n", len(success)+by) }
	const chunked = "Transfer-Encoding: chunked\r\n"
	whole := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(success), success)
	return []fault{
		wrong("http/no-http", faulty.Says("220 mail.example ESMTP\r\n"), nil, noHTTP, noStatus),
		wrong("http/bad-status-line", faulty.Says("HTTP/1.1 OK 200\r\n\r\n"+success), nil, badHTTP, noStatus),
		wrong("http/status-of-two-digits", faulty.Says("HTTP/1.1 20 OK\r\n\r\n"+success), nil, badHTTP, noStatus),
		wrong("http/http-0.9", faulty.Says(success+"\n"), nil, badHTTP, noStatus),
		wrong("http/http-1.0", faulty.Says("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"+success), nil, fine),
		wrong("http/http-2", faulty.Says("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00\n"), nil, noHTTP, noStatus),
		wrong("http/head-too-large", ok("X: "+strings.Repeat("x", 70<<10)+"\r\n", success), nil, badHTTP, "the head of the answer of 127.0.0.1 is larger than 64 KiB, which is our limit"),
		wrong("http/header-without-colon", ok("no colon\r\n", success), nil, badHTTP, noStatus),
		wrong("http/header-name-with-a-blank", ok("Bad Name: x\r\n", success), nil, fine),
		wrong("http/content-length-too-long", ok(long(+9), success), nil, cut, wasCut),
		wrong("http/content-length-too-short", ok(long(-9), success), nil, notJSON, "JSON that ends unfinished after"),
		wrong("http/content-length-negative", ok("Content-Length: -1\r\n", success), nil, badHTTP, noStatus),
		wrong("http/content-length-twice", ok(long(0)+long(-9), success), nil, badHTTP, noStatus),
		wrong("http/content-length-twice-the-same", ok(long(0)+long(0), success), nil, fine),
		wrong("http/content-length-and-chunked", ok(long(-9)+chunked, whole), nil, fine),
		wrong("http/chunked-broken", ok(chunked, "zz\r\n"+success), nil, badHTTP, notKept),
		wrong("http/chunk-size-huge", ok(chunked, "ffffffffffffffffff\r\n"+success), nil, badHTTP, notKept),
		wrong("http/chunked-cut", ok(chunked, whole[:len(whole)-5]), nil, cut, wasCut),
		wrong("http/half-answer", ok("Content-Length: 99\r\n", success[:9]), nil, cut, wasCut),
		wrong("http/half-head", faulty.Says("HTTP/1.1 200 OK\r\nContent-Ty"), nil, cut, wasCut),
		wrong("http/unknown-transfer-coding", ok("Transfer-Encoding: squeezed\r\n", success), nil, badHTTP, noStatus),
		wrong("http/interim-answers", faulty.Says(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 3)+"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"+success), nil, fine),
		wrong("http/interim-storm", faulty.Says(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 5000)), nil, badHTTP, "127.0.0.1 sent more than 100 interim answers (1xx), which is our limit, and no other one"),
		wrong("http/upgrade", faulty.Says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"), nil,
			is(drift, loginwatch.ReasonHTTPStatus, advice.VendorOrUs, loginwatch.SignEmpty, mayBe), "101, an empty body"),
		wrong("http/204-with-body", answer("204 No Content", long(0), success), nil,
			is(drift, loginwatch.ReasonHTTPStatus, advice.VendorOrUs, loginwatch.SignEmpty, mayBe), "204, an empty body"),
		wrong("http/early-answer", faulty.Blurts("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"), nil,
			wanted{drift, loginwatch.ReasonHTTPStatus, []loginwatch.Sign{loginwatch.SignEmpty, mayBe}, advice.VendorOrUs, nil, 0}, "413, an empty body"),
		wrong("http/half-answer-over-tls", p.good.Over(ok("Content-Length: 99\r\n", success[:9])), p.secure, cut, wasCut),
		wrong("http/answer-twice", ok(long(0), success+"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), nil, fine),
	}
}

// drips writes an answer a byte at a time, and the last one never.
func drips(c net.Conn) {
	faulty.Says("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n")(c)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := io.WriteString(c, " "); err != nil {
			return
		}
	}
}

// tooLate answers when the client has gone.
func tooLate(c net.Conn) {
	faulty.Drain(c)
	welcome(c)
}

// late answers as documented, after a while.
func late(c net.Conn) {
	faulty.Hear(c)
	<-time.After(100 * time.Millisecond)
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"+success)
}

func timing() []fault {
	stuck := timedOut
	stuck.signs = shows(mayBe)
	return []fault{
		wrong("time/slow", late, nil, fine),
		wrong("time/silent", faulty.Drain, hurried, timedOut, "127.0.0.1: timed out while waiting for the answer"),
		wrong("time/slow-head", faulty.Hangs("HTTP/1.1 200 OK\r\nContent-Type: applic"), hurried, stuck, "127.0.0.1: timed out while receiving the answer"),
		wrong("time/slow-body", faulty.Hangs("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"), hurried, stuck, "127.0.0.1: timed out while receiving the answer"),
		wrong("time/drip", drips, hurried, stuck, "127.0.0.1: timed out while receiving the answer"),
		wrong("time/interim-and-then-nothing", faulty.Hangs("HTTP/1.1 100 Continue\r\n\r\n"), hurried, timedOut, "127.0.0.1: timed out while waiting for the answer"),
		wrong("time/no-end", faulty.Hangs("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"+success), hurried, stuck, "127.0.0.1: timed out while receiving the answer"),
		wrong("time/too-late", tooLate, hurried, timedOut, "127.0.0.1: timed out while waiting for the answer"),
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text) // into memory
	_ = w.Close()
	return b.String()
}

func encodings() []fault {
	coded := func(coding, body string) func(net.Conn) {
		return answer("200 OK", "Content-Encoding: "+coding+"\r\n", body)
	}
	contract := is(drift, loginwatch.ReasonContract, advice.VendorOrUs, mayBe)
	latin := strings.Replace(success, "t0ken", "t\xf6ken", 1)
	wide := func(text string) string { return "\xff\xfe" + strings.Join(strings.Split(text, ""), "\x00") + "\x00" }
	return []fault{
		wrong("encoding/gzip", coded("gzip", zipped(success)), nil, fine),
		wrong("encoding/gzip-broken", coded("gzip", zipped(success)[:30]), nil, contract, "gzip that ends early or is damaged"),
		wrong("encoding/gzip-and-none", coded("gzip", success), nil, contract, "a body that is no gzip, though Content-Encoding says so"),
		wrong("encoding/gzip-twice", coded("gzip", zipped(zipped(success))), nil, contract, "a body that was compressed twice"),
		wrong("encoding/gzip-unsaid", answer("200 OK", "", zipped(success)), nil, contract, "a compressed body without a Content-Encoding"),
		wrong("encoding/gzip-bomb", coded("gzip", zipped(`{"code":"`+strings.Repeat("A", 100<<20)+`"}`)), nil, is(drift, loginwatch.ReasonBodyTooLarge, advice.VendorOrUs, mayBe), "more than the 256 KiB that loginwatch reads"),
		wrong("encoding/brotli", coded("br", "\x8b\x02\x80{}\x03"), nil, contract, "content encoding br (brotli), which loginwatch neither reads nor asks for"),
		wrong("encoding/unknown", coded("squeezed", "xyz"), nil, contract, "a content encoding that loginwatch does not know, and did not ask for"),
		wrong("encoding/latin-1", answer("200 OK", "", latin), nil, contract, "a one-byte character set such as Latin-1"),
		wrong("encoding/utf-16", answer("200 OK", "", wide(success)), nil, contract, "UTF-16 instead of UTF-8"),
		wrong("encoding/bom", answer("200 OK", "", "\xef\xbb\xbf"+success), nil, is(drift, loginwatch.ReasonContract, advice.Vendor), "a byte order mark (BOM) before the text"),
		wrong("encoding/invalid-utf-8", answer("200 OK", "", strings.Replace(success, "t0ken", "\xe2\x28\xa1", 1)), nil, contract, "encoding"),
		wrong("encoding/charset-in-type", faulty.HTTP("200 OK", "application/json; charset=iso-8859-1", success, ""), nil, fine),
	}
}

func statuses() []fault {
	redirect := is(drift, loginwatch.ReasonRedirect, advice.VendorOrUs, mayBe)
	status := is(drift, loginwatch.ReasonHTTPStatus, advice.VendorOrUs, mayBe)
	vendors := is(unavailable, loginwatch.ReasonHTTP5xx, advice.Vendor)
	gateway := is(unavailable, loginwatch.ReasonGateway, advice.Vendor)
	limit := is(throttled, loginwatch.ReasonRateLimit, advice.Us)
	asks := func(status, wait string) func(net.Conn) { return answer(status, "Retry-After: "+wait+"\r\n", unknown) }
	dated := func(c net.Conn) {
		now := time.Now().UTC().Truncate(time.Second)
		answer("503 Service Unavailable", "Date: "+now.Format(http.TimeFormat)+"\r\nRetry-After: "+now.Add(5*time.Minute).Format(http.TimeFormat)+"\r\n", unknown)(c)
	}
	const tooMany, down = "429 Too Many Requests", "503 Service Unavailable"
	return []fault{
		wrong("status/redirect", answer("302 Found", "Location: https://login.example.invalid/\r\n", ""), nil, redirect, "302, a redirect, not followed"),
		wrong("status/redirect-307", answer("307 Temporary Redirect", "Location: /elsewhere\r\n", ""), nil, redirect, "307, a redirect, not followed"),
		wrong("status/redirect-nowhere", answer("301 Moved Permanently", "", ""), nil, redirect, "301, a redirect, not followed"),
		wrong("status/304", answer("304 Not Modified", "", ""), nil, is(drift, loginwatch.ReasonHTTPStatus, advice.VendorOrUs, loginwatch.SignEmpty, mayBe), "304, an empty body"),
		wrong("status/400", answer("400 Bad Request", "", unknown), nil, status, "400"),
		wrong("status/401-in-other-words", answer("401 Unauthorized", "", unknown), nil, status, "401, documented for wrong-password but not with this body"),
		wrong("status/reject-all", twofold("401 Unauthorized", "application/json", refused, "401 Unauthorized", "application/json", refused, ""), withControl,
			is(rejected, loginwatch.ReasonVendor, advice.VendorOrUs), "malformed-json"),
		wrong("status/reject-wall", twofold("401 Unauthorized", "application/json", refused, "403 Forbidden", "text/html", "<html>Just a moment</html>", "Cf-Mitigated: challenge\r\n"), withControl,
			is(rejected, loginwatch.ReasonBlocked, advice.VendorOrUs), "malformed-json"),
		wrong("status/reject", answer("401 Unauthorized", "", refused), nil, is(rejected, loginwatch.ReasonCredential, advice.Credential)),
		wrong("status/404", answer("404 Not Found", "", ""), nil, status, "404, an empty body"),
		wrong("status/405", answer("405 Method Not Allowed", "Allow: GET\r\n", ""), nil, status, "405, an empty body"),
		wrong("status/wall", faulty.HTML("403 Forbidden", "Just a moment...", "Cf-Mitigated: challenge\r\n"), nil,
			is(drift, loginwatch.ReasonHTTPStatus, advice.VendorOrUs, loginwatch.SignWall, mayBe), "403"),
		wrong("status/500", answer("500 Internal Server Error", "", unknown), nil, vendors),
		wrong("status/html-502", faulty.HTML("502 Bad Gateway", "<h1>502 Bad Gateway</h1>", ""), nil, gateway),
		wrong("status/outage", faulty.HTML(down, "<h1>503 Service Temporarily Unavailable</h1>", ""), nil, is(unavailable, loginwatch.ReasonGateway, advice.VendorOrUs, loginwatch.SignPage)),
		wrong("status/504", answer("504 Gateway Timeout", "", ""), nil, gateway),
		wrong("status/599", answer("599 Nothing", "", unknown), nil, vendors),
		wrong("status/999", answer("999 Denied", "", unknown), nil, status, "999"),
		wrong("status/throttle", asks(tooMany, "60"), nil, limit, "waits 1m0s"),
		wrong("status/throttle-no-wait", answer(tooMany, "", unknown), nil, limit),
		wrong("status/throttle-garbage", asks(tooMany, "soon"), nil, limit),
		wrong("status/throttle-negative", asks(tooMany, "-5"), nil, limit),
		wrong("status/throttle-huge", asks(tooMany, "99999999999999999999"), nil, limit, "waits 24h0m0s"),
		wrong("status/throttle-html", faulty.HTML(tooMany, "slow down", "Retry-After: 7\r\n"), nil, limit, "waits 7s"),
		wrong("status/throttle-cut", answer(tooMany, "Retry-After: 9\r\nContent-Length: 99\r\n", "{"), nil, limit, "waits 9s"),
		wrong("status/503-wait-date", dated, nil, vendors, "waits 5m0s"),
		wrong("status/503-wait-past", asks(down, "Thu, 01 Jan 1970 00:00:00 GMT"), nil, vendors),
		wrong("status/503-wait-huge", asks(down, "Fri, 31 Dec 9999 23:59:59 GMT"), nil, vendors, "waits 24h0m0s"),
	}
}

// altering changes the example's one operation.
func altering(change func(*loginwatch.Operation)) arrangement {
	return func(t *testing.T, _ *vendor, j *loginwatch.Job) context.Context {
		change(j.Probe.Subject().Case.Operation)
		return t.Context()
	}
}
