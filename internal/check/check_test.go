package check_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
	"github.com/loginwatch/loginwatch/internal/pack"
)

func embedded(t testing.TB) *pack.Catalog {
	t.Helper()
	c, problems := pack.Load(pack.Options{}, pack.Source{FS: loginwatch.Embedded})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

// instant is when every exchange of these tests took place.
var instant = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func signed(claims string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + enc([]byte(claims)) + "." + enc([]byte("not a real signature, 32 bytes.."))
}

// The answers that people argue about, and what is decided about each.
func TestJudgeDecisions(t *testing.T) {
	exp := instant.Add(20 * time.Minute).Unix()
	netxd := fmt.Sprintf(`{"authResponse":{"userName":"a","JWT":%q,"expirationTime":%d,"qrToken":"q","ip":"1.2.3.4","type":"ADMIN",
		"lastLoginTime":"2026-11-21T08:12:41.494Z","lastLoginIp":"1.2.3.4","otpEnabled":false},"userRoles":"R"}`,
		signed(fmt.Sprintf(`{"exp":%d,"Roles":[{"name":"n","role":"R"}]}`, exp)), exp)
	const (
		jsonType = "application/json"
		signzyOK = `{"id":"abcdef","ttl":1209600,"created":"2026-11-21T11:59:59.000Z","userId":"5e"}`
		payhubOK = `{"responseCode":200,"responseMessage":"Success","responseData":{"token":"t0k3n","apiKey":"k","expiry":"3600"}}`
	)
	konsign := fmt.Sprintf(`{"statuscode":"200","status":true,"Token":%q}`,
		signed(fmt.Sprintf(`{"iat":%d,"exp":%d}`, instant.Unix(), instant.Add(24*time.Hour).Unix())))
	replace := strings.NewReplacer

	tests := []struct {
		name, vendor, id string
		status           int
		contentType      string
		body             string
		want             string // verdict reason outcome
		findings         []string
		refused          bool
	}{
		{name: "as documented", vendor: "signzy-ezkra", status: 200, contentType: jsonType, body: signzyOK, want: "ok  success"},
		{name: "charset parameter", vendor: "signzy-ezkra", status: 200, contentType: "application/json; charset=utf-8", body: signzyOK, want: "ok  success"},
		{name: "+json suffix", vendor: "signzy-ezkra", status: 200, contentType: "application/vnd.api+json", body: signzyOK, want: "ok  success"},
		{name: "JSON as text", vendor: "signzy-ezkra", status: 200, contentType: "text/plain", body: signzyOK, want: "drift content-type ", findings: []string{"breaking content-type "}},
		{name: "JSON without a content type", vendor: "signzy-ezkra", status: 200, body: signzyOK, want: "drift content-type ", findings: []string{"breaking content-type "}},
		{name: "digits for ttl", vendor: "signzy-ezkra", status: 200, contentType: jsonType, body: replace("1209600", `"1209600"`).Replace(signzyOK),
			want: "ok  success", findings: []string{"tolerated type /ttl"}},
		{name: "other text for ttl", vendor: "signzy-ezkra", status: 200, contentType: jsonType, body: replace("1209600", `"two weeks"`).Replace(signzyOK),
			want: "drift contract success", findings: []string{"breaking type /ttl"}},
		{name: "extra field", vendor: "signzy-ezkra", status: 200, contentType: jsonType, body: replace(`"ttl"`, `"scope":"x","ttl"`).Replace(signzyOK),
			want: "ok  success", findings: []string{"additive extra /scope"}},
		{name: "shorter lifetime", vendor: "signzy-ezkra", status: 200, contentType: jsonType, body: replace("1209600", "3600").Replace(signzyOK),
			want: "ok  success", findings: []string{"tolerated token-lifetime /ttl"}},
		{name: "empty token", vendor: "signzy-ezkra", status: 200, contentType: jsonType, body: replace("abcdef", "").Replace(signzyOK),
			want: "drift token success", findings: []string{"breaking token-missing /id"}},
		{name: "white space in the token", vendor: "signzy-ezkra", status: 200, contentType: jsonType, body: replace("abcdef", "abc def").Replace(signzyOK),
			want: "drift token success", findings: []string{"breaking token-form /id"}},
		{name: "a number that no consumer can hold", vendor: "signzy-ezkra", status: 200, contentType: jsonType, body: replace("1209600", "1e400").Replace(signzyOK),
			want: "drift contract ", findings: []string{"breaking value /ttl"}},
		{name: "trailing page", vendor: "signzy-ezkra", status: 200, contentType: jsonType, body: signzyOK + "<html></html>",
			want: "drift not-json ", findings: []string{"breaking not-json "}},
		{name: "cut short", vendor: "signzy-ezkra", status: 200, contentType: jsonType, body: signzyOK[:40],
			want: "drift not-json ", findings: []string{"breaking truncated "}},
		{name: "duplicate key", vendor: "signzy-ezkra", status: 200, contentType: jsonType, body: replace(`"ttl"`, `"id":"x","ttl"`).Replace(signzyOK),
			want: "drift contract ", findings: []string{"breaking duplicate-key /id"}},
		{name: "empty body", vendor: "signzy-ezkra", status: 200, contentType: jsonType, want: "drift not-json ", findings: []string{"breaking not-json "}},
		{name: "redirect with a fine body", vendor: "signzy-ezkra", status: 302, contentType: jsonType, body: signzyOK, want: "drift redirect ", findings: []string{"breaking redirect "}},
		{name: "documented refusal", vendor: "signzy-ezkra", status: 401, contentType: jsonType, refused: true,
			body: `{"error":{"statusCode":401,"name":"Error","message":"login failed","code":"LOGIN_FAILED"}}`, want: "rejected credential login-failed"},
		{name: "a 401 without the documented discriminator", vendor: "signzy-ezkra", status: 401, contentType: jsonType, refused: true,
			body: `{"error":{"statusCode":401,"name":"Error","message":"no","code":"OTHER"}}`, want: "drift http-status ",
			findings: []string{"breaking status ", "breaking value /error/code"}},
		{name: "documented gateway page with nginx footer", vendor: "signzy-ezkra", status: 502, contentType: "text/html",
			body: "<html><head><title>502 bad gateway</title></head><hr><center>nginx</center></html>", want: "unavailable gateway bad-gateway"},
		{name: "undocumented 500", vendor: "signzy-ezkra", status: 500, contentType: jsonType, body: `{}`, want: "unavailable http-5xx "},
		{name: "undocumented 503 page", vendor: "signzy-ezkra", status: 503, contentType: "text/html", body: `<html>`, want: "unavailable gateway "},
		{name: "undocumented 429", vendor: "signzy-ezkra", status: 429, want: "throttled rate-limit "},
		{name: "documented answer that was not due", vendor: "signzy-ezkra", status: 400, contentType: jsonType,
			body: `{"error":{"statusCode":400,"name":"SyntaxError","message":"m"}}`, want: "drift http-status syntax-error", findings: []string{"breaking status "}},
		{name: "success with another status", vendor: "signzy-ezkra", status: 201, contentType: jsonType, body: signzyOK, want: "drift http-status ", findings: []string{"breaking status "}},
		{name: "unknown user let in", vendor: "signzy-ezkra", id: "unknown-user", status: 200, contentType: jsonType, body: signzyOK,
			want: "drift http-status success", findings: []string{"breaking status "}},
		{name: "refusal that was due", vendor: "signzy-ezkra", id: "unknown-user", status: 401, contentType: jsonType,
			body: `{"error":{"statusCode":401,"name":"Error","message":"login failed","code":"LOGIN_FAILED"}}`, want: "ok  login-failed"},

		{name: "public refusal without a body", vendor: "leadsquared-portal", status: 401, want: "rejected credential unauthorized", refused: true},
		{name: "400 may be a wrong password", vendor: "leadsquared-portal", status: 400, want: "drift http-status bad-request",
			findings: []string{"breaking status "}, refused: true},
		{name: "500 for a wrong password", vendor: "leadsquared-portal", id: "wrong-password", status: 500, contentType: jsonType,
			body: `{"Status":"Error","ExceptionType":"E","ExceptionMessage":"m"}`, want: "ok  server-error"},

		{name: "netxd as documented", vendor: "netxd", status: 200, contentType: jsonType, body: netxd, want: "ok  success"},
		{name: "nothing documented and a 401", vendor: "netxd", status: 401, want: "rejected credential ", findings: []string{"tolerated status "}, refused: true},
		{name: "nothing is promised for malformed JSON", vendor: "netxd", id: "malformed-json", status: 400, contentType: "text/plain", body: "bad",
			want: "ok  ", findings: []string{"tolerated status "}},
		{name: "a token for malformed JSON", vendor: "netxd", id: "malformed-json", status: 200, contentType: jsonType, body: netxd, want: "drift http-status success",
			findings: []string{"breaking status "}},
		{name: "roles in the wrong place", vendor: "netxd", status: 200, contentType: jsonType,
			body: replace(`},"userRoles":"R"}`, `,"userRoles":"R"}}`).Replace(netxd), want: "ok  success", findings: []string{"tolerated missing /userRoles"}},
		{name: "first login", vendor: "netxd", status: 200, contentType: jsonType, body: replace(`"2026-11-21T08:12:41.494Z"`, "null").Replace(netxd),
			want: "ok  success", findings: []string{"tolerated type /authResponse/lastLoginTime"}},
		{name: "roles differ from the claim", vendor: "netxd", status: 200, contentType: jsonType, body: replace(`"userRoles":"R"`, `"userRoles":"S"`).Replace(netxd),
			want: "drift token success", findings: []string{"breaking token-mismatch /userRoles"}},

		{name: "konsign as documented", vendor: "konsign", status: 200, contentType: jsonType, body: konsign, want: "ok  success"},
		{name: "number for statuscode, small token", vendor: "konsign", status: 200, contentType: jsonType,
			body: replace(`"200"`, `200`, `"Token"`, `"token"`).Replace(konsign), want: "ok  success",
			findings: []string{"tolerated missing /Token", "tolerated type /statuscode"}},
		{name: "refusal inside a 200", vendor: "konsign", status: 200, contentType: jsonType, body: `{"statuscode":"401","status":false}`,
			want: "rejected credential session-expired", refused: true},
		{name: "system error inside a 200", vendor: "konsign", status: 200, contentType: jsonType, body: `{"statuscode":"500","status":false}`,
			want: "unavailable application-error system-error"},
		{name: "conflict inside a 200", vendor: "konsign", status: 200, contentType: jsonType, body: `{"statuscode":"409","status":false}`,
			want: "drift application-error conflict", findings: []string{"breaking value /statuscode"}},
		{name: "undocumented code", vendor: "konsign", status: 200, contentType: jsonType, body: `{"statuscode":"418","status":false}`,
			want: "drift application-error ", findings: []string{"breaking value /statuscode"}},

		{name: "payhub as documented", vendor: "payhub-link", status: 200, contentType: jsonType, body: payhubOK, want: "ok  success"},
		{name: "number for expiry", vendor: "payhub-link", status: 200, contentType: jsonType, body: replace(`"3600"`, `3600`).Replace(payhubOK),
			want: "ok  success", findings: []string{"tolerated type /responseData/expiry"}},
		{name: "longer than documented", vendor: "payhub-link", status: 200, contentType: jsonType, body: replace(`"3600"`, `"7200"`).Replace(payhubOK),
			want: "ok  success", findings: []string{"tolerated token-lifetime /responseData/expiry"}},
		{name: "refusal with the same code", vendor: "payhub-link", status: 404, contentType: jsonType, refused: true,
			body: `{"responseCode":404,"responseMessage":"Please provide valid user details"}`, want: "rejected credential invalid-email"},
		{name: "refusal with 401", vendor: "payhub-link", status: 401, contentType: jsonType, refused: true,
			body: `{"responseCode":405,"responseMessage":"Please provide valid password"}`, want: "rejected credential invalid-password",
			findings: []string{"tolerated status "}},
		{name: "a router's bare 404", vendor: "payhub-link", status: 404, contentType: "text/plain", body: "404 page not found",
			want: "drift http-status ", findings: []string{"breaking status ", "breaking content-type ", "breaking not-json "}},
		{name: "a router's bare 405", vendor: "payhub-link", status: 405, want: "drift http-status ", findings: []string{"breaking status ", "breaking not-json "}},
	}
	catalog := embedded(t)
	for _, tt := range tests {
		t.Run(tt.vendor+"/"+tt.name, func(t *testing.T) {
			c := catalog.Contract(tt.vendor)
			k := c.Case("valid-credentials")
			if tt.id != "" {
				k = c.Case(tt.id)
			}
			x := &loginwatch.Exchange{Status: tt.status, Header: http.Header{}, Body: []byte(tt.body), Finished: instant}
			if tt.contentType != "" {
				x.Header.Set("Content-Type", tt.contentType)
			}
			j := check.Judge(check.Input{Contract: c, Case: k, Exchange: x, Key: []byte("key")})
			if got := fmt.Sprintf("%s %s %s", j.Verdict, j.Reason, j.Outcome); got != tt.want {
				t.Errorf("judged %q, want %q", got, tt.want)
			}
			var findings []string
			for _, f := range j.Findings {
				findings = append(findings, fmt.Sprintf("%s %s %s", f.Class, f.Kind, f.Pointer))
				if f.Documented == "" || f.Got == "" || f.Contract == "" || f.Document == "" || f.Quote == "" || f.Fingerprint == "" {
					t.Errorf("incomplete finding: %+v", f)
				}
			}
			if diff := cmp.Diff(tt.findings, findings); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if j.RefusedCredential != tt.refused {
				t.Errorf("refused credential: %v, want %v", j.RefusedCredential, tt.refused)
			}
		})
	}
}
