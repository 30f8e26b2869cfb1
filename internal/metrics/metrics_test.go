package metrics

import (
	"errors"
	"flag"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/loginwatch/loginwatch"
)

var update = flag.Bool("update", false, "write the golden files")

var start = time.Date(2026, time.November, 21, 10, 0, 0, 0, time.UTC)

func job(probe string) loginwatch.Job {
	return loginwatch.Job{
		Probe: &loginwatch.Probe{
			Contract: &loginwatch.Contract{Vendor: "acme", SHA256: "5ec8", Documents: []loginwatch.Document{{File: "acme.txt"}}}, Name: probe,
			Objectives: loginwatch.Objectives{Availability: 0.995, Correctness: 0.999, LatencyQuantile: 0.95, Latency: 1500 * time.Millisecond},
		},
		Target:   &loginwatch.Target{Name: "production", Credential: "acme-production"},
		Interval: 5 * time.Minute,
	}
}

// run is a login over TLS that says all that a run can say while all is well.
func run(probe string) *loginwatch.Run {
	phases := map[loginwatch.Phase]time.Duration{}
	for i, p := range loginwatch.Phases {
		phases[p] = time.Duration(i+1) * 10 * time.Millisecond
	}
	return &loginwatch.Run{
		ID: "01JD0", Key: loginwatch.Key{Vendor: "acme", Probe: probe, Target: "production"}, Credential: "acme-production",
		Started: start, Duration: 250 * time.Millisecond, Lateness: 2 * time.Millisecond,
		Verdict: loginwatch.OK, CertificateEnds: start.AddDate(0, 3, 0),
		Steps: []loginwatch.StepResult{{
			Case: "valid-credentials", Operation: "login", HTTPStatus: 200, Duration: 250 * time.Millisecond, Phases: phases,
			Judgement: loginwatch.Judgement{
				Verdict: loginwatch.OK, Outcome: "success", Skew: -1500 * time.Millisecond, HasSkew: true,
				Token: loginwatch.TokenFacts{Present: true, HasLifetime: true, Lifetime: 4 * time.Hour, Documented: 24 * time.Hour},
			},
		}},
	}
}

// The end of our own certificate is told while we have one.
func TestClientCertificate(t *testing.T) {
	m := newMetrics(nil)
	m.SetJobs([]loginwatch.Job{job("login")})
	x := run("login")
	for _, ends := range []time.Time{{}, start.AddDate(0, 1, 0), {}} {
		x.ClientCertificateEnds = ends
		recorded(t, m.RecordRun(t.Context(), x))
		if told := strings.Contains(text(t, m), "loginwatch_client_certificate_not_after_timestamp_seconds{"); told == ends.IsZero() {
			t.Errorf("it ends %s: told %t", ends, told)
		}
	}
}

func failing(probe string, v loginwatch.Verdict, r loginwatch.Reason) *loginwatch.Run {
	x := run(probe)
	x.Verdict, x.Reason, x.Started = v, r, start.Add(time.Hour)
	x.Steps[0].Token, x.Steps[0].HasSkew, x.CertificateEnds = loginwatch.TokenFacts{}, false, time.Time{}
	return x
}

func slot(probe string) loginwatch.Slot {
	return loginwatch.Slot{Key: loginwatch.Key{Vendor: "acme", Probe: probe, Target: "production"}, Due: start, Planned: start}
}

// recorded checks that a recorder took what it was told.
func recorded(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func newMetrics(l loginwatch.Ledger) *Metrics {
	return New(Options{
		Version: "1.2.3", Revision: "abc", Ledger: l, Now: func() time.Time { return start },
		Upcoming: func() []loginwatch.Slot { return []loginwatch.Slot{slot("login"), slot("gone")} },
	})
}

// text scrapes our own metrics without what differs between builds.
func text(t *testing.T, m *Metrics) string {
	t.Helper()
	body, status := scrape(t, m, "text/plain")
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, body)
	}
	var ours []string
	for line := range strings.Lines(body) {
		if strings.Contains(line, "loginwatch_") {
			ours = append(ours, regexp.MustCompile(`goversion="[^"]*"`).ReplaceAllString(line, `goversion="go"`))
		}
	}
	return strings.Join(ours, "")
}

