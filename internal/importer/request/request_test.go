package request

import (
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/importer"
)

// TestTidy has what is left out of a request, and what stays.
func TestTidy(t *testing.T) {
	for headers, want := range map[string]string{
		"Accept: */*|Accept-Language: en|Cache-Control: no-cache":                    "",
		"Sec-Fetch-Mode: cors|sec-ch-ua: x|:authority: a|DNT: 1":                     "",
		"authority: a.example|method: POST|path: /a|scheme: https|version: HTTP/1.1": "",
		"authority: localhost:80|Path: /|Version: http/2.0":                          "",
		"Authority: bank|Method: sms|Path: a|Scheme: basic|Version: 2021-07-28":      "Authority|Method|Path|Scheme|Version",
		"Accept: application/json|X-Api-Key: k|Accept-Charset: utf-8":                "Accept|X-Api-Key|Accept-Charset",
		"User-Agent: Mozilla/5.0 (X11)|Host: a|Content-Length: 4":                    "",
		"User-Agent: PostmanRuntime/7.1|Postman-Token: 1|Accept-Encoding: gzip":      "",
		"User-Agent: acme-client/2":                                                  "User-Agent",
		"Origin: https://a|Referer: https://a/":                                      "",
		"Origin: https://a|Referer: https://a/|Cookie: sid=1":                        "Origin|Referer|Cookie",
		"Authorization: Bearer x":                                                    "Authorization",
		"Authorization: Basic YTpi":                                                  "basic a b",
		"authorization: basic YTpiOmM=":                                              "basic a b:c",
		"Authorization: Basic bm8gY29sb24=":                                          "Authorization",
		"Authorization: Basic ?":                                                     "Authorization",
		"Authorization: Basic /zo=":                                                  "Authorization",
	} {
		r := importer.Request{}
		for header := range strings.SplitSeq(headers, "|") {
			at := strings.LastIndex(header[:strings.Index(header, ": ")+1], ":")
			r.Headers = append(r.Headers, importer.Field{Name: header[:at], Value: importer.Plain(header[at+2:])})
		}
		all := len(r.Headers)
		left := Tidy(&r)
		var got []string
		for _, h := range r.Headers {
			got = append(got, h.Name)
		}
		if r.Basic != nil {
			got = append(got, "basic "+r.Basic.User.Texts[0]+" "+r.Basic.Password.Texts[0])
		}
		if strings.Join(got, "|") != want || left+len(got) != all {
			t.Errorf("%s: %q, %d left out", headers, got, left)
		}
	}
}
