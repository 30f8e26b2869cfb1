package draft_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/draft"
)

// page is an answer of a site for people.
func page(status int, text string, headers ...string) func(*importer.Exchange) {
	return func(e *importer.Exchange) {
		answer(status, text, headers...)(e)
		e.Answers[len(e.Answers)-1].ContentType = "text/html; charset=utf-8"
	}
}

// A refusal whose status is that of a success means no success, in whatever order both
// were recorded.
func TestRefusedLikeASuccess(t *testing.T) {
	right, wrong := form("username", mail, "password", password), form("username", mail, "password", "Not-the-1-password")
	cookie := func(value string) string { return "sid=" + value + "; Path=/; HttpOnly" }
	for name, tt := range map[string]struct {
		well, refused func(*importer.Exchange)
		says          []string
		means         string
	}{
		"a redirect back":                  {page(302, "", "Location", "/home", "Set-Cookie", cookie(session)), page(302, "", "Location", "/login"), []string{`{prefix: /login}`}, "rejected"},
		"a redirect back with a cookie":    {page(302, "", "Location", "/home", "Set-Cookie", cookie(session)), page(303, "", "Location", host+"/login/", "Set-Cookie", cookie("anonymous-0011223344")), nil, "rejected"},
		"a redirect with a word":           {page(302, "", "Location", "/", "Set-Cookie", cookie(session)), page(302, "", "Location", host+"/?loginFailed=1&u="+mail, "Set-Cookie", cookie("anonymous-0011223344")), []string{`{prefix: "/?loginFailed"}`, `"header:Location": /`}, "rejected"},
		"a longer way than that of a user": {page(302, "", "Location", "/login?next=home", "Set-Cookie", cookie(session)), page(302, "", "Location", "/login?error"), []string{`{prefix: "/login?error"}`}, "rejected"},
		"a redirect to somewhere":          {page(302, "", "Location", "/home", "Set-Cookie", cookie(session)), page(302, "", "Location", "/maintenance"), []string{`{prefix: /maintenance}`}, "drift"},
		"the form once more":               {page(302, "", "Location", "/home", "Set-Cookie", cookie(session)), page(200, "<form>"), nil, "rejected"},
		"a body that says no":              {answer(200, `{"success":true,"token":"`+opaque+`"}`), answer(200, `{"success":false,"message":"the password is not correct"}`), []string{`/success: "false"`}, "rejected"},
		"a body with nothing to compare":   {answer(200, `{"token":"`+opaque+`"}`), answer(200, `{"error":{"text":"wrong password"}}`), []string{"/token: {present: true}", "/error/text: {present: true}"}, "rejected"},
		"a second factor":                  {answer(200, `{"status":"SUCCESS","sessionToken":"`+opaque+`"}`), answer(200, `{"status":"MFA_REQUIRED","stateToken":"00`+key+`"}`), []string{"/status: MFA_REQUIRED"}, "drift"},
		"a password that is too old":       {answer(200, `{"result":{"accessToken":"`+opaque+`"}}`), answer(200, `{"challengeName":"NEW_PASSWORD_REQUIRED","session":"00`+key+`"}`), nil, "drift"},
		"a body that asks for more":        {answer(200, `{"status":"done","token":"`+opaque+`"}`), answer(200, `{"status":"second_factor"}`), []string{`/status: second_factor`}, "drift"},
	} {
		t.Run(name, func(t *testing.T) {
			first, second := at("POST", host+"/login", right, tt.well), at("POST", host+"/login", wrong, tt.refused)
			for _, calls := range [][]importer.Exchange{{first, second}, {second, first}} {
				d, err := draft.Make(&importer.Recording{Exchanges: calls}, draft.Options{Vendor: "acme", Check: func(files []draft.File) error { return app.TryDraft(t.Context(), "acme", "mypack", files) }})
				if err != nil {
					t.Fatal(err)
				}
				shown := told(d)
				for _, s := range append(tt.says, "means: "+tt.means) {
					if !strings.Contains(shown, s) {
						t.Errorf("it does not say %q", s)
					}
				}
				if strings.Count(shown, "means: ok") != 1 || strings.Contains(shown, "no token was recognised") {
					t.Error("not one answer is the success, with its token")
				}
				if narrow, wide := strings.Index(shown, "?error}"), strings.Index(shown, "prefix: /login}"); narrow > wide && wide > 0 {
					t.Error("an outcome that takes all is before one that takes some")
				}
				if t.Failed() {
					t.Fatal(shown)
				}
			}
		})
	}
}