// story is a history with everything in it that is exported.
func story(t *testing.T) *Metrics {
	t.Helper()
	m := newMetrics(ledger{states: []loginwatch.CredentialState{
		{Credential: "acme-gone", Suspended: true, Until: start.Add(time.Hour)}, // of a target that was removed
		{Credential: "acme-production", Remaining: 3, Next: loginwatch.NextState{Standing: loginwatch.NextRefused}}, {Credential: "acme-staging", Suspended: true, Until: start.Add(time.Hour)},
	}})
	quiet := job("quiet")
	quiet.Target.Credential = "acme-staging"
	m.SetJobs([]loginwatch.Job{job("login"), quiet})
	m.ConfigReloaded(true, start)
	m.ConfigReloaded(false, start.Add(time.Minute))
	ctx := t.Context()
	recorded(t, m.RecordPlanned(t.Context(), slot("login")))
	recorded(t, m.RecordRun(ctx, run("login")))
	drift := failing("login", loginwatch.Drift, loginwatch.ReasonContract)
	drift.Steps[0].Findings = []loginwatch.Finding{
		{Class: loginwatch.Breaking, Kind: loginwatch.KindType}, {Class: loginwatch.Additive, Kind: loginwatch.KindExtra},
		{Class: loginwatch.Additive, Kind: loginwatch.KindExtra},
	}
	recorded(t, m.RecordRun(ctx, drift))
	recorded(t, m.RecordRun(ctx, failing("login", loginwatch.Unavailable, loginwatch.ReasonTimeout)))
	broken := failing("login", loginwatch.Broken, loginwatch.ReasonSecretMissing)
	broken.Steps = nil
	recorded(t, m.RecordRun(ctx, broken))
	recorded(t, m.RecordPlanned(t.Context(), slot("login")))
	recorded(t, m.RecordSkip(ctx, loginwatch.SkippedSlot{Slot: slot("login"), Reason: loginwatch.ReasonOverlap}))
	return m
}

func TestText(t *testing.T) {
	got := text(t, story(t))
	const golden = "testdata/metrics.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}
}

func TestLint(t *testing.T) {
	problems, err := testutil.GatherAndLint(gathered{t, story(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// seriesOf gives the samples of a probe that is labelled with its name.
func seriesOf(t *testing.T, m *Metrics, probe string) []string {
	t.Helper()
	var all []string
	for line := range strings.Lines(text(t, m)) {
		if !strings.HasPrefix(line, "#") && strings.Contains(line, `probe="`+probe+`"`) {
			all = append(all, line)
		}
	}
	return all
}

func TestSeriesOfAHealthyProbe(t *testing.T) {
	m := newMetrics(nil)
	m.SetJobs([]loginwatch.Job{job("login")})
	for range 100 {
		recorded(t, m.RecordPlanned(t.Context(), slot("login")))
		recorded(t, m.RecordRun(t.Context(), run("login")))
	}
	all := seriesOf(t, m, "login")
	t.Logf("%d series", len(all))
	if len(all) > 50 {
		t.Errorf("%d series for a probe while all is well, at most 50 are allowed:\n%s", len(all), strings.Join(all, ""))
	}
}

// However a vendor and our own mistakes behave, the number of series stays
// within the closed lists.
func TestLabelsAreClosed(t *testing.T) {
	m := newMetrics(nil)
	m.SetJobs([]loginwatch.Job{job("login")})
	odd := failing("login", "great", "because")
	odd.Steps[0].Findings = []loginwatch.Finding{
		{Class: "terrible", Kind: loginwatch.KindType}, {Class: loginwatch.Breaking, Kind: "hunter2"},
	}
	odd.Steps[0].Phases["lunch"] = time.Hour
	odd.ID = strings.Repeat("hunter2", 40)
	recorded(t, m.RecordRun(t.Context(), odd))
	recorded(t, m.RecordRun(t.Context(), failing("login", loginwatch.Skipped, "")))
	recorded(t, m.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: slot("login"), Reason: "tired"}))
	recorded(t, m.RecordRun(t.Context(), run("unknown")))
	recorded(t, m.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: slot("unknown"), Reason: loginwatch.ReasonOverlap}))
	recorded(t, m.RecordPlanned(t.Context(), slot("unknown")))
	got := text(t, m)
	for _, word := range []string{"great", "because", "terrible", "hunter2", "lunch", "tired", "unknown"} {
		if strings.Contains(got, word) {
			t.Errorf("%q became a label", word)
		}
	}
	for _, want := range []string{
		`loginwatch_runs_total{probe="login",target="production",vendor="acme",verdict="broken"} 2`,
		`loginwatch_runs_total{probe="login",target="production",vendor="acme",verdict="skipped"} 0`,
		`loginwatch_failures_total{probe="login",reason="internal",target="production",vendor="acme"} 4`,
		`loginwatch_slots_skipped_total{probe="login",reason="internal",target="production",vendor="acme"} 1`,
		`loginwatch_up{probe="login",target="production",vendor="acme"} 0`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("missing: %s", want)
		}
	}
}

func TestEveryVerdictStartsAtZero(t *testing.T) {
	m := newMetrics(nil)
	m.SetJobs([]loginwatch.Job{job("login")})
	got := text(t, m)
	for _, v := range loginwatch.Verdicts {
		if !strings.Contains(got, `vendor="acme",verdict="`+string(v)+`"} 0`) {
			t.Errorf("no counter at 0 for verdict %s", v)
		}
	}
	if strings.Contains(got, "loginwatch_up{") {
		t.Error("loginwatch_up has a value before the first run")
	}
}

