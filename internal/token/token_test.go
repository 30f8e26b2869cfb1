package token

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/tree"
)

func TestSkew(t *testing.T) {
	for _, c := range []struct {
		server time.Time
		skew   time.Duration
		got    string // "" for no finding
	}{
		{time.Time{}, 0, ""},
		{now, 0, ""},
		{now.Add(30 * time.Second), 30 * time.Second, ""},
		{now.Add(-30 * time.Second), -30 * time.Second, ""},
		{now.Add(31 * time.Second), 31 * time.Second, "31s ahead of ours: one of the two clocks is wrong"},
		{now.Add(-10 * time.Minute), -10 * time.Minute, "10m behind ours: one of the two clocks is wrong"},
		{time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 1<<63 - 1, "2562047h47m16s ahead of ours: one of the two clocks is wrong"},
		{time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), -1 << 63, "2562047h47m16s behind ours: one of the two clocks is wrong"},
	} {
		skew, f := Skew(c.server, now)
		if skew != c.skew || (f != nil) != (c.got != "") {
			t.Errorf("%v: skew %v, finding %v", c.server, skew, f)
			continue
		}
		if f == nil {
			continue
		}
		want := loginwatch.Finding{
			Class: loginwatch.Tolerated, Kind: loginwatch.KindClockSkew,
			Documented: "a Date within 30s of our clock", Got: c.got,
		}
		if *f != want {
			t.Errorf("%v: got %+v", c.server, *f)
		}
	}
}

// TestDigest: the same token gives the same digest under one key, and nothing
// without the key tells which token it was.
func TestDigest(t *testing.T) {
	digest := func(token string, key []byte) string {
		_, facts := Check(Input{
			Token: &loginwatch.Token{At: "/token", Form: loginwatch.TokenOpaque}, Now: now, Key: key,
			Lookup: func(loginwatch.Place) (any, bool) { return token, true },
		})
		return facts.Digest
	}
	a := digest("token-a", key)
	if len(a) != 64 || a != digest("token-a", key) || a == digest("token-b", key) || a == digest("token-a", []byte("another")) {
		t.Error("the digest does not tell tokens and keys apart")
	}
}

