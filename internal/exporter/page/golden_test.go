//go:build !race

package page_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/drift"
	"github.com/loginwatch/loginwatch/internal/exporter/page"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/schema"
	"github.com/loginwatch/loginwatch/internal/sla"
)

var update = flag.Bool("update", false, "write golden files")

func compiled(t *testing.T, name string, v map[string]any) *loginwatch.SchemaRef {
	t.Helper()
	s, err := schema.CompileValue(v)
	if err != nil {
		t.Fatal(err)
	}
	return &loginwatch.SchemaRef{Name: name, Schema: s}
}

// whole is a contract that says everything that one can say, some of it twice.
func whole(t *testing.T) *loginwatch.Contract {
	t.Helper()
	cite := func(words string) loginwatch.Cite { return loginwatch.Cite{Words: words, Document: "login.txt"} }
	text := map[string]any{"type": "string", "minLength": 1, "description": "The user's name.", "x-cite": "name", "x-secret": true}
	login := &loginwatch.Operation{
		ID: "login", Cite: cite("POST /login"), Spends: []string{"code"}, Limit: &loginwatch.RateLimit{Requests: 1, Per: time.Second, Cite: cite("one a second")},
		Request: loginwatch.Request{
			Method: "POST", Path: "/${tenant}/login", Body: loginwatch.BodyForm, Schema: compiled(t, "login.request", map[string]any{
				"type": "object", "required": []any{"user"}, "title": "A login", "anyOf": []any{map[string]any{"required": []any{"user"}}, map[string]any{"required": []any{"code"}}},
				"properties": map[string]any{"user": text, "code": map[string]any{"type": []any{"string", "null"}, "pattern": "^[0-9]{6}|none$"}},
			}),
			Headers: []loginwatch.Header{{Name: "X-Sign", Value: "${signature}", Optional: true, Cite: loginwatch.Cite{Evidence: "what others say", Document: "login.txt"}}},
			Query:   []loginwatch.Param{{Name: "v", Value: "2", Cite: cite("v=2")}},
			Cookies: []loginwatch.RequestCookie{{Name: "sid", Cite: cite("sid")}},
		},
	}
	ok := &loginwatch.Outcome{
		ID: "success", Statuses: []int{200, 201}, Body: loginwatch.BodyJSON, ContentTypes: []string{"application/json", ""}, Means: loginwatch.OK, Cite: cite("200"),
		When:    []loginwatch.Condition{loginwatch.WhenValid},
		Headers: []loginwatch.AnswerHeader{{Name: "X-Token", Example: "abc", Secret: true, Cite: cite("X-Token")}},
		Cookies: []loginwatch.AnswerCookie{{Name: "sid", Example: "s1", Optional: true, Secure: true, HTTPOnly: true, SameSite: "lax", Cite: cite("Set-Cookie")}},
		Where:   []loginwatch.Field{{At: "/token", Test: loginwatch.TestPresent}, {At: "/error", Test: loginwatch.TestAbsent}, {At: "/kind", Test: loginwatch.TestPrefix, Value: "a|b"}, {At: "/n", Value: "1"}},
		Schema:  compiled(t, "login.success", map[string]any{"type": "object", "properties": map[string]any{"token": map[string]any{"type": "string", "format": "uuid"}}}),
		Example: &loginwatch.Example{File: "login.json", Body: []byte(`{"token":"x"}`)},
	}
	refused := &loginwatch.Outcome{ID: "refused", Statuses: []int{401}, Body: loginwatch.BodyUnspecified, Means: loginwatch.Rejected, When: []loginwatch.Condition{loginwatch.WhenWrongPassword, loginwatch.WhenUnknownUser}}
	gone := &loginwatch.Outcome{ID: "gone", Statuses: []int{503}, Body: loginwatch.BodyText, ContentTypes: []string{"text/html"}, Contains: "down", Means: loginwatch.Unavailable, Cite: loginwatch.Cite{Evidence: "what others say", Document: "login.txt"}}
	login.Outcomes = []*loginwatch.Outcome{ok, refused, gone}
	logout := &loginwatch.Operation{ID: "logout", Request: loginwatch.Request{Method: "GET", Path: "/logout"}, Revokes: []string{"cookie:sid"}, Outcomes: []*loginwatch.Outcome{{ID: "done", Statuses: []int{204}, Body: loginwatch.BodyNone, Means: loginwatch.OK}}}
	right := &loginwatch.Case{ID: "valid", Operation: login, Title: "the right user", Body: map[string]any{"user": "${user}"}, Expect: []*loginwatch.Outcome{ok}, Cite: cite(loginwatch.Todo)}
	broken := &loginwatch.Case{ID: "broken", Operation: login, Title: "no form", Raw: "%%", Expect: []*loginwatch.Outcome{refused, gone}, Undocumented: true}
	wrong := &loginwatch.Case{ID: "wrong", Operation: login, Title: "a wrong code", Expect: []*loginwatch.Outcome{refused}, Risk: loginwatch.RiskLockOut, AlternativeTo: "valid", After: []*loginwatch.Case{right}}
	login.Control = broken
	login.Token = &loginwatch.Token{
		Outcome: ok, At: "/token", Form: loginwatch.TokenJWT, Algorithms: []string{"RS256", "ES256"}, Keys: &loginwatch.KeySource{From: right, Cite: cite("keys")}, Issued: "/created", Cite: cite("token"),
		Claims:   []loginwatch.TokenClaim{{Name: "iss", Value: "${tenant}", Cite: cite("iss")}, {Name: "at_hash", HashOf: "/token"}},
		Matches:  []loginwatch.ClaimMatch{{At: "/roles", Claim: "/roles/*/name", Join: ","}},
		Lifetime: &loginwatch.Lifetime{Until: "/ends", Documented: 36 * time.Hour, Fixed: true, Cite: cite("36 hours")},
	}
	return &loginwatch.Contract{
		Vendor: "acme", Title: "Acme login",
		Documents: []loginwatch.Document{
			{Title: "Login | API", File: "login.txt", Read: "2026-11-20", Extent: loginwatch.ReadWhole, SHA256: strings.Repeat("0123456789abcdef", 4)},
			{Title: "Errors", Address: "https://example.com/errors?a=1&copy=2", Read: "2026-11-21", Extent: loginwatch.ReadPart},
		},
		ProvenOn:  []loginwatch.Server{{Name: "Acme Server", Version: "2.1"}, {Name: "free_acme", Version: "0.1"}},
		Targets:   []loginwatch.DocumentedTarget{{Name: "production", URL: "https://login.example.com", Cite: loginwatch.Cite{Words: "Base URL", Document: "Errors"}}},
		Secrets:   []loginwatch.Secret{{Name: "user", Demo: "demo"}, {Name: "key", Demo: "-----BEGIN KEY-----\nabc\n-----END KEY-----\n"}},
		Variables: []loginwatch.Variable{{Name: "tenant", Default: "main", Cite: cite("tenant")}},
		Computed: []*loginwatch.Computed{{
			Name: "signature", Function: "hmac", Of: []string{"${user}", "${request.body}"}, Options: map[string]string{"join": "\n", "key": "${key}"}, Claims: map[string]any{"iss": "<me>"}, Once: true,
		}},
		Operations: []*loginwatch.Operation{login, logout}, Cases: []*loginwatch.Case{right, broken, wrong},
		Quota:       &loginwatch.Quota{Logins: 100, Per: loginwatch.QuotaDay, Cite: cite("100 a day")},
		Maintenance: []loginwatch.Maintenance{{Reason: "backup", Words: "from 02:00 to 03:00 daily (UTC)", Cite: cite("backup")}},
		Defects: []*loginwatch.Defect{
			{ID: "type", At: []loginwatch.Statement{{Operation: "login", Outcome: "success", At: "/token"}}, Document: "a string", Sample: "a number", Ruling: "a string",
				Tolerate: &loginwatch.Tolerance{Schema: compiled(t, "", map[string]any{"type": "integer", "minimum": 1})}, Cite: cite("token")},
			{ID: "moved", At: []loginwatch.Statement{{Operation: "login", Outcome: "success", At: "header:X-Token"}}, Ruling: "there", Tolerate: &loginwatch.Tolerance{MovedTo: "/data/token"}},
			{ID: "status", Ruling: "200", Tolerate: &loginwatch.Tolerance{Statuses: []int{202, 203}}},
		},
		Negatives: []*loginwatch.Negative{{ID: "printed", File: "examples/printed.txt", Against: []loginwatch.Statement{{Operation: "login", Outcome: "*"}}, Why: "no colons", Cite: cite("sample")}},
	}
}

