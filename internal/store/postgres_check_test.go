//go:build postgres

package store

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/report"
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
		c := claimed(i)
		c.Opens = i == 3
		a, err := l.Admit(t.Context(), c)
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
	refused := claimed(4) // whose limit is a row to be locked, of which it has nothing to say
	refused.Opens, refused.Limits = true, []loginwatch.OperationLimit{{Operation: "login", Requests: 1, Limit: loginwatch.RateLimit{Requests: 1, Per: time.Minute}}}
	if a, err := l.Admit(t.Context(), refused); err != nil || a.Granted {
		t.Fatalf("beside one that is under way: %+v, %v", a, err)
	}
	err := l.Rotate(t.Context(), loginwatch.RotatingSecret{Vendor: "acme", Name: "refresh_token"}, func(r *loginwatch.Rotated) { r.Value = "the next one" })
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // any runs will do
	for i := range 3 {
		if err := l.Past().RecordRun(t.Context(), aRun(r, claimed(i).Slot.Key, claimed(i).Slot.Due, loginwatch.OK)); err != nil {
			t.Fatal(err)
		}
	}
	waitUntil(t, func() bool {
		found, err := Check(t.Context(), at, Keep{}, endOfLived)
		return err == nil && found.History != nil && found.History.Runs == 3
	})
	if err := l.Past().Tidy(t.Context(), endOfLived, Keep{}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	lines := report.NewExport(&b)
	err = ExportTo(t.Context(), at, Export{}, endOfLived, func(of Exported) error {
		return lines.Begin(report.Meta{At: endOfLived, Engine: of.Engine, Version: of.Version, What: []string{}})
	}, lines)
	if err := errors.Join(err, lines.End()); err != nil {
		t.Fatal(err)
	}
	all := strings.Split(strings.TrimSpace(b.String()), "\n")
	if got := linesByKind(t, all); got["run"] != 3 || got["slot"] != 5 || got["total"] != 2 || got["credential"] != 1 {
		t.Errorf("exported: %v", got)
	}
	asExported(t, all)
	for _, tt := range []struct{ statement, says string }{
		{"", ""},
		{"UPDATE loginwatch.slot SET settled = NULL WHERE due = (SELECT min(due) FROM loginwatch.slot)", "slots are not in exactly one of the states"},
		{"UPDATE loginwatch.detail SET own = substr(own, 1, 2) WHERE n = (SELECT min(n) FROM loginwatch.detail)", "runs of the history can't be read"},
		{"DELETE FROM loginwatch.run", "are others than the lines that they were made of"},
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
		if s.Planned != 5 || s.Open != 1 || found.Credentials.InUse != 1 || found.Credentials.Sealed != 1 || found.Store.Engine != "postgresql" {
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
