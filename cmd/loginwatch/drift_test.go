package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/drift"
	"github.com/loginwatch/loginwatch/internal/store"
)

// answered is a run that brought a success with these fields, all of which are texts.
func answered(at time.Time, findings []loginwatch.Finding, fields ...string) *loginwatch.Run {
	answer := []loginwatch.Trait{{Type: "object", Length: len(fields)}}
	for _, f := range fields {
		answer = append(answer, loginwatch.Trait{Place: "/" + f, Type: "string"})
	}
	step := loginwatch.StepResult{Case: "valid-credentials", Operation: "login", HTTPStatus: 200, Evidence: &loginwatch.Evidence{Status: 200, Answer: answer}}
	step.Verdict, step.Outcome, step.Findings = loginwatch.OK, "success", findings
	return &loginwatch.Run{Key: loginwatch.Key{Vendor: "signzy-ezkra", Probe: "login", Target: "production"}, ID: "therun", Started: at, Steps: []loginwatch.StepResult{step}}
}

// changedStore is the address of a store that knows of a change: a documented field went.
func changedStore(t *testing.T) string {
	t.Helper()
	at := "sqlite:" + filepath.Join(t.TempDir(), "loginwatch.db")
	l, err := store.Open(t.Context(), store.Place{URL: at}, store.Budget{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Add(-20 * 24 * time.Hour)
	k := drift.NewKeeper(l.Learned(), slog.New(slog.DiscardHandler), func() time.Time { return now })
	missing := []loginwatch.Finding{{
		Class: loginwatch.Breaking, Kind: loginwatch.KindMissing, Pointer: "/userId", Documented: "string",
		Contract: "contracts/signzy-ezkra/contract.yaml:34", Schema: "schemas/signzy-ezkra/login.success.schema.json:6",
	}}
	for n := range 20 * 24 {
		now = now.Add(time.Hour)
		run := answered(now, nil, "id", "ttl", "created", "userId")
		if n > 15*24 {
			run = answered(now, missing, "id", "ttl", "created")
		}
		if err := k.RecordRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	k.Keep(t.Context(), true)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return at
}

// A change is listed, acknowledged and accepted, with the edit that it takes.
func TestDriftCommands(t *testing.T) {
	at := changedStore(t)
	do := func(code int, args ...string) (out, told string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if got := run(t.Context(), append([]string{"drift"}, append(args, "--store", at)...), environment{stdout: &stdout, stderr: &stderr}); got != code {
			t.Fatalf("%v: exit code %d, want %d: %s%s", args, got, code, &stdout, &stderr)
		}
		return stdout.String(), stderr.String()
	}
	holds := func(text string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%q is not in:\n%s", w, text)
			}
		}
	}
	var listed struct {
		Changes []struct{ ID, Standing string }
	}
	out, _ := do(0, "list", "--format", "json")
	if err := json.Unmarshal([]byte(out), &listed); err != nil || len(listed.Changes) != 1 || listed.Changes[0].Standing != "open" {
		t.Fatalf("%s, %v", out, err)
	}
	id := listed.Changes[0].ID
	out, _ = do(0, "list")
	holds(out, id+"  breaking  signzy-ezkra at production\n", "  /userId is gone (string)\n", "login/valid-credentials/success", "contracts/signzy-ezkra/contract.yaml:34")
	out, _ = do(0, "list", "--vendor", "another")
	holds(out, "no change is known\n")

	_, told := do(2, "ack", "ffffffff", "--until", "9999-01-01")
	holds(told, `unknown change "ffffffff"`)
	_, told = do(2, "ack", id, "--until", "30d")
	holds(told, "--until must be a day (2026-12-31) or an instant (2026-12-31T08:00:00Z)")
	_, told = do(2, "ack", id, "--until", "2020-01-01")
	holds(told, "is over")
	out, _ = do(0, "ack", id, "--until", "9999-01-01", "--note", "ticket 7")
	holds(out, "acknowledged until 9999-01-01T00:00:00Z")
	out, _ = do(0, "list")
	holds(out, "acknowledged until 9999-01-01", "ticket 7")

	out, told = do(0, "accept", id)
	holds(out, "--- a/schemas/signzy-ezkra/login.success.schema.json\n+++ b/schemas/signzy-ezkra/login.success.schema.json\n",
		"\n-  \"required\": [\"id\", \"ttl\", \"created\", \"userId\"],\n+  \"required\": [\"id\", \"ttl\", \"created\"],\n")
	holds(told, "accepted (/userId is gone (string))", "the contract of signzy-ezkra is built into loginwatch: apply the edit with patch -p1 in its sources")
	out, _ = do(0, "list")
	holds(out, "no change is known")
	out, _ = do(0, "list", "--all")
	holds(out, id, "accepted on ")
	_, told = do(2, "ack", id, "--until", "9999-01-01")
	holds(told, "nothing to acknowledge")
}

// Who lists changes needs no key, and changes nothing: a backup that is looked into stays
// one.
func TestChangesAreReadAlone(t *testing.T) {
	backup := filepath.Join(t.TempDir(), "backup.db")
	if _, err := store.BackUp(t.Context(), store.Place{URL: changedStore(t)}, backup, false, time.Now()); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"drift", "list", "--store", "sqlite:" + backup}, environment{stdout: &stdout, stderr: &stderr}); code != 0 || !strings.Contains(stdout.String(), "/userId is gone") {
		t.Fatalf("exit code %d: %s%s", code, &stdout, &stderr)
	}
	if after, err := os.ReadFile(backup); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the backup is another one now: %v", err)
	}
}
