//go:build oncall

package alerttest

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// consequences of each alert: what it mutes. No other pair does.
var consequences = map[string][]string{
	"LoginwatchAllVendorsUnavailable": {
		"LoginDown", "LoginErrorBudgetBurn", "LoginErrorBudgetBurnSlow", "LoginSlow", "LoginThrottled", "LoginProbeStale", "LoginSlotsSkipped",
	},
	"LoginwatchClockWrong":        {"LoginClockSkew", "LoginProbeStale", "LoginSlotsSkipped"},
	"LoginwatchAbsent":            {"LoginwatchInstanceDown", "LoginSlotLost", "LoginProbeStale", "LoginSlotsSkipped"},
	"LoginwatchRestarting":        {"LoginwatchInstanceDown", "LoginSlotLost", "LoginProbeStale", "LoginSlotsSkipped"},
	"LoginwatchStoreFailing":      {"LoginProbeStale", "LoginSlotsSkipped"},
	"LoginDown":                   {"LoginErrorBudgetBurn", "LoginErrorBudgetBurnSlow", "LoginSlow", "LoginCertificateExpiring", "LoginCertificateExpiresSoon"},
	"LoginContractFailing":        {"LoginErrorBudgetBurn", "LoginErrorBudgetBurnSlow", "LoginSlow", "LoginContractBroken"},
	"LoginCredentialSuspended":    {"LoginCredentialRejected", "LoginProbeStale", "LoginSlotsSkipped"},
	"LoginCredentialRejected":     {"LoginErrorBudgetBurnSlow", "LoginSlow"},
	"LoginThrottled":              {"LoginErrorBudgetBurnSlow", "LoginSlow"},
	"LoginCertificateExpiresSoon": {"LoginCertificateExpiring"},
}

// TestCausesMuteTheirConsequences posts every pair of alerts to Alertmanager, each
// pair with a job of its own, and the second once more for another job, vendor
// and target. A cause that has no such label, as our network has no vendor, mutes
// those as well; but never another job.
func TestCausesMuteTheirConsequences(t *testing.T) {
	m := manage(t, t.TempDir(), text(t, routing), newReceiver(t).URL)
	kinds := labelsOfAlerts(t)
	var causes, others []labels
	want := map[string]bool{}
	for cause, from := range kinds {
		for other, to := range kinds {
			if cause == other {
				continue
			}
			from, to := from.with("job", cause+" "+other), to.with("job", cause+" "+other)
			mutes := slices.Contains(consequences[cause], other)
			causes, others = append(causes, from), append(others, to)
			want[to.String()] = mutes
			for _, name := range []string{"job", "vendor", "target"} {
				if to[name] != "" {
					elsewhere := to.with(name, to[name]+" elsewhere")
					others = append(others, elsewhere)
					want[elsewhere.String()] = mutes && from[name] == ""
				}
			}
		}
	}
	// Alertmanager takes them one after the other: when the last cause mutes, all do.
	last := labels{"severity": "page", "cause": "network", "job": "last"}
	m.post(t, append(causes, last))
	m.post(t, append(others, labels{"severity": "page", "cause": "outage", "job": "last"}))
	until(t, "the last alert is muted", time.Minute, func() error {
		if got, _ := m.muted(t); !got["cause=outage job=last severity=page"] {
			return errors.New("it is not")
		}
		return nil
	})
	got, _ := m.muted(t)
	for _, l := range others {
		if got[l.String()] != want[l.String()] {
			t.Errorf("cause, consequence %q: muted is %t: %v", l["job"], got[l.String()], l)
		}
	}
	for cause := range consequences {
		if kinds[cause] == nil {
			t.Errorf("no alert %s", cause)
		}
	}
}
