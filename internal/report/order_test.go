package report

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
)

// mixed is a report whose order of running is as bad as can be.
func mixed() Report {
	breaking := func(pointers ...string) (fs []loginwatch.Finding) {
		for _, p := range pointers {
			fs = append(fs, loginwatch.Finding{Class: loginwatch.Breaking, Kind: loginwatch.KindType, Pointer: p, Contract: "contracts/v/contract.yaml:2"})
		}
		return fs
	}
	harmless := func(class loginwatch.Class) []loginwatch.Finding {
		return []loginwatch.Finding{{Class: class, Kind: loginwatch.KindExtra, Pointer: "/h", Contract: "contracts/v/contract.yaml:3"}}
	}
	return Report{Version: "1", Results: []Result{
		{Vendor: "v", Case: "fine", Verdict: loginwatch.OK, Findings: harmless(loginwatch.Additive)},
		{Vendor: "v", Case: "not-run", Verdict: loginwatch.Skipped, Reason: loginwatch.ReasonConfigured},
		{Vendor: "v", Case: "variant", Verdict: loginwatch.OK, Findings: harmless(loginwatch.Tolerated)},
		{Vendor: "w", Case: "down", Verdict: loginwatch.Unavailable, Reason: loginwatch.ReasonDNS},
		{Vendor: "w", Case: "cut", Verdict: loginwatch.Skipped, Reason: loginwatch.ReasonShutdown},
		{Vendor: "w", Case: "no-secret", Verdict: loginwatch.Broken, Reason: loginwatch.ReasonSecretMissing},
		{Vendor: "w", Case: "cut-too", Verdict: loginwatch.Skipped, Reason: loginwatch.ReasonShutdown},
		{Vendor: "w", Case: "many", Verdict: loginwatch.Drift, Reason: loginwatch.ReasonContract, Findings: breaking("/1", "/2")},
		{Vendor: "w", Case: "bare", Verdict: loginwatch.Drift, Reason: loginwatch.ReasonRedirect},
		{Vendor: "x", Case: "refused", Verdict: loginwatch.Rejected, Reason: loginwatch.ReasonCredential, Findings: breaking("/3")},
	}}
}

// Whoever reads only the beginning reads why verify ended as it did.
func TestWorstFirst(t *testing.T) {
	var cases, told []string
	for _, res := range worstFirst(mixed()).Results {
		cases = append(cases, res.Case)
	}
	if diff := cmp.Diff([]string{"many", "bare", "refused", "cut", "no-secret", "cut-too", "down", "not-run", "fine", "variant"}, cases); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	for _, i := range mixed().issues() {
		text := i.Case
		if i.finding != nil {
			text += " " + i.finding.Pointer
		}
		told = append(told, text)
	}
	if diff := cmp.Diff([]string{"many /1", "bare", "refused /3", "many /2", "cut", "no-secret", "down", "variant /h", "fine /h"}, told); diff != "" {
		t.Errorf("issues (-want +got):\n%s", diff)
	}
}

// A case that could not be sent is told where nothing else explains the exit code.
func TestHeldCasesAreTold(t *testing.T) {
	held := Result{Vendor: "v", Case: "held", Verdict: loginwatch.Skipped, Reason: loginwatch.ReasonSuspended}
	for before, want := range map[loginwatch.Verdict]int{loginwatch.OK: 1, loginwatch.Rejected: 0} {
		told := 0
		for _, i := range (Report{Results: []Result{{Vendor: "v", Case: "before", Verdict: before}, held}}).issues() {
			if i.Case == "held" {
				told++
			}
		}
		if told != want {
			t.Errorf("after %s: told %d times, want %d", before, told, want)
		}
	}
}

func TestOrderInEveryFormat(t *testing.T) {
	worst := []string{"many", "refused", "no-secret", "down"}
	for format, want := range map[string][]string{
		"text":   append(slices.Clone(worst), "not-run", "fine"),
		"junit":  append(slices.Clone(worst[:1]), "no-secret", "down", "refused", "not-run", "fine"), // by vendor
		"sarif":  append(slices.Clone(worst), "variant", "fine"),
		"github": append(slices.Clone(worst), "variant", "fine"),
		"json":   {"fine", "not-run", "variant", "down", "no-secret", "many", "refused"}, // as it ran
	} {
		text := render(t, format, mixed(), Options{})
		if format == "sarif" {
			_, text, _ = strings.Cut(text, `"results": [`)
		}
		at := 0
		for _, id := range want {
			i := strings.Index(text[at:], id)
			if i < 0 {
				t.Errorf("%s: %q does not come where it should in\n%s", format, id, text)
				break
			}
			at += i
		}
	}
}

