package check_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
)

// What got says of a body that can't be read: what it is, whose limit it
// breaks, and never that something is broken which may be right.
func TestJudgeSaysWhatAnUnreadableBodyIs(t *testing.T) {
	const login = `{"id":"abcdef","ttl":1209600,"created":"2026-11-21T11:59:59.000Z","userId":"5e"}`
	wide := func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			b.Write([]byte{c, 0})
		}
		return b.String()
	}
	c := small(t).Contract("framework")
	for _, tt := range []struct {
		name, coding, body, want string
		refusal                  loginwatch.Refusal
	}{
		{"brotli", "br", "x", "drift contract encoding: content encoding br (brotli), which loginwatch neither reads nor asks for", "possible"},
		{"zstd", "zstd", "x", "drift contract encoding: content encoding zstd, which loginwatch neither reads nor asks for", "possible"},
		{"zlib", "deflate", "x", "drift contract encoding: content encoding deflate (zlib), which loginwatch neither reads nor asks for", "possible"},
		{"two", "gzip, br", "x", "drift contract encoding: several content encodings in a row, which loginwatch does not read", "possible"},
		{"another", "s3cret", "x", "drift contract encoding: a content encoding that loginwatch does not know, and did not ask for", "possible"},
		{"no gzip", "gzip", login, "drift contract encoding: a body that is no gzip, though Content-Encoding says so", "possible"},
		{"cut gzip", "gzip", "\x1f\x8b\x08\x00", "drift contract encoding: gzip that ends early or is damaged", "possible"},
		{"gzip in secret", "", "\x1f\x8b\x08\x00\x00", "drift contract encoding: a compressed body without a Content-Encoding", "possible"},
		{"gzip in gzip", "gzip", zipped(zipped(login)), "drift contract encoding: a body that was compressed twice, though Content-Encoding says gzip once", "possible"},
		{"blanks without an end in gzip", "gzip", zipped(strings.Repeat(" ", 1<<20) + login), "drift body-too-large truncated: more than the 256 KiB that loginwatch reads", "possible"},
		{"UTF-16 behind a blank", "", wide(" " + login), "drift contract encoding: UTF-16 instead of UTF-8", "possible"},
		{"a mark", "", "\ufeff" + login, "drift contract encoding: a byte order mark (BOM) before the text", ""},
		{"UTF-16", "", "\xff\xfe" + wide(login), "drift contract encoding: UTF-16 instead of UTF-8", "possible"},
		{"UTF-16 without a mark", "", wide(login), "drift contract encoding: UTF-16 instead of UTF-8", "possible"},
		{"Latin-1", "", strings.Replace(login, "5e", "\xe9", 1), "drift contract encoding: a one-byte character set such as Latin-1 (ISO 8859-1) instead of UTF-8", "possible"},
		{"half a pair", "", strings.Replace(login, "5e", `\ud800`, 1), "drift contract encoding: half of a surrogate pair, which is no character", "possible"},
		{"no text", "", `{"id":"` + "\xff\x80" + `",}`, "drift contract encoding: bytes that are no UTF-8", "possible"},
		{"cut behind the token", "", login[:30], "drift not-json truncated: JSON that ends unfinished after 30 bytes", "possible"},
		{"cut before the token", "", `{"ttl":1209600,"id":`, "drift not-json truncated: JSON that ends unfinished after 20 bytes", "possible"},
		{"a page behind it", "", login + "<html>", fmt.Sprintf("drift not-json not-json: JSON with more data after it, from byte %d of %d", len(login), len(login)+6), "possible"},
		{"no JSON", "", `{"id":"abcdef",ttl:1}`, "drift not-json not-json: 21 bytes that begin like JSON and are none from byte 15", "possible"},
		{"no token", "", `{"id":"",ttl:1}`, "drift not-json not-json: 15 bytes that begin like JSON and are none from byte 9", "possible"},
		{"twice", "", `{"id":"a","id":"b"}`, "drift contract duplicate-key: a member that stands there twice", "possible"},
		{"too deep", "", strings.Repeat("[", 40) + strings.Repeat("]", 40), "drift contract value: nested deeper than the 32 levels that loginwatch reads", "possible"},
		{"too long", "", `{"ttl":` + strings.Repeat("1", 50) + `}`, "drift contract value: a number longer than the 40 characters that loginwatch reads", "possible"},
		{"too many", "", "[" + strings.Repeat("1,", 21000) + "1]", "drift contract value: more than the 10000 values that loginwatch reads", "possible"},
		{"out of range", "", `{"ttl":1e999}`, "drift contract value: a number that no consumer can hold", "possible"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := &loginwatch.Exchange{Status: 200, Finished: instant, Body: []byte(tt.body), Header: http.Header{
				"Content-Type": {"application/json"}, "Content-Encoding": {tt.coding},
			}}
			j := check.Judge(check.Input{Contract: c, Case: c.Case("valid-credentials"), Exchange: x})
			got := fmt.Sprintf("%s %s", j.Verdict, j.Reason)
			for _, f := range j.Findings {
				got += fmt.Sprintf(" %s: %s", f.Kind, f.Got)
			}
			if got != tt.want || j.Refusal != tt.refusal {
				t.Errorf("%s\nwant %s\nrefusal %q, want %q", got, tt.want, j.Refusal, tt.refusal)
			}
		})
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // neither fails into memory
	_ = w.Close()
	return b.String()
}

// More than we read is our limit; what was read of it tells nothing for sure.
func TestJudgeTooLarge(t *testing.T) {
	c := small(t).Contract("framework")
	for _, tt := range []struct {
		body, want string
	}{
		{`{"id":"abcdef","pad":"` + strings.Repeat("x", 1000), `drift body-too-large "possible" ""`},
		{`{"pad":"` + strings.Repeat("x", 1000), `drift body-too-large "possible" ""`},
		{strings.Repeat(" ", 1000), `drift body-too-large "possible" ""`},
		{`<html>` + strings.Repeat("x", 1000), `drift body-too-large "possible" "page"`},
	} {
		x := &loginwatch.Exchange{Status: 200, Finished: instant, Body: []byte(tt.body), TooLarge: true, Header: http.Header{}}
		j := check.Judge(check.Input{Contract: c, Case: c.Case("valid-credentials"), Exchange: x})
		if got := fmt.Sprintf("%s %s %q %q", j.Verdict, j.Reason, j.Refusal, j.Sign); got != tt.want || !strings.Contains(j.Findings[0].Got, "256 KiB that loginwatch reads") {
			t.Errorf("%s %q, want %s", got, j.Findings[0].Got, tt.want)
		}
	}
}
