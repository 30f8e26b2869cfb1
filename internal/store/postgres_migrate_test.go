//go:build postgres

package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/store/pgtest"
)

// knowing opens a store as the program of a version does.
func knowing(t *testing.T, pair *pgtest.Pair, database string, migrations []string) (*Ledger, error) {
	t.Helper()
	l, err := openPostgreSQL(t.Context(), Place{URL: pair.URL(database), Secrets: pgSecrets{"key": testKey}, Instance: "test"}, Budget{}, migrations)
	if err == nil {
		t.Cleanup(func() { _ = l.Close() })
	}
	return l, err
}

func pgVersionAt(pair *pgtest.Pair, database string) (version string) {
	pair.Value(database, `SELECT value FROM loginwatch.meta WHERE name = 'version'`, &version)
	return version
}

// A database of each version that ever was is brought up to date, by one of those who come
// at once, and nothing of it is forgotten: the suspension after three refusals, a slot
// that was taken, one that is under way.
func TestPostgreSQLMigrations(t *testing.T) {
	pair := pgtest.Start(t)
	files, err := filepath.Glob("testdata/version*.sql")
	if err != nil || len(files) != len(pgMigrations)-1 {
		t.Fatalf("%v, %v: want one of each version before %d", files, err, len(pgMigrations))
	}
	for _, file := range append(files, "") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			database := pair.Database()
			if file != "" {
				dump, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				pair.Exec(database, string(dump))
			}
			var together sync.WaitGroup
			for range 6 {
				together.Go(func() {
					if _, err := knowing(t, pair, database, pgMigrations); err != nil {
						t.Error(err)
					}
				})
			}
			together.Wait()
			if got := pgVersionAt(pair, database); got != fmt.Sprint(len(pgMigrations)) {
				t.Errorf("version %s", got)
			}
			if file == "" {
				return
			}
			l := openPg(t, pair, database)
			if a, err := l.Admit(t.Context(), claimed(8)); err != nil || a.Granted || a.Reason != loginwatch.ReasonSuspended {
				t.Errorf("got %+v, %v", a, err)
			}
			taken := claimed(0)
			taken.Credential = loginwatch.Credential{}
			if a, err := l.Admit(t.Context(), taken); err != nil || a.Reason != loginwatch.ReasonElsewhere {
				t.Errorf("a slot that was taken: %+v, %v", a, err)
			}
			if lost, err := l.Lost(t.Context(), start.Add(time.Hour), all); err != nil || len(lost) != 1 || lost[0].Probe != "open" {
				t.Errorf("lost: %+v, %v", lost, err)
			}
		})
	}
}

// While a fleet is replaced one by one, those of the version before go on in the tables
// of the new one, also after a restart; where those say that they can't do without
// something, they are refused.
func TestPostgreSQLTwoVersions(t *testing.T) {
	pair := pgtest.Start(t)
	for before := 1; before <= len(pgMigrations); before++ {
		t.Run(fmt.Sprint("of ", before), func(t *testing.T) {
			newer := append(pgMigrations[:before:before], `CREATE TABLE loginwatch.more (n bigint PRIMARY KEY, text bytea)`)
			database := pair.Database()
			older, err := knowing(t, pair, database, pgMigrations[:before])
			if err != nil {
				t.Fatal(err)
			}
			minute := 0
			runs := func(l *Ledger) {
				t.Helper()
				c := claimed(minute)
				minute++
				a, err := l.Admit(t.Context(), c)
				if err == nil && !a.Granted {
					err = errors.New("not granted")
				}
				if err == nil {
					_, err = l.Settle(t.Context(), a, loginwatch.Settlement{At: c.At, Accepted: true})
				}
				if err != nil {
					t.Errorf("slot %d: %v", minute, err)
				}
			}
			runs(older)
			next, err := knowing(t, pair, database, newer)
			if err != nil {
				t.Fatal(err)
			}
			restarted, err := knowing(t, pair, database, pgMigrations[:before])
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range []*Ledger{older, next, restarted, older} {
				runs(l)
			}
			if got := pgVersionAt(pair, database); got != fmt.Sprint(before+1) {
				t.Errorf("version %s", got)
			}
			pair.Exec(database, `UPDATE loginwatch.meta SET value = $1 WHERE name = 'oldest'`, fmt.Sprint(before+1))
			if _, err := knowing(t, pair, database, pgMigrations[:before]); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("a newer loginwatch has written it (version %d, this one knows %d)", before+1, before)) {
				t.Errorf("one that can't do without it: %v", err)
			}
		})
	}
}

