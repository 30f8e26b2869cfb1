package store

import (
	"path/filepath"
	"testing"

	"github.com/loginwatch/loginwatch/internal/store/storetest"
)

// What answers look like is kept by every engine alike, and by two processes at one file;
// PostgreSQL's is in TestPostgreSQL.
func TestLearned(t *testing.T) {
	t.Run("memory", func(t *testing.T) { storetest.RunTexts(t, NewMemory(Budget{}).Learned()) })
	t.Run("SQLite", func(t *testing.T) {
		l := openAt(t, filepath.Join(t.TempDir(), "loginwatch.db"))
		storetest.RunTexts(t, l.Learned())
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}
