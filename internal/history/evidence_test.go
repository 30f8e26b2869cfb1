package history

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
)

// looked is a run with the evidence of two exchanges.
func looked(v loginwatch.Verdict) *loginwatch.Run {
	answered := &loginwatch.Evidence{
		Method: "POST", URL: "https://login.example/login?user=${user}", Status: 401, Proto: "HTTP/1.1", RequestBytes: -1, AnswerBytes: 312,
		Remote: "192.0.2.7:443", Resolved: []string{"192.0.2.7", "2001:db8::7"}, Tried: []string{"[2001:db8::7]:443", "192.0.2.7:443"}, Proxy: "proxy.example:3128",
		TLS: "TLS 1.3, TLS_AES_128_GCM_SHA256", Certificates: []loginwatch.Certificate{{Subject: "CN=login.example", Issuer: "CN=An Authority", NotBefore: begin, NotAfter: begin.Add(time.Hour), SHA256: "aa"}},
		Request: []loginwatch.Trait{{Place: "/password", Type: "string", Format: "${password}"}},
		Answer:  []loginwatch.Trait{{Place: "header:Date", Type: "string", Format: "http-date", Length: 29}, {Place: "/id", Type: "string", Format: "uuid", Length: 36, Digest: "0123456789ab"}, {Place: "/x~1y", Type: "array", Length: 300}},
	}
	failed := &loginwatch.Evidence{Method: "GET", URL: "https://login.example/keys", Tried: []string{"192.0.2.7:443"}}
	run := &loginwatch.Run{ID: "r", Due: begin, Started: begin, Verdict: v, Steps: []loginwatch.StepResult{
		{Case: "keys", Evidence: failed}, {Case: "unsent"}, {Case: "login", HTTPStatus: 401, Duration: time.Second, Evidence: answered},
	}}
	return run
}

func packed(t *testing.T, run *loginwatch.Run) *Record {
	t.Helper()
	shared, own, err := Pack(run)
	if err != nil {
		t.Fatal(err)
	}
	record, err := Unpack(EntryOf(run), shared, own)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

// What a run looked like is kept of those that somebody will ask about.
func TestEvidenceIsKept(t *testing.T) {
	for name, tt := range map[string]struct {
		edit func(*loginwatch.Run)
		kept bool
	}{
		"well":      {func(*loginwatch.Run) {}, false},
		"failed":    {func(r *loginwatch.Run) { r.Verdict = loginwatch.Drift }, true},
		"left open": {func(r *loginwatch.Run) { r.LeftOpen = true }, true},
		"as none":   {func(r *loginwatch.Run) { r.Notable = true }, true},
	} {
		run := looked(loginwatch.OK)
		tt.edit(run)
		got, inMemory := packed(t, run), NewRing(1)
		if err := inMemory.RecordRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		ringed, err := inMemory.Run(t.Context(), run.ID)
		if diff := cmp.Diff(got, ringed); diff != "" || err != nil {
			t.Errorf("%s: %s %v", name, diff, err)
		}
		for i, s := range got.Run.Steps {
			want := run.Steps[i].Evidence
			if !tt.kept {
				want = nil
			}
			if diff := cmp.Diff(want, s.Evidence); diff != "" {
				t.Errorf("%s: step %d: %s", name, i, diff)
			}
		}
		if run.Steps[0].Evidence == nil {
			t.Error("it is taken from others")
		}
	}
}

// Two runs that fail alike share what is long.
func TestEvidenceIsShared(t *testing.T) {
	one, other := looked(loginwatch.Drift), looked(loginwatch.Drift)
	e := other.Steps[2].Evidence
	e.Answer[1].Digest, e.Answer[2].Length, e.AnswerBytes, e.Remote, e.Tried = "ba9876543210", 2, 6, "192.0.2.8:443", nil
	a, own, err := Pack(one)
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := Pack(other)
	if !bytes.Equal(a, b) || err != nil {
		t.Errorf("%s\n%s\n%v", a, b, err)
	}
	if len(own) > 160 {
		t.Errorf("%d bytes are its own", len(own))
	}
}

// What was written down before there was evidence is read as before.
func TestRecordsWithoutEvidence(t *testing.T) {
	const shared = `{"steps":[{"case":"login","role":"subject","operation":"login","status":401,"verdict":"rejected","reason":"credential","outcome":"refused","refusal":"certain"}]}`
	own, err := hex.DecodeString(oldOwn)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Unpack(Entry{Run: "r", Verdict: loginwatch.Rejected, Reason: loginwatch.ReasonCredential, Due: begin, At: begin}, []byte(shared), own)
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Run.Steps[0]; s.Evidence != nil || s.Duration != 80*time.Millisecond || s.Phases[loginwatch.PhaseWait] != 60*time.Millisecond || got.Run.Detail != "it was refused" {
		t.Errorf("%+v", got.Run)
	}
}

// oldOwn is what the first version wrote of such a run.
const oldOwn = "a0fe0ad00f00000e697420776173207265667573656480e2098002c0a907"