// What programs write for nothing is no token, nor is what can't be seen or is no string.
func TestUsable(t *testing.T) {
	for _, v := range []any{
		nil, true, false, json.Number("0"), json.Number("0.0"), json.Number("-1"), json.Number("7"), []any{}, []any{""}, []any{nil}, []any{"k"},
		map[string]any{}, map[string]any{"a": nil}, "", " ", "\t\n", "\u00a0", "\u200b", "\ufeff", "\u2800", "\u3164", "null", " NULL ", "undefined", "None", "nil",
		"<nil>", "(null)", "-", "--", "***", "false", "True", "0", "-1", "NaN", "N/A", `""`, "{}", "[]", "[object Object]", "\u200bnull\ufeff",
	} {
		if text, ok := Usable(v); ok || text != "" {
			t.Errorf("%#v is a token: %q", v, text)
		}
	}
	for _, v := range []string{"k", "7", "nullable", "t0k3n-none", "é", "a b", "-k-", "0.", "..."} {
		if text, ok := Usable(v); !ok || text != v {
			t.Errorf("%q is no token, but %q", v, text)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Second / 3: "0s", -90 * time.Second: "-1m30s", 20 * time.Minute: "20m", time.Hour: "1h",
		10*time.Hour + 20*time.Minute: "10h20m", time.Hour + 5*time.Second: "1h0m5s", 336 * time.Hour: "336h",
	} {
		if got := span(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
}

// everything is a contract that states all that can be stated.
func everything(form loginwatch.TokenForm, fromBody bool) *loginwatch.Token {
	t := &loginwatch.Token{
		At: "/token", Form: form, Algorithms: []string{"HS256"}, Issued: "/created",
		Lifetime: &loginwatch.Lifetime{Unit: time.Second, Documented: time.Hour, Fixed: true},
		Matches:  []loginwatch.ClaimMatch{{At: "/exp", Claim: "/exp"}, {At: "/roles", Claim: "/roles/*/role", Join: ","}},
	}
	if fromBody {
		t.Lifetime.At = "/ttl"
	}
	t.Pos, t.Cite = place(1, "the token")
	t.Lifetime.Pos, t.Lifetime.Cite = place(2, "the lifetime")
	for i := range t.Matches {
		t.Matches[i].Pos, t.Matches[i].Cite = place(3+i, "the match")
	}
	return t
}

// FuzzToken holds any token, in any body, against every form: nothing panics,
// every finding is sound, and asking twice gives the same.
func FuzzToken(f *testing.F) {
	stamp := fmt.Sprint(now.Unix() + 3600)
	f.Add(`{"alg":"HS256"}`, `{"exp":`+stamp+`,"roles":[{"role":"A"}]}`, ".c2ln", `{"ttl":3600,"roles":"A","exp":`+stamp+`}`, int64(0))
	f.Add("", "", "jgzqxxxxxxt2i8s", `{"ttl":"3600","created":"2026-11-21T12:00:00Z"}`, int64(-600))
	f.Fuzz(func(t *testing.T, header, claims, tail, body string, server int64) {
		text := tail
		if header != "" {
			p := jwtParts(header, claims)
			text = p[0] + "." + p[1] + tail
		}
		doc, refusal := guard.Decode([]byte(body), guard.Defaults())
		if refusal != nil {
			return
		}
		members, ok := doc.(map[string]any)
		if !ok {
			return
		}
		if _, given := members["token"]; !given {
			members["token"] = text
		}
		for _, form := range []loginwatch.TokenForm{loginwatch.TokenOpaque, loginwatch.TokenJWT, loginwatch.TokenUnstated} {
			for _, fromBody := range []bool{false, true} {
				in := Input{
					Token: everything(form, fromBody), Now: now, Key: key,
					Lookup: func(at loginwatch.Place) (any, bool) { return tree.Lookup(doc, at.String()) },
				}
				if server != 0 {
					in.Server = time.Unix(server%endOfTime, 0)
				}
				findings, facts := Check(in)
				for _, f := range findings {
					if problem := sound(f, in.Token); problem != "" {
						t.Errorf("%s: %s", form, problem)
					}
				}
				again, _ := Check(in)
				if a, b := written(findings, facts), written(again, facts); a != b {
					t.Errorf("%s: once %s, then %s", form, a, b)
				}
			}
		}
	})
}

// TestLargeTokens: a body full of token costs no more than a few copies of it.
func TestLargeTokens(t *testing.T) {
	const size = 200 << 10
	for name, text := range map[string]string{
		"dots":   strings.Repeat(".", size),
		"opaque": strings.Repeat("a", size),
		"claims": strings.Join(func() []string {
			p := jwtParts(`{"alg":"HS256"}`, `{"a":"`+strings.Repeat("x", size/2)+`"}`)
			return p[:]
		}(), "."),
	} {
		in := Input{
			Token: everything(loginwatch.TokenJWT, true), Now: now, Key: key,
			Lookup: func(at loginwatch.Place) (any, bool) { return text, at == "/token" },
		}
		if n := testing.AllocsPerRun(5, func() { Check(in) }); n > 100 {
			t.Errorf("%s: %v allocations", name, n)
		}
		findings, facts := Check(in)
		report, err := json.Marshal(findings)
		if err != nil {
			t.Fatal(err)
		}
		if !facts.Present || len(report) > 2048 || bytes.Contains(report, []byte("aaaaaaaa")) {
			t.Errorf("%s: %d bytes of findings", name, len(report))
		}
	}
}

// BenchmarkToken is a JWT of an ordinary size with everything stated.
func BenchmarkToken(b *testing.B) {
	stamp := fmt.Sprint(now.Unix() + 3600)
	p := jwtParts(`{"alg":"HS256","typ":"JWT"}`, `{"iss":"jwt-auth","sub":"User","exp":`+stamp+
		`,"roles":[{"name":"a","role":"ADMIN"},{"name":"b","role":"USER"}],"pad":"`+strings.Repeat("x", 300)+`"}`)
	doc := any(map[string]any{"token": strings.Join(p[:], "."), "ttl": json.Number("3600"), "exp": json.Number(stamp), "roles": "ADMIN,USER"})
	in := Input{
		Token: everything(loginwatch.TokenJWT, true), Now: now, Key: key,
		Lookup: func(at loginwatch.Place) (any, bool) { return tree.Lookup(doc, at.String()) },
	}
	if findings, _ := Check(in); len(findings) > 0 {
		b.Fatal(findings)
	}
	b.ReportAllocs()
	for b.Loop() {
		Check(in)
	}
}
