package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// past is a history with a run of two steps, one that failed before anything came, a
// skipped slot, and texts that a vendor made up.
func past(t *testing.T) (entries []history.Entry, records []*history.Record) {
	t.Helper()
	ring := history.NewRing(10)
	at := time.Date(2026, 11, 21, 3, 4, 5, 678_000, time.UTC)
	k := loginwatch.Key{Vendor: "alpha", Probe: "login", Target: "production"}
	hostile := finding(loginwatch.Breaking, loginwatch.KindMissing, "/a\x1b[31m\n##[error]", "string", "nothing", "beta.txt", "name")
	extra := finding(loginwatch.Additive, loginwatch.KindExtra, "/region", "", "string", "alpha.txt", "")
	token := loginwatch.TokenFacts{Present: true, HasLifetime: true, Lifetime: 22 * time.Hour, Documented: 24 * time.Hour, Digest: strings.Repeat("ab", 32)}
	runs := []*loginwatch.Run{
		{
			Key: k, ID: "run-1", Credential: "alpha/robot", Due: at.Truncate(time.Minute), Started: at, Duration: 300 * time.Millisecond, Lateness: 2 * time.Second,
			Verdict: loginwatch.Drift, Reason: loginwatch.ReasonContract, CertificateEnds: at.AddDate(0, 2, 0), ClientCertificateEnds: at.AddDate(1, 0, 0),
			Steps: []loginwatch.StepResult{
				{Case: "public-key", Role: loginwatch.RoleSetup, Operation: "key", HTTPStatus: 200, Duration: 100 * time.Millisecond, Judgement: loginwatch.Judgement{Verdict: loginwatch.OK, Outcome: "success"}},
				{
					Case: "valid-credentials", Role: loginwatch.RoleSubject, Operation: "login", HTTPStatus: 200, Duration: 200 * time.Millisecond,
					Phases: map[loginwatch.Phase]time.Duration{loginwatch.PhaseDNS: time.Millisecond, loginwatch.PhaseWait: 190 * time.Millisecond},
					Judgement: loginwatch.Judgement{
						Verdict: loginwatch.Drift, Reason: loginwatch.ReasonContract, Outcome: "success", Token: token, Findings: []loginwatch.Finding{extra, hostile},
					},
				},
			},
		},
		{
			Key: loginwatch.Key{Vendor: "beta", Probe: "login", Target: "production", Location: "east"}, ID: "run-2", Due: at.Add(time.Minute), Started: at.Add(time.Minute), Duration: time.Second,
			Verdict: loginwatch.Unavailable, Reason: loginwatch.ReasonDNS, Detail: "no address for api.beta.example",
			Steps: []loginwatch.StepResult{{Case: "valid-credentials", Role: loginwatch.RoleSubject, Operation: "login", Duration: time.Second, Judgement: loginwatch.Judgement{Verdict: loginwatch.Unavailable, Reason: loginwatch.ReasonDNS}}},
		},
	}
	runs[0].Steps[1].Evidence = &loginwatch.Evidence{
		Method: "POST", URL: "https://api.alpha.example/login?device=${device}&kind=web", Status: 200, Proto: "HTTP/1.1", RequestBytes: -1, AnswerBytes: 912, Remote: "192.0.2.7:443",
		Resolved: []string{"2001:db8::7", "192.0.2.7"}, Tried: []string{"[2001:db8::7]:443", "192.0.2.7:443"}, TLS: "TLS 1.3, TLS_AES_128_GCM_SHA256",
		Certificates: []loginwatch.Certificate{{Subject: "CN=api.alpha.example", Issuer: "CN=Some CA,O=\x1b[31mSome", NotBefore: at.AddDate(0, -1, 0), NotAfter: at.AddDate(0, 2, 0), SHA256: strings.Repeat("cd", 32)}},
		Request: []loginwatch.Trait{
			{Place: "header:Content-Type", Type: "string", Format: "application/json", Length: 16}, {Place: "header:Authorization", Type: "string", Format: "Basic ${basic}"},
			{Place: "cookie:lang", Type: "string"}, {Place: "query:device", Type: "string", Format: "${device}"}, {Place: "query:kind", Type: "string", Length: 3},
			{Place: "", Type: "object", Length: 2}, {Place: "/user", Type: "string", Format: "${user}"}, {Place: "/remember", Type: "boolean", Length: 4},
		},
		Answer: []loginwatch.Trait{
			{Place: "header:Content-Type", Type: "string", Format: "application/json", Length: 16}, {Place: "header:*", Type: "string", Length: 4},
			{Place: "cookie:sid", Type: "string", Format: "base64", Length: 43, Digest: "1a2b3c4d5e6f"}, {Place: "cookie:sid;Secure", Type: "string"}, {Place: "cookie:sid;HttpOnly", Type: "string"},
			{Place: "cookie:sid;SameSite", Type: "string", Format: "lax"}, {Place: "cookie:sid;Path", Type: "string"},
			{Place: "", Type: "object", Length: 5}, {Place: "/echo", Type: "string", Format: "holds ${user}"}, {Place: "/empty", Type: "array"}, {Place: "/region", Type: "string", Length: 4},
			{Place: "/roles", Type: "array", Length: 1}, {Place: "/roles/*", Type: "object", Length: 1}, {Place: "/roles/*/a~1b", Type: "integer", Length: 1}, {Place: "/roles/*/a~1b", Type: "string", Length: 3},
			{Place: "/*", Type: "object", Length: 0}, {Place: "/\x1b[31m\n##[error]", Type: "null", Length: 4},
		},
	}
	runs[1].Steps[0].Evidence = &loginwatch.Evidence{Method: "GET", URL: "http://api.beta.example/login", Proxy: "proxy.example:3128"}
	for range 60 { // more than are kept
		s := &runs[1].Steps[0]
		s.Findings = append(s.Findings, extra)
	}
	for _, r := range runs {
		if err := ring.RecordRun(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		record, err := ring.Run(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, record)
	}
	skipped := loginwatch.SkippedSlot{Slot: loginwatch.Slot{Key: k, Due: at.Add(2 * time.Minute), Planned: at.Add(2 * time.Minute)}, Reason: loginwatch.ReasonSuspended}
	if err := ring.RecordSkip(t.Context(), skipped); err != nil {
		t.Fatal(err)
	}
	entries, err := ring.Entries(t.Context(), history.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return entries, records
}

func TestHistory(t *testing.T) {
	entries, records := past(t)
	var text, list, run bytes.Buffer
	err := WriteEntries(&text, "text", entries, false)
	for _, r := range records {
		if err == nil {
			text.WriteString("\n")
			err = WriteRecord(&text, "text", r, Options{})
		}
	}
	if err == nil {
		err = WriteEntries(&list, "json", entries, false)
	}
	if err == nil {
		err = WriteRecord(&run, "json", records[0], Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
	var archive, failed bytes.Buffer
	if err := errors.Join(WriteHAR(&archive, records[0], "1.2.3"), WriteHAR(&failed, records[1], "1.2.3")); err != nil {
		t.Fatal(err)
	}
	totals, incidents := history.Totals{Key: entries[0].Key}, []history.Incident{
		{Key: entries[0].Key, Verdict: loginwatch.Unavailable, Began: entries[0].At, Ended: entries[0].At.Add(90 * time.Minute), Runs: 18},
		{Key: entries[1].Key, Verdict: loginwatch.Drift, Began: entries[0].At, Runs: 3},
	}
	totals.Add(loginwatch.OK, "", 2_000_000)
	totals.Add(loginwatch.Unavailable, loginwatch.ReasonTimeout, 1)
	totals.Add(loginwatch.Skipped, loginwatch.ReasonSuspended, 3)
	totals.Latency[history.Class(180*time.Millisecond)] = 2_000_001
	empty := history.Totals{Key: entries[1].Key}
	all := map[string]string{"history.txt": text.String(), "history-list.json": list.String(), "history-run.json": run.String(), "answered.har": archive.String(), "failed.har": failed.String()}
	for _, format := range []string{"text", "json"} {
		var b, i bytes.Buffer
		if err := errors.Join(WriteTotals(&b, format, []*history.Totals{&totals, &empty}, false), WriteIncidents(&i, format, incidents, false)); err != nil {
			t.Fatal(err)
		}
		all["totals."+format], all["incidents."+format] = b.String(), i.String()
	}
	for name, got := range all {
		file := filepath.Join("testdata", "history", name)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	schema := historySchema(t)
	for _, doc := range []string{list.String(), run.String(), all["totals.json"], all["incidents.json"]} {
		parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(doc))
		if err == nil {
			err = schema.Validate(parsed)
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// historySchema gives the published schema, closed.
func historySchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := loginwatch.Embedded.ReadFile("schemas/meta/history.schema.json")
	var doc map[string]any
	if err == nil {
		err = json.Unmarshal(text, &doc)
	}
	if err != nil {
		t.Fatal(err)
	}
	closeObjects(doc)
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("urn:history", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("urn:history")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// The lists of the schema are those of the program.
func TestHistorySchemaKnowsEveryWord(t *testing.T) {
	for _, file := range []string{"history", "report"} {
		text, err := loginwatch.Embedded.ReadFile("schemas/meta/" + file + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, r := range loginwatch.Reasons {
			words = append(words, string(r))
		}
		for _, k := range loginwatch.Kinds {
			words = append(words, string(k))
		}
		for _, w := range words {
			if !strings.Contains(string(text), `"`+w+`"`) {
				t.Errorf("%s.schema.json does not know %q", file, w)
			}
		}
	}
}
