//go:build postgres

package store

import (
	"testing"

	"github.com/loginwatch/loginwatch/internal/store/pgtest"
)

func TestPostgreSQLKeepsWhatNewerVersionsWrite(t *testing.T) {
	pair := pgtest.Start(t)
	keepsNewer(t, "PostgreSQL", func(t testing.TB) *Ledger { return openPg(t, pair, pair.Database()) })
}
