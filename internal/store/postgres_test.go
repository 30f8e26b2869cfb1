//go:build postgres

package store

import (
	"context"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/store/pgtest"
	"github.com/loginwatch/loginwatch/internal/store/storetest"
)

// pgSecrets are those of a store of the tests.
type pgSecrets map[string]string

func (s pgSecrets) Secret(name string) (value string, found bool, err error) {
	value, found = s[name]
	return value, found, nil
}

func (s pgSecrets) Origin(name string) string { return "env:LOGINWATCH_STORE_" + strings.ToUpper(name) }

var testKey = strings.Repeat("5a", keyBytes)

func openPg(t testing.TB, pair *pgtest.Pair, database string) *Ledger {
	t.Helper()
	l, err := Open(context.Background(), Place{URL: pair.URL(database), Secrets: pgSecrets{"key": testKey}, Instance: "test"}, Budget{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return trusting(l)
}

// The law of all ledgers, over a primary with a synchronous standby: by one process, by
// one for each call, and by two that take turns.
func TestPostgreSQL(t *testing.T) {
	pair := pgtest.StartWithStandby(t)
	t.Run("texts", func(t *testing.T) { storetest.RunTexts(t, openPg(t, pair, pair.Database()).Learned()) })
	for name, open := range map[string]func(testing.TB, string) storetest.Store{
		"one": func(t testing.TB, database string) storetest.Store { return openPg(t, pair, database) },
		"restarts": func(t testing.TB, database string) storetest.Store {
			at := Place{URL: pair.URL(database), Secrets: pgSecrets{"key": testKey}}
			return &restarting{t, func(ctx context.Context) (*Ledger, error) { return Open(ctx, at, Budget{}) }}
		},
		"shared": func(t testing.TB, database string) storetest.Store {
			return &alternating{ledgers: [2]*Ledger{openPg(t, pair, database), openPg(t, pair, database)}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			database := pair.Database()
			storetest.Run(t, func(t testing.TB) storetest.Store {
				pair.Exec(database, "DROP SCHEMA IF EXISTS loginwatch CASCADE")
				return open(t, database)
			})
		})
	}
}

func TestPostgreSQLResume(t *testing.T) {
	pair := pgtest.Start(t)
	resumes(t, "PostgreSQL", openPg(t, pair, pair.Database()))
}