func clause() *sla.Clause {
	return &sla.Clause{
		Title: "Agreement, 4.2", Promise: 0.995, Runs: true, Confirm: 3, Bad: []loginwatch.Verdict{loginwatch.Unavailable, loginwatch.Drift}, Ignored: []loginwatch.Verdict{loginwatch.Throttled},
		Zone: time.UTC, Days: 30, Excluded: []loginwatch.Maintenance{{Reason: "announced", Words: "from 01:00 to 02:00 on sat (UTC)"}},
	}
}

// seen is a store that knows of a login that is well but for a field, of one that isn't and
// of one that never ran.
func seen() *page.Seen {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	key := func(target string) loginwatch.Key {
		return loginwatch.Key{Vendor: "acme", Probe: "login", Target: target}
	}
	run := func(ago time.Duration, v loginwatch.Verdict, r loginwatch.Reason, token loginwatch.TokenFacts, findings ...loginwatch.Finding) *loginwatch.Run {
		return &loginwatch.Run{Started: now.Add(-ago), Verdict: v, Reason: r, Steps: []loginwatch.StepResult{{
			Case: "valid", Role: loginwatch.RoleSubject, Judgement: loginwatch.Judgement{Verdict: v, Reason: r, Token: token, Findings: findings},
		}}}
	}
	good := &history.Totals{Key: key("production")}
	good.Add(loginwatch.OK, "", 99_999)
	good.Add(loginwatch.Unavailable, loginwatch.ReasonDNS, 1)
	good.Latency[history.Class(40*time.Millisecond)] = 9
	good.Latency[history.Class(3*time.Second)] = 1
	none := &history.Totals{Key: key("staging")}
	none.Add(loginwatch.Broken, loginwatch.ReasonSecretMissing, 3)
	return &page.Seen{
		Since: now.AddDate(0, 0, -30), Now: now, Totals: []*history.Totals{good, none},
		Standings: []loginwatch.Standing{
			{Key: key("production"), Runs: []*loginwatch.Run{run(time.Minute, loginwatch.OK, "", loginwatch.TokenFacts{Present: true, Lifetime: 90*time.Minute + time.Millisecond, HasLifetime: true, Documented: 36 * time.Hour},
				loginwatch.Finding{Class: loginwatch.Additive, Kind: loginwatch.KindExtra, Pointer: "/new|field", Documented: "nothing", Got: "boolean", Fingerprint: "1"})}},
			{Key: key("staging"), Runs: []*loginwatch.Run{
				run(time.Hour, loginwatch.OK, "", loginwatch.TokenFacts{Present: true}),
				run(time.Minute, loginwatch.Drift, loginwatch.ReasonContract, loginwatch.TokenFacts{}, loginwatch.Finding{Class: loginwatch.Breaking, Kind: loginwatch.KindStatus, Documented: "200", Got: "204", Fingerprint: "2"}),
			}},
			{Key: loginwatch.Key{Vendor: "acme", Probe: "login", Target: "new", Location: "eu"}},
		},
		Changes: &drift.Overview{Learned: 2, Changes: []drift.Listed{
			{Target: drift.Target{Vendor: "acme", Target: "production"}, Change: drift.Change{ID: "ab12", Class: loginwatch.Additive, First: now.AddDate(0, 0, -3), Last: now, Looked: now, Parts: []drift.Part{{Kind: drift.Added, Place: "/new|field", To: "boolean"}}}},
			{Change: drift.Change{ID: "over", First: now, Last: now.AddDate(0, 0, -20), Looked: now}},
		}},
	}
}

