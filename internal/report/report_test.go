package report

import (
	"html"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
)

func TestExitCode(t *testing.T) {
	breaking := []loginwatch.Finding{{Class: loginwatch.Breaking, Kind: loginwatch.KindType}}
	harmless := []loginwatch.Finding{{Class: loginwatch.Tolerated}, {Class: loginwatch.Additive}}
	verdicts := func(vs ...loginwatch.Verdict) Report {
		var r Report
		for _, v := range vs {
			r.Results = append(r.Results, Result{Verdict: v})
		}
		return r
	}
	skips := func(v loginwatch.Verdict, reason loginwatch.Reason) Report {
		return Report{Results: []Result{{Verdict: v}, {Verdict: loginwatch.Skipped, Reason: reason}}}
	}
	tests := []struct {
		name   string
		report Report
		want   int
	}{
		{"nothing ran", Report{}, 4},
		{"ok", verdicts(loginwatch.OK), 0},
		{"skipped alone", verdicts(loginwatch.Skipped), 4},
		{"ok and skipped", verdicts(loginwatch.OK, loginwatch.Skipped), 0},
		{"ok and one whose fetched value is configured", skips(loginwatch.OK, loginwatch.ReasonConfigured), 0},
		{"ok and one that could not be sent", skips(loginwatch.OK, loginwatch.ReasonSuspended), 4},
		{"ok and one that the vendor's rate had no room for", skips(loginwatch.OK, loginwatch.ReasonRateLimit), 4},
		{"a refusal and one that could not be sent after it", skips(loginwatch.Rejected, loginwatch.ReasonSuspended), 3},
		{"drift and one that could not be sent", skips(loginwatch.Drift, loginwatch.ReasonRetryAfter), 1},
		{"drift", verdicts(loginwatch.OK, loginwatch.Drift), 1},
		{"drift before our own fault", verdicts(loginwatch.Broken, loginwatch.Unavailable, loginwatch.Drift), 1},
		{"our own fault before the vendor's", verdicts(loginwatch.Unavailable, loginwatch.Broken, loginwatch.Unavailable), 4},
		{"unavailable", verdicts(loginwatch.OK, loginwatch.Unavailable, loginwatch.OK), 3},
		{"throttled", verdicts(loginwatch.Throttled), 3},
		{"rejected", verdicts(loginwatch.Rejected), 3},
		{"a verdict that nobody set", verdicts(""), 4},
		{"a verdict that nobody knows", verdicts("fine"), 4},
		{"harmless findings", Report{Results: []Result{{Verdict: loginwatch.OK, Findings: harmless}}}, 0},
		{"breaking findings under ok", Report{Results: []Result{{Verdict: loginwatch.OK, Findings: breaking}}}, 1},
		{"breaking findings of a refusal", Report{Results: []Result{{Verdict: loginwatch.Rejected, Findings: breaking}}}, 1},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := ExitCode(tc.report); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}

// Every way to read a report must tell a failure from a success: a verdict that
// nobody set, or an ok that its findings belie, is none.
func TestMistakesOfOursAreNoSuccess(t *testing.T) {
	r := Report{Results: []Result{
		{Vendor: "v", Case: "unset"},
		{Vendor: "v", Case: "belied", Verdict: loginwatch.OK, Findings: []loginwatch.Finding{{Class: loginwatch.Breaking, Kind: loginwatch.KindType}}},
	}}
	for format, signs := range map[string][]string{
		"text":   {"broken: v unset (internal)", "drift: v belied (contract)", "1 drift, 1 broken"},
		"json":   {`"drift": 1`, `"broken": 1`, `"ok": 0`},
		"junit":  {`failures="1" errors="1"`},
		"sarif":  {`"run/internal"`, `"finding/type"`},
		"github": {"title=v unset%3A broken (internal)", "title=v belied%3A type"},
	} {
		got := render(t, format, r, Options{})
		for _, sign := range signs {
			if !strings.Contains(got, sign) {
				t.Errorf("%s lacks %q:\n%s", format, sign, got)
			}
		}
	}
}

func TestFromRun(t *testing.T) {
	success, refused := &loginwatch.Outcome{ID: "success"}, &loginwatch.Outcome{ID: "refused"}
	c := &loginwatch.Case{
		ID: "login", Title: "the right credentials", Expect: []*loginwatch.Outcome{success, refused}, Undocumented: true,
		Pos: loginwatch.Pos{File: "contracts/v/contract.yaml", Line: 9, Column: 3},
	}
	findings := []loginwatch.Finding{{Class: loginwatch.Additive, Kind: loginwatch.KindExtra}}
	step := func(id string, status int) loginwatch.StepResult {
		return loginwatch.StepResult{
			Case: id, HTTPStatus: status, Phases: map[loginwatch.Phase]time.Duration{loginwatch.PhaseWait: time.Second},
			Judgement: loginwatch.Judgement{Outcome: "success", Findings: findings},
		}
	}
	run := loginwatch.Run{
		Key: loginwatch.Key{Vendor: "v", Target: "production"}, ID: "run", Duration: 3 * time.Second, Verdict: loginwatch.OK,
		Steps: []loginwatch.StepResult{step("key", http.StatusOK), step("login", http.StatusCreated)},
	}
	run.Steps[1].Role, run.Steps[1].Refusal = loginwatch.RoleSubject, loginwatch.RefusalCertain
	want := Result{
		Vendor: "v", Case: "login", Expectation: "the right credentials (outcome success or refused or an undocumented answer)",
		Place: "contracts/v/contract.yaml:9", Target: "production", Run: "run", Verdict: loginwatch.OK, Outcome: "success",
		HTTPStatus: http.StatusCreated, Duration: 3 * time.Second, Refusal: loginwatch.RefusalCertain, Findings: slices.Concat(findings, findings),
		Phases: map[loginwatch.Phase]time.Duration{loginwatch.PhaseWait: 2 * time.Second},
	}
	if diff := cmp.Diff(want, FromRun(&run, c)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	early := run
	early.Steps, early.Verdict, early.Detail = early.Steps[:1], loginwatch.Rejected, "refused"
	if got, want := FromRun(&early, c).Detail, "decided by the step key before it: refused"; got != want {
		t.Errorf("detail %q, want %q", got, want)
	}
	unsent := loginwatch.Run{Verdict: loginwatch.Broken, Duration: time.Millisecond, Detail: "no secret"}
	if got := FromRun(&unsent, c); got.Duration != 0 || got.Detail != "no secret" {
		t.Errorf("nothing was sent, but got duration %s and detail %q", got.Duration, got.Detail)
	}
}

// Whoever is woken must be told what to do, whatever the reason and the format.
func TestAdvice(t *testing.T) {
	for _, verdict := range loginwatch.Verdicts {
		for _, reason := range append(slices.Clone(loginwatch.Reasons), "a reason of tomorrow") {
			res := Result{Vendor: "v", Case: "c", Verdict: verdict, Reason: reason}
			if !res.failed() {
				continue
			}
			a := advice.For(verdict, reason)
			for _, format := range []string{"text", "junit", "sarif", "github"} {
				got := html.UnescapeString(render(t, format, Report{Results: []Result{res}}, Options{}))
				if !strings.Contains(got, string(a.Blame)+": "+a.Says) || !strings.Contains(got, a.Next) {
					t.Errorf("%s, %s as %s lacks %+v:\n%s", verdict, reason, format, a, got)
				}
			}
		}
	}
}

func TestManyFindingsStayReadable(t *testing.T) {
	res := Result{Vendor: "v", Case: "c", Verdict: loginwatch.Drift, Reason: loginwatch.ReasonContract, HTTPStatus: 200}
	for range 1000 {
		res.Findings = append(res.Findings,
			loginwatch.Finding{Class: loginwatch.Breaking, Kind: loginwatch.KindType, Pointer: "/a"},
			loginwatch.Finding{Class: loginwatch.Additive, Kind: loginwatch.KindExtra, Pointer: "/b"})
	}
	got := render(t, "text", Report{Results: []Result{res}}, Options{})
	for _, want := range []string{"990 further breaking findings", "and 995 more"} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if lines := strings.Count(got, "\n"); lines > 60 {
		t.Errorf("%d lines", lines)
	}
}

func TestWidth(t *testing.T) {
	r := everything()
	for _, width := range []int{60, 80, 120} {
		text := render(t, "text", r, Options{Width: width, Sources: sources})
		_, blocks, _ := strings.Cut(text, "\n\n")
		blocks, _, _ = strings.Cut(blocks, "Worth knowing")
		for line := range strings.Lines(blocks) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > width {
				t.Errorf("width %d: %d characters in %q", width, n, line)
			}
		}
	}
}

// Words that nobody has looked up are nobody's.
func TestCitation(t *testing.T) {
	for _, tt := range []struct{ document, quote, want string }{
		{"acme.txt", "the token", "acme.txt: “the token”"},
		{"acme.txt", "", "acme.txt"},
		{"acme.txt", loginwatch.Todo, "TODO, not looked up in a document yet"},
		{"", "the token", "the token"},
	} {
		if got := citation(loginwatch.Finding{Document: tt.document, Quote: tt.quote}); got != tt.want {
			t.Errorf("%q of %q became %q, not %q", tt.quote, tt.document, got, tt.want)
		}
	}
}