// The same, where nothing else was recorded: the draft claims no success that it has not seen.
func TestRefusedAlone(t *testing.T) {
	for _, refused := range []func(*importer.Exchange){page(302, "", "Location", "/login?error=1"), answer(200, `{"error":"invalid_credentials"}`)} {
		d, err := draft.Make(&importer.Recording{Exchanges: []importer.Exchange{at("POST", host+"/login", form("username", mail, "password", password), refused)}}, draft.Options{Vendor: "acme"})
		if err != nil {
			t.Fatal(err)
		}
		if shown := told(d); !strings.Contains(shown, "means: rejected") || !strings.Contains(shown, "no successful answer to POST /login is known") {
			t.Error(shown)
		}
	}
}

// What refuses a login is no success, whatever its status says, and in whatever order it
// was seen; it is told from one by what it says.
func TestRefusalsWithStatus200(t *testing.T) {
	const ok = `"token":"` + opaque + `"`
	for name, tc := range map[string]struct{ given, refused, means string }{
		"a switch":             {`{"success":true,"data":{` + ok + `}}`, `{"success":false,"data":null,"message":"Invalid password"}`, "rejected"},
		"a code":               {`{"code":0,` + ok + `}`, `{"code":1001,"msg":"bad credentials"}`, "rejected"},
		"a status":             {`{"status":"ok",` + ok + `}`, `{"status":"error","message":"Invalid password"}`, "rejected"},
		"a type":               {`{"type":"session",` + ok + `}`, `{"type":"problem","title":"Unauthorized"}`, "rejected"},
		"no word of why":       {`{"status":"SUCCESS",` + ok + `}`, `{"status":"MFA","retry":3}`, "drift"},
		"a member of its own":  {`{` + ok + `}`, `{"error":"invalid_grant"}`, "rejected"},
		"errors of GraphQL":    {`{"data":{"login":{` + ok + `}}}`, `{"data":null,"errors":[{"message":"bad"}]}`, "drift"},
		"an error of JSON-RPC": {`{"jsonrpc":"2.0","id":1,"result":"` + opaque + `"}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"Access denied"}}`, "drift"},
		"a word of a code":     {`{"h":{"code":0},` + ok + `}`, `{"h":{"code":20003,"message":"ACCOUNT_OR_PASSWORD_ERROR"}}`, "rejected"},
		"a login that failed":  {`{"done":true,` + ok + `}`, `{"done":false,"text":"Login failed for this account"}`, "rejected"},
		"a word at the end":    {`{"errcode":0,` + ok + `}`, `{"errcode":-1020,"errmsg":"USER_PASSWD_WRONG"}`, "rejected"},
		"an empty token":       {`{"status":true,` + ok + `}`, `{"status":false,"token":""}`, "drift"},
	} {
		for _, first := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				calls := []importer.Exchange{
					at("POST", host+"/login", body(`{"user":"anna","password":"`+password[:8]+`"}`), answer(200, tc.given)),
					at("POST", host+"/login", body(`{"user":"anna","password":"wrong"}`), answer(200, tc.refused)),
				}
				if !first {
					calls[0], calls[1] = calls[1], calls[0]
				}
				shown := drafted(t, calls...)
				_, outcomes, _ := strings.Cut(shown, "outcomes:")
				outcomes, _, _ = strings.Cut(outcomes, "cases:")
				if strings.Count(outcomes, "means: ok") != 1 || strings.Count(outcomes, "means: "+tc.means) != 1 || strings.Count(outcomes, "where:") != 2 {
					t.Error(outcomes)
				}
			})
		}
	}
}

