//go:build real

package realtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/report"
)

// verifyLimit bounds one verification of all cases. A second login by one-time codes
// waits for the next one, half a minute at most.
const verifyLimit = 90 * time.Second

// vendor is a contract with its probes.
type vendor struct {
	*loginwatch.Contract
	probes []*loginwatch.Probe
}

// load reads a vendor: of the embedded pack, of one of the gallery, or of one that
// is there for this test alone.
func load(t *testing.T, name string) vendor {
	t.Helper()
	var files app.Files
	for _, packs := range []string{filepath.Join("..", "..", "packs"), filepath.Join("testdata", "packs")} {
		if _, err := os.Stat(filepath.Join(packs, name)); err == nil {
			files.Packs = append(files.Packs, filepath.Join(packs, name))
		}
	}
	reading, problems := files.Read()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return vendor{contract(t, reading.Catalog, name), reading.Catalog.Probes}
}

func contract(t *testing.T, catalog *pack.Catalog, name string) *loginwatch.Contract {
	t.Helper()
	c := catalog.Contract(name)
	if c == nil {
		t.Fatalf("no pack has the vendor %s", name)
	}
	return c
}

// simulator gives targets at our own rendering of the contract.
func (v vendor) simulator(t *testing.T) func() *loginwatch.Target {
	t.Helper()
	targets, stop, err := app.StartSimulators(context.Background(), []*loginwatch.Contract{v.Contract}, v.probes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return func() *loginwatch.Target { return targets[v.Vendor][0] }
}

// verify runs cases as the command does, in one verification: a credential that
// was refused in it is not sent again.
func (v vendor) verify(t *testing.T, target *loginwatch.Target, cases ...*loginwatch.Case) []app.CaseRun {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), verifyLimit)
	defer cancel()
	runs := app.NewVerification(app.VerificationOptions{
		Probes: v.probes, Timeout: 10 * time.Second, UserAgent: "loginwatch-realtest",
	}).Run(ctx, cases, v.Contract, target)
	tellsNoSecret(t, runs)
	return runs
}

// tellsNoSecret holds every report of the runs to the promise that none has one.
func tellsNoSecret(t *testing.T, runs []app.CaseRun) {
	t.Helper()
	var r report.Report
	for _, run := range runs {
		r.Results = append(r.Results, report.FromRun(run.Run, run.Case))
	}
	for _, format := range []string{"text", "json", "junit", "sarif", "github"} {
		var b bytes.Buffer
		if err := report.Write(&b, format, r, report.Options{}); err != nil {
			t.Fatal(err)
		}
		for name, value := range account {
			if strings.Contains(b.String(), value) {
				t.Errorf("the %s report holds the %s", format, name)
			}
		}
	}
}

// split parts the cases that verify runs from those that somebody must name.
func (v vendor) split() (safe, named []*loginwatch.Case) {
	for _, k := range v.Cases {
		if k.OnlyWhenNamed() {
			named = append(named, k)
		} else {
			safe = append(safe, k)
		}
	}
	return safe, named
}

// everyCase runs all cases against targets: what is safe at once, each of the
// others on its own, since it may cost the credential its rest.
func (v vendor) everyCase(t *testing.T, target func() *loginwatch.Target) []app.CaseRun {
	t.Helper()
	safe, named := v.split()
	runs := v.verify(t, target(), safe...)
	for _, k := range named {
		runs = append(runs, v.verify(t, target(), k)...)
	}
	return runs
}

// well holds every run to be ok and to have found nothing, be it only an
// undocumented field: the packs here are as exact as their servers.
func well(t *testing.T, runs []app.CaseRun) {
	t.Helper()
	for _, r := range runs {
		if r.Run.Verdict != loginwatch.OK || len(findingsOf(r.Run)) > 0 {
			t.Error(said(r))
		}
	}
}

// said is what a run says, in a line and its findings.
func said(r app.CaseRun) string {
	text := fmt.Sprintf("case %s: %s %s %s", r.Case.ID, r.Run.Verdict, r.Run.Reason, r.Run.Detail)
	for _, s := range r.Run.Steps {
		text += fmt.Sprintf("\n  step %s: HTTP %d, outcome %q", s.Case, s.HTTPStatus, s.Outcome)
		for _, f := range s.Findings {
			text += fmt.Sprintf("\n    %s %s %s: documented %s, got %s", f.Class, f.Kind, f.Pointer, f.Documented, f.Got)
		}
	}
	return text
}

// findingsOf lists the findings of a run in short, sorted.
func findingsOf(r *loginwatch.Run) []string {
	var list []string
	for _, s := range r.Steps {
		for _, f := range s.Findings {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s", f.Class, f.Kind, f.Pointer)))
		}
	}
	slices.Sort(list)
	return list
}

// refused holds the login with a wrong value of a secret to be rejected, and the control
// after it, where the contract has one, to be answered as documented.
func (v vendor) refused(t *testing.T, target *loginwatch.Target, wrong string) {
	t.Helper()
	secrets := map[string]string{}
	for _, s := range v.Secrets {
		value, _, err := target.Secrets.Secret(s.Name)
		if err != nil {
			t.Fatal(err)
		}
		secrets[s.Name] = value
	}
	secrets[wrong] = "not-" + secrets[wrong]
	target.Secrets = config.Static("the test", secrets)
	login := v.Case("valid-credentials")
	r := v.verify(t, target, login)[0]
	if r.Run.Verdict != loginwatch.Rejected || r.Run.Reason != loginwatch.ReasonCredential {
		t.Errorf("with a wrong %s: %s", wrong, said(r))
	}
	if sent := r.Run.Control(); (sent != nil) != (login.Operation.Control != nil) || sent != nil && sent.Verdict != loginwatch.OK {
		t.Errorf("with a wrong %s, the control: %+v", wrong, sent)
	}
}