// The same difference at two targets is two things to mend.
func TestTargetsAreToldApart(t *testing.T) {
	drifted := Result{
		Vendor: "v", Case: "c", Verdict: loginwatch.Drift, Reason: loginwatch.ReasonContract, Place: "contracts/v/contract.yaml:2",
		Findings: []loginwatch.Finding{
			{Class: loginwatch.Breaking, Kind: loginwatch.KindType, Contract: "contracts/v/contract.yaml:3", Fingerprint: "same"},
			{Class: loginwatch.Additive, Kind: loginwatch.KindExtra, Contract: "contracts/v/contract.yaml:3", Fingerprint: "alike"},
			{Class: loginwatch.Additive, Kind: loginwatch.KindExtra, Contract: "contracts/v/contract.yaml:3", Fingerprint: "alike"},
		},
	}
	down := Result{Vendor: "v", Case: "c", Verdict: loginwatch.Unavailable, Reason: loginwatch.ReasonDNS, Place: "contracts/v/contract.yaml:2"}
	var r Report
	for _, target := range []string{"production", "https://login.example/base"} {
		drifted.Target, down.Target = target, target
		r.Results = append(r.Results, drifted, down)
	}
	var log sarifLog
	if err := json.Unmarshal([]byte(render(t, "sarif", r, Options{})), &log); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, res := range log.Runs[0].Results {
		if !strings.Contains(res.Message.Text, " at "+res.Properties.Target+": ") {
			t.Errorf("message %q does not name the target %s", res.Message.Text, res.Properties.Target)
		}
		ids[res.Fingerprints["primaryLocationLineHash"]] = true
	}
	if got := len(log.Runs[0].Results); got != 8 || len(ids) != got {
		t.Errorf("%d results with %d fingerprints, want 8 of each", got, len(ids))
	}
	for i, line := range strings.Split(strings.TrimSpace(render(t, "github", r, Options{})), "\n") {
		_, message, isCommand := strings.Cut(line[2:], "::")
		if isCommand && !strings.HasSuffix(message, "%0ATarget: production") && !strings.HasSuffix(message, "%0ATarget: https://login.example/base") {
			t.Errorf("line %d does not name its target: %s", i+1, line)
		}
	}
}

// What shows a repository gets the names that it knows; people keep those that
// they can open from where they are.
func TestAddresses(t *testing.T) {
	opts := Options{Address: func(file string) string { return "root of/" + file }}
	r := Report{Results: []Result{{
		Vendor: "v", Case: "c", Verdict: loginwatch.Drift, Reason: loginwatch.ReasonContract, Place: "packs/contract.yaml:2",
		Findings: []loginwatch.Finding{{Class: loginwatch.Breaking, Kind: loginwatch.KindType, Contract: "packs/contract.yaml:3", Schema: "packs/s.json:4"}},
	}, {
		Vendor: "v", Case: "d", Verdict: loginwatch.Unavailable, Reason: loginwatch.ReasonDNS, Place: "packs/contract.yaml:2",
	}}}
	for format, want := range map[string]map[string]int{
		"sarif":  {`"uri": "root%20of/packs/contract.yaml"`: 2, `"uri": "root%20of/packs/s.json"`: 1},
		"github": {"file=root of/packs/contract.yaml,line=": 2},
		"text":   {"root of": 0, "--> packs/contract.yaml:3": 1},
		"json":   {"root of": 0, `"contract": "packs/contract.yaml:3"`: 1},
		"junit":  {"root of": 0, "packs/contract.yaml:3": 1},
	} {
		text := render(t, format, r, opts)
		for part, n := range want {
			if got := strings.Count(text, part); got != n {
				t.Errorf("%s has %q %d times, want %d:\n%s", format, part, got, n, text)
			}
		}
	}
}

// Silence is no success in any format.
func TestNothingRan(t *testing.T) {
	r := Report{Results: []Result{{Vendor: "v", Case: "c", Verdict: loginwatch.Skipped, Reason: loginwatch.ReasonConfigured}}}
	for format, want := range map[string]string{
		"sarif": nothingRan, "github": "::error title=loginwatch::" + nothingRan,
	} {
		if got := render(t, format, r, Options{}); !strings.Contains(got, want) {
			t.Errorf("%s lacks %q:\n%s", format, want, got)
		}
	}
}

func TestEveryKindHasWords(t *testing.T) {
	for _, kind := range loginwatch.Kinds {
		if kindWords()[kind] == "" {
			t.Errorf("SARIF has no words for findings of kind %s", kind)
		}
	}
	if got, want := len(kindWords()), len(loginwatch.Kinds); got != want {
		t.Errorf("words for %d kinds of %d", got, want)
	}
}

func TestSARIFVersion(t *testing.T) {
	for version, want := range map[string]string{
		"1.2.3": "1.2.3", "v1.2.3": "1.2.3", "v0.0.0-20260131-abc": "0.0.0-20260131-abc", "dev": "0.0.0-dev", "": "0.0.0",
	} {
		if got := numeric(version); got != want {
			t.Errorf("%q: got %q, want %q", version, got, want)
		}
	}
}

// What came of a login is told as far as it came.
func TestAnswerText(t *testing.T) {
	for want, res := range map[string]Result{
		"none, nothing was sent":                             {},
		"none, failed after 2.0 ms":                          {Duration: 2 * time.Millisecond, Reason: loginwatch.ReasonReset},
		"HTTP 200, not complete, after 2.0 ms":               {Duration: 2 * time.Millisecond, HTTPStatus: 200, Reason: loginwatch.ReasonReset},
		"HTTP 200, no documented outcome fits, after 2.0 ms": {Duration: 2 * time.Millisecond, HTTPStatus: 200, Reason: loginwatch.ReasonNotJSON},
		"HTTP 401, outcome refused, after 2.0 ms":            {Duration: 2 * time.Millisecond, HTTPStatus: 401, Reason: loginwatch.ReasonCredential, Outcome: "refused"},
	} {
		if got := answerText(res); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