// A body that says no is no success where it stands alone, either.
func TestBodiesThatSayNo(t *testing.T) {
	for _, refused := range []string{
		`{"success":false,"message":"Invalid password"}`, `{"ok":false}`, `{"error":"invalid_grant"}`, `{"errors":[{"message":"bad"}]}`, `{"error":{"code":-32000}}`, `{"authenticated":"false"}`,
	} {
		shown := drafted(t, at("POST", host+"/login", body(`{"password":"x17"}`), answer(200, refused)))
		if !strings.Contains(shown, "no successful answer to POST /login is known") {
			t.Errorf("%s is taken for a success:\n%s", refused, shown)
		}
	}
	for _, given := range []string{`{"error":null,"id":7}`, `{"errors":[],"id":7}`, `{"error":"","id":7}`, `{"error":0,"id":7}`, `{"error":false,"success":true}`, `{"error":"none","token":"` + opaque + `"}`} {
		shown := drafted(t, at("POST", host+"/login", body(`{"password":"x17"}`), answer(200, given)))
		if strings.Contains(shown, "no successful answer") {
			t.Errorf("%s is taken for a refusal:\n%s", given, shown)
		}
	}
}

// A code or a PIN that was tried in vain may be a number that drafts have, too: in a UUID,
// or for a demo.
func TestTriedNumbers(t *testing.T) {
	for right, wrong := range map[string]string{"482911": "000000", "482912": "123456", "000000": "482913", "123456": "000000"} {
		login := func(code string) func(*importer.Exchange) {
			return body(`{"user":"anna","password":` + quoted(password) + `,"totp":"` + code + `"}`)
		}
		shown := drafted(t,
			at("POST", host+"/login", login(right), answer(200, `{"token":"`+opaque+`","session_state":"3c7b4f0e-2b1a-4c3d-8e9f-0a1b2c3d4e5f","opened":"2026-01-02T07:58:00","seen":"2026-01-03 09:00:00.123"}`)),
			at("POST", host+"/login", login(wrong), answer(401, `{"error":"no"}`)))
		if !strings.Contains(shown, "totp: \"${totp}\"") || strings.Contains(shown, "4829") || !strings.Contains(shown, `"2026-01-02T07:58:00"`) || !strings.Contains(shown, `"2026-01-03 09:00:00.123"`) {
			t.Error(shown)
		}
	}
}

// A login says when it was sent, and its answer about the same time. What is sent back
// against forgery is no token where a cookie is the session.
func TestTimesOfLogins(t *testing.T) {
	shown := drafted(t,
		at("POST", host+"/login", form("account", mail, "password", password, "ts", "1767225600"),
			answer(200, `{"t":1767225600123,"csrf":"`+opaque+`","user":"x"}`, "Set-Cookie", "PHPSESSID="+session+"; path=/")),
		at("GET", host+"/me", header("Cookie", "PHPSESSID="+session), header("X-CSRF", opaque), answer(200, `{"ok":true}`)))
	if !strings.Contains(shown, "ts: \"${ts}\"") || !strings.Contains(shown, "at: \"cookie:PHPSESSID\"") || !strings.Contains(shown, `X-CSRF: {value: "${csrf}"`) {
		t.Error(shown)
	}
}

// An answer that knows no such user refuses the credential, whatever its status; a path that
// is not there says nothing of one.
func TestUnknownUsers(t *testing.T) {
	for said, means := range map[string]string{
		`{"error":"USER_NOT_FOUND"}`: "rejected", `{"message":"User bjones does not exist"}`: "rejected", `{"detail":"No such user"}`: "rejected",
		`{"code":"ACCOUNT_UNKNOWN"}`: "rejected", `{"title":"Account 'b-17' was not found"}`: "rejected", `{"error":"Not Found","path":"/login"}`: "drift",
	} {
		shown := drafted(t, at("POST", host+"/login", body(`{"user":"bjones","password":"x17"}`), answer(404, said)))
		if !strings.Contains(shown, "means: "+means) {
			t.Errorf("%s does not mean %s:\n%s", said, means, shown)
		}
	}
}

