package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/store"
)

// A case that a killed verification began is told by the next one, once, and counted as
// lost; what may be a slot of the daemon's is left to the daemon.
func TestVerificationTellsWhatWasLost(t *testing.T) {
	for probe, lost := range map[string]int{"daily": 1, "refresh": 0} { // the case is "refresh"
		t.Run(probe, func(t *testing.T) {
			vendor := newRotating(t)
			vendor.probe.Name = probe
			path := filepath.Join(t.TempDir(), "loginwatch.db")
			joining := func(do func(*store.Ledger)) {
				l, err := store.OpenSQLite(t.Context(), path, store.Budget{})
				if err != nil {
					t.Fatal(err)
				}
				do(l)
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			}
			joining(func(killed *store.Ledger) {
				began := time.Now().Add(-time.Hour)
				for _, name := range []string{"refresh", "daily"} {
					a, err := killed.Admit(t.Context(), loginwatch.Claim{At: began, Slot: loginwatch.Slot{
						Due: began, Key: loginwatch.Key{Vendor: vendor.contract.Vendor, Probe: name, Target: vendor.target.Name},
					}})
					if err != nil || !a.Granted {
						t.Fatalf("%+v, %v", a, err)
					}
				}
			})
			for _, want := range []int{lost, 0} {
				joining(func(joined *store.Ledger) {
					var told strings.Builder
					vendor.verified(t, app.NewVerification(app.VerificationOptions{Probes: []*loginwatch.Probe{vendor.probe}, Timeout: 5 * time.Second, Store: joined, Errors: &told}))
					if says := "was ended in the midst of example/refresh/" + vendor.target.Name + " at 20"; strings.Count(told.String(), says) != want || strings.Count(told.String(), "midst") != want {
						t.Errorf("it says %q, want it %d times", told.String(), want)
					}
				})
			}
			found, err := store.Check(t.Context(), store.Place{URL: "sqlite:" + path}, store.Keep{}, time.Now())
			if err != nil || found.Slots.Lost != lost || found.Slots.Open != 2-lost {
				t.Errorf("%+v, %v", found, err)
			}
		})
	}
}

// Without the store that it shares a verification sends nothing, and says why itself:
// it has no log.
func TestVerificationWithoutItsStore(t *testing.T) {
	vendor := newRotating(t)
	path := filepath.Join(t.TempDir(), "loginwatch.db")
	joined, err := store.OpenSQLite(t.Context(), path, store.Budget{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = joined.Close() }()
	if err := os.Rename(path, path+".aside"); err != nil {
		t.Fatal(err)
	}
	v := app.NewVerification(app.VerificationOptions{Probes: []*loginwatch.Probe{vendor.probe}, Timeout: 5 * time.Second, Store: joined})
	run := vendor.verified(t, v)
	if run.Verdict == loginwatch.OK || !strings.Contains(run.Detail, "was moved, deleted or replaced") || len(vendor.sent) > 0 ||
		strings.Contains(run.Detail, "was used up") || !strings.Contains(run.Detail, "may have been used up by this") {
		t.Errorf("%s %s %q, sent %v", run.Verdict, run.Reason, run.Detail, vendor.sent)
	}
}
