//go:build postgres

package sla

import (
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/store"
	"github.com/loginwatch/loginwatch/internal/store/pgtest"
)

// keyed is the key of a store.
type keyed struct{}

func (keyed) Secret(name string) (string, bool, error) {
	return strings.Repeat("5a", 32), name == "key", nil
}
func (keyed) Origin(string) string { return "the test" }

// A dossier of what PostgreSQL keeps is right to the second, too.
func TestPostgreSQLEachSecond(t *testing.T) {
	pair := pgtest.Start(t)
	at := store.Place{URL: pair.URL(pair.Database()), Secrets: keyed{}}
	eachSecond(t, 200, inStore(func() (*store.Ledger, error) { return store.Open(t.Context(), at, store.Budget{}) }))
}
