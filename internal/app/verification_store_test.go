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
