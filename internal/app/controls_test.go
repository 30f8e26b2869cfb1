package app_test

import (
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/pack/packtest"
)

// Each control of each pack tells the three simulated refusals apart, by the daemon's
// own code. A control that its document does not tell from a refusal would show here.
func TestControlsOfPacks(t *testing.T) {
	catalog := packtest.All(t)
	controls := 0
	for fault, want := range map[string]loginwatch.Reason{
		"reject": loginwatch.ReasonCredential, "reject-all": loginwatch.ReasonVendor, "reject-wall": loginwatch.ReasonBlocked,
	} {
		targets, stop, err := app.StartSimulators(t.Context(), catalog.Contracts, catalog.Probes, fault)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range catalog.Contracts {
			for _, k := range c.Cases {
				if k.Operation.Control == nil || k.OnlyWhenNamed() || !k.SuccessDue() || !k.SendsCredential() {
					continue
				}
				controls++
				v := app.NewVerification(app.VerificationOptions{Probes: catalog.Probes, Timeout: 5 * time.Second})
				run := v.Run(t.Context(), []*loginwatch.Case{k}, c, targets[c.Vendor][0])[0].Run
				if run.Verdict != loginwatch.Rejected || run.Reason != want || run.Refusal() != loginwatch.RefusalCertain {
					t.Errorf("%s %s under %s: %s %s, want %s (%s)", c.Vendor, k.ID, fault, run.Verdict, run.Reason, want, run.Detail)
				}
				if s := run.Control(); s == nil || s.Case != k.Operation.Control.ID || (s.Verdict == loginwatch.OK) != (want == loginwatch.ReasonCredential) {
					t.Errorf("%s %s under %s: control %+v", c.Vendor, k.ID, fault, s)
				}
			}
		}
		stop()
	}
	if controls < 3 {
		t.Errorf("%d controls were tried", controls)
	}
}
