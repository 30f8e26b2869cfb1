package store

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// A file of each version that ever was is brought up to date, and nothing of it is
// forgotten: the suspension after three refusals, a slot that was taken, one that is
// under way, and the key.
func TestMigrations(t *testing.T) {
	files, err := filepath.Glob("testdata/version*.db")
	if err != nil || len(files) != len(migrations)-1 {
		t.Fatalf("%v, %v: want one of each version before %d", files, err, len(migrations))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "loginwatch.db")
			for from, to := range map[string]string{file: path, file[:len(file)-len("db")] + "key": path + ".key"} {
				data, err := os.ReadFile(from)
				if err == nil {
					err = os.WriteFile(to, data, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			for range 2 { // the second time there is nothing to be done
				l := openAt(t, path)
				a, err := l.Admit(t.Context(), claimed(8))
				if err != nil || a.Granted || a.Reason != loginwatch.ReasonSuspended && a.Reason != loginwatch.ReasonElsewhere {
					t.Errorf("got %+v, %v", a, err)
				}
				taken := claimed(0)
				taken.Credential = loginwatch.Credential{}
				if a, err := l.Admit(t.Context(), taken); err != nil || a.Reason != loginwatch.ReasonElsewhere {
					t.Errorf("a slot that was taken: %+v, %v", a, err)
				}
				if err := l.Past().RecordRun(t.Context(), &loginwatch.Run{ID: "r", Key: claimed(0).Slot.Key, Due: start, Started: start, Verdict: loginwatch.OK}); err != nil {
					t.Error(err)
				}
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			}
			l := openAt(t, path)
			defer func() { _ = l.Close() }()
			lost, err := l.Lost(t.Context(), start.Add(time.Hour), all)
			if err != nil || len(lost) != 1 || lost[0].Probe != "open" {
				t.Errorf("lost: %+v, %v", lost, err)
			}
			entries, err := l.Past().Entries(t.Context(), history.Query{})
			if err != nil || len(entries) != 1 || entries[0].Run != "r" {
				t.Errorf("entries: %+v, %v", entries, err)
			}
		})
	}
}
