//go:build postgres

package store

import (
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/store/pgtest"
)

// A store in PostgreSQL is held to the same, by the same statements.
func TestPostgreSQLCheck(t *testing.T) {
	pair := pgtest.StartWithStandby(t)
	database := pair.Database()
	at := Place{URL: pair.URL(database), Secrets: pgSecrets{"key": testKey}}
	if _, err := Check(t.Context(), at, Keep{}, endOfLived); err == nil || !strings.Contains(err.Error(), "nothing is in it yet: serve makes its tables") {
		t.Errorf("an empty database: %v", err)
	}
	l := openPg(t, pair, database)
	for i := range 4 {
		a, err := l.Admit(t.Context(), claimed(i))
		if err != nil || !a.Granted {
			t.Fatalf("%+v, %v", a, err)
		}
		if i == 3 {
			break
		}
		if _, err := l.Settle(t.Context(), a, loginwatch.Settlement{At: claimed(i).At.Add(time.Second), Accepted: true}); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ statement, says string }{
		{"", ""},
		{"UPDATE loginwatch.slot SET settled = NULL WHERE due = (SELECT min(due) FROM loginwatch.slot)", "slots are not in exactly one of the states"},
		{"INSERT INTO loginwatch.record VALUES ('streak', 'x', 'y', 1)", `records are of a kind that this version does not know: "streak"`},
	} {
		if tt.statement != "" {
			pair.Exec(database, tt.statement)
		}
		found, err := Check(t.Context(), at, Keep{}, endOfLived)
		if err != nil {
			t.Fatal(err)
		}
		s := found.Slots
		if s.Planned != 4 || s.Open != 1 || found.Credentials.InUse != 1 || found.Store.Engine != "postgresql" {
			t.Errorf("%+v", found)
		}
		says := ""
		for _, f := range found.Faults {
			says += f.What
		}
		if !strings.Contains(says, tt.says) || tt.says == "" && says != "" {
			t.Errorf("got %q, want %q", says, tt.says)
		}
		asPublished(t, found)
	}
	at.Secrets = pgSecrets{"key": strings.Repeat("a5", keyBytes)}
	if found, err := Check(t.Context(), at, Keep{}, endOfLived); err != nil || !strings.Contains(found.Store.Key, "another one") {
		t.Errorf("another key: %+v, %v", found, err)
	}
}