func TestGolden(t *testing.T) {
	c := whole(t)
	markdown, _ := same(t, page.Of(page.Input{Contract: c, Clause: clause(), Seen: seen(), Probes: []*loginwatch.Probe{{
		Contract: c, Name: "login", Schedule: "*/5 * * * *", Timeout: 10 * time.Second, Disabled: true, Steps: []loginwatch.Step{{Case: c.Cases[0], Role: loginwatch.RoleSubject}},
		Objectives: loginwatch.Objectives{Availability: 0.995, Correctness: 0.999, LatencyQuantile: 0.95, Latency: 1500 * time.Millisecond},
	}}}))
	const golden = "testdata/acme.md"
	if *update {
		if err := os.WriteFile(golden, []byte(markdown), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), markdown); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What a page says where nothing is known is as true.
func TestNothingKnown(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	unavailable := []loginwatch.Standing{{Runs: []*loginwatch.Run{{Started: now, Verdict: loginwatch.Unavailable, Reason: loginwatch.ReasonDNS}}}}
	for _, tt := range []struct {
		in    page.Input
		says  string
		never string
	}{
		{page.Input{}, "No store was named", "The latest runs"},
		{page.Input{}, "No clause was named", "Promised is"},
		{page.Input{}, "Nowhere that is known.", "One place says"},
		{page.Input{}, "The contract names none.", "At most"},
		{page.Input{}, "held against no real server", "held against real servers"},
		{page.Input{}, "Every source above is one of the documents.", "What says it"},
		{page.Input{Seen: &page.Seen{Now: now}}, "The store knows of no login of this vendor.", "No store was named"},
		{page.Input{Seen: &page.Seen{Now: now, Standings: unavailable}}, "None is known: no answer came that could be compared.", "The latest runs found none."},
		{page.Input{Seen: &page.Seen{Changes: &drift.Overview{}}}, "No change is known, and too little was seen to tell of one.", "answers."},
		{page.Input{Seen: &page.Seen{Changes: &drift.Overview{Learned: 1, Learning: 2}}}, "No change is known of the 1 kind of answers that enough was seen of; of 2 more too little was.", "too little was seen to tell"},
		{page.Input{Seen: &page.Seen{Changes: &drift.Overview{Learned: 2}}}, "No change is known of 2 kinds of answers.", "too little"},
		{page.Input{Seen: &page.Seen{Changes: &drift.Overview{Learned: 2, Damaged: []error{os.ErrInvalid}}}}, "a part of what was learned can't be read", "kinds of answers."},
	} {
		tt.in.Contract = &loginwatch.Contract{Vendor: "acme"}
		markdown, _ := same(t, page.Of(tt.in))
		if !strings.Contains(markdown, tt.says) || strings.Contains(markdown, tt.never) {
			t.Errorf("not %q, or %q, in\n%s", tt.says, tt.never, markdown)
		}
	}
}

// What nobody has looked up is neither of a document nor silence.
func TestNotLookedUp(t *testing.T) {
	op := &loginwatch.Operation{ID: "login", Cite: loginwatch.Cite{Words: loginwatch.Todo}, Request: loginwatch.Request{Method: "POST", Path: "/login"}}
	markdown, _ := same(t, page.Of(page.Input{Contract: &loginwatch.Contract{Vendor: "acme", Operations: []*loginwatch.Operation{op}}}))
	for says, wanted := range map[string]bool{
		"TODO is the source of a statement whose words nobody has looked up": true, "TODO is the source of 1 statement above": true,
		"Every source above is one of the documents.": false, "are silent": false,
	} {
		if strings.Contains(markdown, says) != wanted {
			t.Errorf("%q: not %v in\n%s", says, wanted, markdown)
		}
	}
}

// Each word of a closed list is worded.
func TestWords(t *testing.T) {
	op := &loginwatch.Operation{ID: "login"}
	for _, w := range loginwatch.Conditions {
		op.Outcomes = append(op.Outcomes, &loginwatch.Outcome{ID: string(w), Statuses: []int{200}, Body: loginwatch.BodyNone, Means: loginwatch.OK, When: []loginwatch.Condition{w}})
	}
	all := []*loginwatch.Operation{op}
	var documents []loginwatch.Document
	for _, e := range loginwatch.Extents() {
		documents = append(documents, loginwatch.Document{Title: "a", File: "f", Read: "r", SHA256: "s", Extent: e})
	}
	for _, f := range []loginwatch.TokenForm{loginwatch.TokenOpaque, loginwatch.TokenJWT, loginwatch.TokenUnstated} {
		all = append(all, &loginwatch.Operation{ID: string(f), Token: &loginwatch.Token{At: "/t", Form: f}})
	}
	markdown, _ := forms(t, page.Of(page.Input{Contract: &loginwatch.Contract{Vendor: "acme", Documents: documents, Operations: all}}))
	for line := range strings.Lines(markdown) {
		if strings.Contains(line, "|  |") {
			t.Errorf("a word is missing: %s", line)
		}
	}
	if n := strings.Count(markdown, "| form |"); n != 3 {
		t.Errorf("%d forms are worded", n)
	}
}
