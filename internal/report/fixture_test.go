package report

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// everything is a report with every verdict and every class of finding.
func everything() Report {
	ms := func(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }
	missing := finding(loginwatch.Breaking, loginwatch.KindMissing, "/authResponse/userName", "string", "nothing", "beta.txt", "userName String")
	typed := finding(loginwatch.Breaking, loginwatch.KindType, "/authResponse/expirationTime", "integer", "string", "beta.txt", "expirationTime Number")
	typed.Schema = "schemas/beta/login.success.schema.json:12"
	digits := finding(loginwatch.Tolerated, loginwatch.KindType, "/ttl", "integer", "string of digits", "alpha.txt", "ttl string")
	digits.Defect = "ttl-type"
	extra := finding(loginwatch.Additive, loginwatch.KindExtra, "/region", "", "string", "alpha.txt", "")
	unnamed := finding(loginwatch.Additive, loginwatch.KindHeader, "", "", "header X-Region", "alpha.txt", "")
	return Report{
		Started: time.Date(2026, 11, 21, 3, 4, 5, 0, time.UTC),
		Version: "1.2.3",
		Results: []Result{
			{
				Vendor: "alpha", Case: "valid-credentials", Expectation: "outcome success", Target: "preproduction",
				Place: "contracts/alpha/contract.yaml:70", Run: "run-1", Verdict: loginwatch.OK, Outcome: "success",
				HTTPStatus: 200, Duration: ms(12.345678), Findings: []loginwatch.Finding{digits, extra, unnamed},
				Phases: map[loginwatch.Phase]time.Duration{
					loginwatch.PhaseDNS: ms(1), loginwatch.PhaseConnect: ms(2), loginwatch.PhaseTLS: ms(5),
					loginwatch.PhaseSend: ms(0.1), loginwatch.PhaseWait: ms(4), loginwatch.PhaseReceive: ms(0.2),
				},
			},
			{
				Vendor: "beta", Case: "valid-credentials", Expectation: "a login with the right credentials (outcome success)",
				Place: "contracts/beta/contract.yaml:50", Target: "https://user:hunter2@login.example/base?key=hunter2#hunter2",
				Run: "run-2", Verdict: loginwatch.Drift, Reason: loginwatch.ReasonContract, Outcome: "success",
				HTTPStatus: 200, Duration: ms(34), Findings: []loginwatch.Finding{missing, typed},
				Phases: map[loginwatch.Phase]time.Duration{loginwatch.PhaseWait: ms(33)},
			},
			{
				Vendor: "beta", Case: "unknown-user", Expectation: "outcome unknown-user", Place: "contracts/beta/contract.yaml:54",
				Target: "https://login.example/base", Run: "run-3", Verdict: loginwatch.Rejected, Reason: loginwatch.ReasonCredential, Refusal: loginwatch.RefusalCertain,
				Outcome: "login-failed", HTTPStatus: 401, Duration: ms(80),
			},
			{
				Vendor: "gamma-portal", Case: "valid-credentials", Expectation: "outcome success", Place: "contracts/gamma-portal/contract.yaml:9",
				Target: "production", Run: "run-4", Verdict: loginwatch.Throttled, Reason: loginwatch.ReasonRateLimit,
				Outcome: "too-many", HTTPStatus: 429, Duration: ms(9), Detail: "the vendor asks for 30 s of patience",
			},
			{
				Vendor: "gamma-portal", Case: "malformed-json", Expectation: "outcome syntax-error", Target: "production",
				Run: "run-5", Verdict: loginwatch.Unavailable, Reason: loginwatch.ReasonTimeout, Duration: ms(10000),
				Place: "contracts/gamma-portal/contract.yaml:14", Detail: "no answer within 10 s",
				Phases: map[loginwatch.Phase]time.Duration{
					loginwatch.PhaseDNS: ms(1), loginwatch.PhaseConnect: ms(30), loginwatch.PhaseWait: ms(9969),
				},
			},
			{
				Vendor: "delta", Case: "valid-credentials", Expectation: "outcome success", Place: "contracts/delta/contract.yaml:33",
				Target: "production", Run: "run-6", Verdict: loginwatch.Broken, Reason: loginwatch.ReasonSecretMissing,
				Detail: "secret password is missing: set env:LOGINWATCH_DELTA_PASSWORD",
			},
			{
				Vendor: "delta", Case: "wrong-password", Expectation: "outcome login-failed", Place: "contracts/delta/contract.yaml:40",
				Target: "production", Verdict: loginwatch.Skipped, Detail: "runs only when named: it can lock an account",
			},
		},
	}
}

func finding(class loginwatch.Class, kind loginwatch.Kind, pointer, documented, got, document, quote string) loginwatch.Finding {
	f := loginwatch.Finding{
		Class: class, Kind: kind, Pointer: pointer, Documented: documented, Got: got,
		Contract: "contracts/beta/contract.yaml:21", Document: document, Quote: quote,
	}
	f.Identify("beta", "valid-credentials")
	return f
}

// sources has the lines that the findings of everything point to.
func sources(file string, line int) (string, bool) {
	text, ok := map[string]string{
		"contracts/beta/contract.yaml:21":           "      success: {status: 200, schema: login.success, example: login.success.json, means: ok, when: [valid], cite: response}",
		"schemas/beta/login.success.schema.json:12": "\t\"expirationTime\": {",
		"contracts/beta/contract.yaml:54":           "  unknown-user:",
		"contracts/gamma-portal/contract.yaml:14":   "  - malformed-json: {operation: login}",
	}[loginwatch.Pos{File: file, Line: line}.String()]
	return text, ok
}

func render(t *testing.T, format string, r Report, opts Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, format, r, opts); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	plain := Options{Sources: sources}
	tests := []struct {
		file, format string
		report       Report
		opts         Options
	}{
		{"all.txt", "text", everything(), plain},
		{"all-narrow.txt", "text", everything(), Options{Sources: sources, Width: 72}},
		{"all-color.txt", "text", everything(), Options{Sources: sources, Color: true, Width: 100}},
		{"all.json", "json", everything(), plain},
		{"all.xml", "junit", everything(), plain},
		{"all.sarif", "sarif", everything(), plain},
		{"all.github", "github", everything(), plain},
		{"mixed.sarif", "sarif", mixed(), plain},
		{"mixed.github", "github", mixed(), plain},
		{"empty.txt", "text", Report{}, plain},
		{"empty.json", "json", Report{}, plain},
		{"empty.xml", "junit", Report{}, plain},
		{"empty.sarif", "sarif", Report{}, plain},
		{"empty.github", "github", Report{}, plain},
	}
	for _, tc := range tests {
		t.Run(tc.file, func(t *testing.T) {
			got := render(t, tc.format, tc.report, tc.opts)
			if strings.Contains(got, "hunter2") {
				t.Error("the target's user information or query is in the report")
			}
			path := filepath.Join("testdata", tc.file)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("run with -update when this is intended (-want +got):\n%s", diff)
			}
		})
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteReportsErrors(t *testing.T) {
	err := Write(brokenWriter{}, "text", everything(), Options{})
	if err == nil || err.Error() != "write text report: disk full" {
		t.Errorf("got %v", err)
	}
	err = Write(&bytes.Buffer{}, "yaml", everything(), Options{})
	if err == nil || err.Error() != `format "yaml": not one of text, json, junit, sarif, github` {
		t.Errorf("got %v", err)
	}
}