func TestUp(t *testing.T) {
	m := newMetrics(nil)
	m.SetJobs([]loginwatch.Job{job("login")})
	for _, v := range loginwatch.Verdicts {
		if v == loginwatch.Skipped {
			continue
		}
		recorded(t, m.RecordRun(t.Context(), failing("login", v, loginwatch.ReasonInternal)))
		want := "0"
		if v == loginwatch.OK || v == loginwatch.Drift {
			want = "1"
		}
		recorded(t, m.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: slot("login"), Reason: loginwatch.ReasonSuspended}))
		if got := text(t, m); !strings.Contains(got, `loginwatch_up{probe="login",target="production",vendor="acme"} `+want+"\n") {
			t.Errorf("verdict %s: want up %s", v, want)
		}
	}
}

func TestReload(t *testing.T) {
	m := newMetrics(nil)
	m.SetJobs([]loginwatch.Job{job("stays"), job("leaves")})
	for _, p := range []string{"stays", "leaves"} {
		recorded(t, m.RecordRun(t.Context(), failing(p, loginwatch.Drift, loginwatch.ReasonToken)))
		recorded(t, m.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: slot(p), Reason: loginwatch.ReasonOverlap}))
	}
	changed := job("stays")
	changed.Probe.Contract.SHA256, changed.Interval = "0ther", time.Minute
	m.SetJobs([]loginwatch.Job{changed, job("new")})
	recorded(t, m.RecordRun(t.Context(), run("leaves"))) // it was under way
	if left := seriesOf(t, m, "leaves"); len(left) > 0 {
		t.Errorf("series of a removed probe:\n%s", strings.Join(left, ""))
	}
	stays := strings.Join(seriesOf(t, m, "stays"), "")
	for _, want := range []string{`verdict="drift"} 1`, `sha256="0ther"`, `loginwatch_probe_interval_seconds{probe="stays",target="production",vendor="acme"} 60`} {
		if !strings.Contains(stays, want) {
			t.Errorf("missing %s in:\n%s", want, stays)
		}
	}
	if strings.Contains(stays, "5ec8") {
		t.Error("the old contract is still there")
	}
	if len(seriesOf(t, m, "new")) == 0 {
		t.Error("no series of a new probe")
	}
}

func TestTokenWithoutLifetimeRemovesTheLastOne(t *testing.T) {
	m := newMetrics(nil)
	m.SetJobs([]loginwatch.Job{job("login")})
	recorded(t, m.RecordRun(t.Context(), run("login")))
	r := run("login")
	r.Steps[0].Token = loginwatch.TokenFacts{Present: true}
	recorded(t, m.RecordRun(t.Context(), r))
	if got := text(t, m); strings.Contains(got, "loginwatch_token_lifetime_seconds{") {
		t.Error("the lifetime of an earlier token is still there")
	}
}

func TestExemplarIsTheRun(t *testing.T) {
	m := newMetrics(nil)
	m.SetJobs([]loginwatch.Job{job("login")})
	recorded(t, m.RecordRun(t.Context(), run("login")))
	body, _ := scrape(t, m, "application/openmetrics-text;version=1.0.0")
	if !strings.Contains(body, `le="0.3"} 1 # {run="01JD0"} 0.25`) || !strings.HasSuffix(body, "# EOF\n") {
		t.Errorf("no exemplar in:\n%s", body)
	}
}

func TestLedgerThatFailsHidesNothingElse(t *testing.T) {
	m := newMetrics(ledger{err: errors.New("disk full")})
	m.SetJobs([]loginwatch.Job{job("login")})
	body, status := scrape(t, m, "text/plain")
	if status != http.StatusOK || !strings.Contains(body, "loginwatch_runs_total{") {
		t.Errorf("status %d:\n%s", status, body)
	}
	if !strings.Contains(body, `promhttp_metric_handler_errors_total{cause="gathering"} 1`) {
		t.Error("the error is not counted")
	}
}

func TestNamesThatAreNoText(t *testing.T) {
	m := newMetrics(ledger{states: []loginwatch.CredentialState{{Credential: "\xff"}}})
	bad := job("a\xff")
	bad.Probe.Contract.Documents[0].File, bad.Target.Credential = "\xfe", "\xff"
	m.SetJobs([]loginwatch.Job{bad})
	recorded(t, m.RecordRun(t.Context(), run("a\xff")))
	if got := text(t, m); !strings.Contains(got, "loginwatch_up{probe=\"a\uFFFD\"") {
		t.Error("the run was not counted")
	}
}

func TestConcurrentUse(t *testing.T) {
	m := newMetrics(ledger{})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 50 {
				switch i {
				case 0:
					m.SetJobs([]loginwatch.Job{job("login")})
					m.SetJobs(nil)
				case 1:
					recorded(t, m.RecordRun(t.Context(), run("login")))
				case 2:
					recorded(t, m.RecordPlanned(t.Context(), slot("login")))
					recorded(t, m.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: slot("login"), Reason: loginwatch.ReasonMissed}))
				case 3:
					_ = text(t, m)
				}
			}
		})
	}
	wg.Wait()
	m.SetJobs(nil)
	if left := seriesOf(t, m, "login"); len(left) > 0 {
		t.Errorf("series came back:\n%s", strings.Join(left, ""))
	}
}