// A migration that fails leaves everything as it was.
func TestPostgreSQLMigrationFails(t *testing.T) {
	pair := pgtest.Start(t)
	database := pair.Database()
	_ = openPg(t, pair, database)
	broken := append(pgMigrations[:len(pgMigrations):len(pgMigrations)], `CREATE TABLE loginwatch.half (n bigint)`, `CREATE TABLE loginwatch.half (n bigint)`)
	if _, err := knowing(t, pair, database, broken); err == nil || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("got %v", err)
	}
	there := false
	pair.Value(database, `SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'half')`, &there)
	if got := pgVersionAt(pair, database); there || got != fmt.Sprint(len(pgMigrations)) {
		t.Errorf("half is there: %t; version %s", there, got)
	}
}

// additive are the statements that leave a program of the version before what it knows.
var additive = regexp.MustCompile(`^(CREATE TABLE loginwatch\.\w+ \(|CREATE SEQUENCE loginwatch\.\w+$|` +
	`CREATE (UNIQUE )?INDEX \w+ ON (loginwatch\.\w+) |ALTER TABLE loginwatch\.\w+ ADD COLUMN \w+ \w+( NOT NULL DEFAULT .+)?$|INSERT INTO loginwatch\.meta )`)

// unlike says what in a migration an older program, or a claim under way, would feel.
func unlike(migration string) (wrong []string) {
	text := regexp.MustCompile(`--[^\n]*`).ReplaceAllString(migration, "")
	made, _ := pgMade([]string{text})
	for statement := range strings.SplitSeq(text, ";") {
		statement = strings.Join(strings.Fields(statement), " ")
		parts := additive.FindStringSubmatch(statement)
		switch {
		case statement == "":
		case parts == nil, strings.Contains(statement, "REFERENCES"): // which locks what it refers to
			wrong = append(wrong, statement)
		case parts[3] != "" && !strings.Contains(" "+strings.Join(made, " ")+" ", " "+parts[3]+" "): // and this what is there
			wrong = append(wrong, statement)
		}
	}
	return wrong
}

// Migrations after the first only add.
func TestPostgreSQLMigrationsOnlyAdd(t *testing.T) {
	for version, m := range pgMigrations[1:] {
		if wrong := unlike(m); len(wrong) > 0 {
			t.Errorf("to version %d: %q", version+2, wrong)
		}
	}
	for _, m := range []string{
		"DROP TABLE loginwatch.slot", "ALTER TABLE loginwatch.slot DROP COLUMN lost", "ALTER TABLE loginwatch.slot RENAME COLUMN lost TO gone",
		"ALTER TABLE loginwatch.slot ADD COLUMN more text NOT NULL", "CREATE UNIQUE INDEX few ON loginwatch.slot (instance)", "UPDATE loginwatch.slot SET lost = 0",
		"CREATE TABLE loginwatch.more (job bigint REFERENCES loginwatch.job)", "DELETE FROM loginwatch.record", "ALTER TABLE loginwatch.slot ADD CHECK (due > 0)",
	} {
		if len(unlike(m)) == 0 {
			t.Errorf("%s is passed", m)
		}
	}
	for _, m := range []string{"ALTER TABLE loginwatch.slot ADD COLUMN more text; ALTER TABLE loginwatch.slot ADD COLUMN n bigint NOT NULL DEFAULT 0", "CREATE TABLE loginwatch.more (n bigint); CREATE UNIQUE INDEX m ON loginwatch.more (n);"} {
		if wrong := unlike(m); len(wrong) > 0 {
			t.Errorf("%q", wrong)
		}
	}
}
