package draft_test

import (
	"strings"
	"testing"
)

// Two answers of one status are told apart by what the next ones of their kind say, too:
// by no time, counter or sentence that counts.
func TestApartByWhatStays(t *testing.T) {
	const ok = `"token":"` + opaque + `"`
	for name, tc := range map[string]struct {
		given, refused string
		says           []string
	}{
		"milliseconds":           {`{"now":1767225600123,` + ok + `}`, `{"now":1767225611123,"msg":"no"}`, []string{"/token: {present: true}", "/msg: {present: true}"}},
		"a date":                 {`{"date":"2026-01-02","level":"full",` + ok + `}`, `{"date":"2026-01-03","level":"none","token":""}`, []string{"/level: full", "/level: none"}},
		"a counter":              {`{"attempt":1,` + ok + `}`, `{"attempt":2,"reason":"nope"}`, []string{"/token: {present: true}", "/reason: {present: true}"}},
		"a sentence that counts": {`{"message":"Session 1 of 5",` + ok + `}`, `{"message":"2 of 5 attempts left","reason":"nope"}`, []string{"/token: {present: true}", "/reason: {present: true}"}},
		"a sentence":             {`{"message":"welcome",` + ok + `}`, `{"message":"no such account"}`, []string{"/message: welcome", "/message: no such account"}},
		"a code":                 {`{"at":1767225600123,"errcode":0,` + ok + `}`, `{"at":1767225611123,"errcode":77}`, []string{`/errcode: "0"`, `/errcode: "77"`}},
	} {
		t.Run(name, func(t *testing.T) {
			shown := drafted(t,
				at("POST", host+"/login", body(`{"user":"anna","password":"`+password[:8]+`"}`), answer(200, tc.given)),
				at("POST", host+"/login", body(`{"user":"anna","password":"wrong"}`), answer(200, tc.refused)))
			for _, s := range tc.says {
				if !strings.Contains(shown, s) {
					t.Errorf("it does not say %q:\n%s", s, shown)
				}
			}
		})
	}
}

// A refusal that was recorded alone is known by what no success says.
func TestApartFromWhatNobodySaw(t *testing.T) {
	for refused, says := range map[string]string{
		`{"code":401,"message":"Invalid password","success":false}`:          `/success: "false"`,
		`{"attemptsLeft":3,"status":"OTP_REQUIRED","token":"00` + key + `"}`: `/status: OTP_REQUIRED`,
		`{"code":7,"error":"invalid_grant","time":1767225611}`:               `/error: {present: true}`,
		`{"code":7,"error":{"code":12,"message":"bad"}}`:                     `/error/code: {present: true}`,
		`{"data":null,"error":"invalid_grant","status":"failed"}`:            `/error: {present: true}`,
		`{"id":1,"ok":false,"error":0,"status":"denied"}`:                    `/ok: "false"`,
	} {
		shown := drafted(t, at("POST", host+"/login", body(`{"password":"x17"}`), answer(200, refused)))
		if !strings.Contains(shown, says) || !strings.Contains(shown, "no successful answer to POST /login is known") {
			t.Errorf("%s does not make %q:\n%s", refused, says, shown)
		}
		if is := strings.Contains(shown, "says that one more step is due"); is != strings.Contains(refused, "REQUIRED") {
			t.Errorf("%s asks for one more step: %v", refused, is)
		}
	}
}