func TestLogouts(t *testing.T) {
	for call, is := range map[string]bool{
		"POST /v1/log-out": true, "GET /accounts/SignOut": true, "POST /connect/endsession": true, "DELETE /api/logon": true, "DELETE /login": true,
		"DELETE /v1/sessions/current": true, "POST /v1/bye Log out": true, "POST /session/end": true, "POST /sign_off": true, "DELETE /orders": false, "POST /catalog/outlet": false, "POST /api/logon/again": false,
	} {
		method, path, _ := strings.Cut(call, " ")
		path, called, _ := strings.Cut(path, " ")
		bears := header("Authorization", "Bearer "+opaque)
		d, err := draft.Make(&importer.Recording{Exchanges: []importer.Exchange{
			at("POST", host+"/v1/enter", body(`{"email":`+quoted(mail)+`,"password":`+quoted(password)+`}`), answer(200, `{"token":"`+opaque+`"}`)),
			at(method, host+path, bears, page(302, "", "Location", "/bye"), func(e *importer.Exchange) { e.Name = called }),
		}}, draft.Options{Vendor: "acme"})
		if err != nil {
			t.Fatal(err)
		}
		shown := told(d)
		if found := strings.Contains(shown, "role: cleanup"); found != is {
			t.Errorf("%s is a logout: %v, not %v", call, found, is)
		}
		if is && (strings.Contains(shown, "means: drift") || !strings.Contains(shown, "{prefix: /bye}")) {
			t.Errorf("the page after %s is not where it leads:\n%s", call, shown)
		}
	}
}

// A page that polls its login is no reason to wait for minutes, and its success may be the last.
func TestManyAlike(t *testing.T) {
	const n = 3000
	var calls []importer.Exchange
	for i := range n {
		calls = append(calls, at("POST", host+"/login", body(fmt.Sprintf(`{"email":%q,"password":"Wrong-&-%d"}`, mail, i)), answer(401, fmt.Sprintf(`{"error":"no","n":%d}`, i))))
	}
	calls = append(calls, at("POST", host+"/login", body(`{"email":`+quoted(mail)+`,"password":`+quoted(password)+`}`), answer(200, `{"token":"`+opaque+`"}`)))
	d, err := draft.Make(&importer.Recording{Exchanges: calls}, draft.Options{Vendor: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	if shown := told(d); !strings.Contains(shown, "at: /token") || !strings.Contains(shown, "POST /login was called 3001 times: 50 of them are looked at") {
		t.Error(shown)
	}
}

// A client's credentials beside a user's have names of their own, and no name counts what
// is not in the pack.
func TestClientBesideUser(t *testing.T) {
	login := func(user, client string, more ...func(*importer.Exchange)) importer.Exchange {
		return at("POST", host+"/token", append(more, basic("acme-client-77", client), form("grant_type", "password", "username", mail, "password", user))...)
	}
	d, err := draft.Make(&importer.Recording{Exchanges: []importer.Exchange{
		login(password, key, answer(200, `{"access_token":"`+opaque+`","refresh_token":"`+device+`"}`)),
		login("Not-the-1-password", key, answer(400, `{"error":"invalid_grant"}`)), login(password, "not-the-2-key", answer(401, `{"error":"invalid_client"}`)),
		at("POST", host+"/token", basic("acme-client-77", key), form("grant_type", "refresh_token", "refresh_token", device), answer(200, `{"access_token":"`+opaque+`"}`)),
	}}, draft.Options{Vendor: "acme", Calls: []string{"POST /token", "POST /token"}})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range d.Secrets {
		names = append(names, s.Name)
	}
	shown := told(d)
	for _, s := range []string{`of: ["${client_id}", "${client_secret}"]`, `username: "${username}"`, `password: "${password}"`, `refresh_token: "${refresh_token}"`, "role: follow-up"} {
		if !strings.Contains(shown, s) {
			t.Errorf("it does not say %q", s)
		}
	}
	if strings.Contains(shown, "_2") || strings.Contains(shown, "not-the-2-key") || strings.Contains(shown, "Not-the-1-password") {
		t.Error(names)
	}
	if t.Failed() {
		t.Log(shown)
	}
}
