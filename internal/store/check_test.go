package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/loginwatch/loginwatch"
)

// lived makes a store that was used for a day and a half and has something of
// everything; its last slot is under way.
func lived(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "loginwatch.db")
	l := openAt(t, path)
	s, _ := l.engine.(*sqlite)
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // any runs will do, the same each time
	verdicts := []loginwatch.Verdict{loginwatch.OK, loginwatch.OK, loginwatch.OK, loginwatch.Drift, loginwatch.Unavailable}
	now := start
	var told atomic.Int64 // for the writer, which asks for it
	s.pending.now = func() time.Time { return time.Unix(0, told.Load()) }
	for i := range 36 * 4 {
		c := claimed(15 * i)
		c.Limits = []loginwatch.OperationLimit{{Operation: "login", Requests: 1, Limit: loginwatch.RateLimit{Requests: 100, Per: time.Hour}}}
		c.Quota = &loginwatch.Quota{Logins: 10_000, Per: loginwatch.QuotaMonth}
		now = c.At
		told.Store(now.UnixNano())
		a, err := l.Admit(t.Context(), c)
		if err != nil || !a.Granted {
			t.Fatalf("%+v, %v", a, err)
		}
		if i == 36*4-1 {
			break
		}
		if _, err := l.Settle(t.Context(), a, loginwatch.Settlement{At: c.At.Add(time.Second), Accepted: true}); err != nil {
			t.Fatal(err)
		}
		if err := l.Past().RecordRun(t.Context(), aRun(r, c.Slot.Key, c.Slot.Due, verdicts[r.IntN(len(verdicts))])); err != nil {
			t.Fatal(err)
		}
	}
	flush(t, s)
	err := l.Rotate(t.Context(), loginwatch.RotatingSecret{Vendor: "acme", Name: "refresh_token"}, func(r *loginwatch.Rotated) { r.Value = "marked-NEXT" })
	if err := errors.Join(err, l.Past().Tidy(t.Context(), now, Keep{}), l.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// endOfLived is a moment after all that is in it.
var endOfLived = start.Add(36 * time.Hour)

// statement changes a file as nobody should.
func statement(t testing.TB, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", address(path))
	if err == nil {
		_, err = db.ExecContext(context.Background(), statement)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Each thing that can be wrong is found, told apart and told with what to do; nothing of
// the file is changed.
func TestCheckFindsFaults(t *testing.T) {
	run := func(text string) func(*testing.T, string) {
		return func(t *testing.T, path string) { t.Helper(); statement(t, path, text) }
	}
	for name, tt := range map[string]struct {
		spoil func(*testing.T, string)
		says  []string // one for each fault, in their order
	}{
		"nothing":                    {func(*testing.T, string) {}, nil},
		"a slot without a job":       {run(`PRAGMA foreign_keys = 0; UPDATE slot SET job = 99 WHERE id = 5`), []string{"rows belong to nothing: row 5 of slot"}},
		"no slot has ended":          {run(`UPDATE slot SET settled = NULL WHERE id < 6`), []string{"slots are not in exactly one of the states executed, skipped, lost and open: row 1, row 2, row 3, and 2 more"}},
		"skipped and executed":       {run(`UPDATE slot SET reason = 'overlap' WHERE id = 7`), []string{"slots are not in exactly one of the states executed, skipped, lost and open: row 7"}},
		"a ticket that is none":      {run(`UPDATE slot SET ticket = 'x' WHERE ticket IS NOT NULL`), []string{"the ticket of a run under way can't be read, so its end can't be booked: row 144"}},
		"a ticket of another time":   {run(`UPDATE slot SET admitted = admitted - 1 WHERE ticket IS NOT NULL`), []string{"the ticket of a run under way can't be read"}},
		"a slot of the future":       {run(`UPDATE slot SET admitted = 4102444800000000000 WHERE id = 3`), []string{"slots were admitted in the future: row 3 at 2100-01-01T00:00:00Z"}},
		"a record of another kind":   {run(`INSERT INTO record VALUES ('streak', 'x', 'y', 1)`), []string{`records are of a kind that this version does not know: "streak"`}},
		"a credential that is none":  {run(`UPDATE record SET value = '[' WHERE kind = 'credential'`), []string{"records can't be read: a credential", "names of credentials lead to nothing: c"}},
		"a quota that is none":       {run(`UPDATE record SET value = '' WHERE kind = 'quota'`), []string{"records can't be read: a quota of acme"}},
		"a name of nothing":          {run(`UPDATE record SET value = 'digest x' WHERE kind = 'name'`), []string{"names of credentials lead to nothing: c"}},
		"a secret of another place":  {run(`UPDATE record SET key = replace(key, 'acme', 'other') WHERE kind = 'rotated'`), []string{"rotating secrets can't be opened with this key: refresh_token of other"}},
		"a line of no verdict":       {run(`UPDATE run SET verdict = 'great' WHERE due = (SELECT max(due) FROM run)`), []string{"lines of the history say what no run can: acme/login/t due "}},
		"a line of another class":    {run(`UPDATE run SET class = class + 1 WHERE due = (SELECT max(due) FROM run WHERE class > 0)`), []string{"lines of the history say what no run can: acme/login/t due "}},
		"a detail that is cut":       {run(`UPDATE detail SET own = substr(own, 1, length(own) - 1) WHERE n = 4`), []string{"runs of the history can't be read: "}},
		"a detail without its shape": {run(`UPDATE detail SET shape = 999 WHERE n = 4`), []string{"lacks its shape"}},
		"a shape that was changed":   {run(`UPDATE shape SET text = CAST(replace(CAST(text AS TEXT), 'case', 'cast') AS BLOB) WHERE id = 1`), []string{"shapes of runs are not what they were: row 1"}},
		"counts that are cut":        {run(`UPDATE total SET rows = substr(rows, 1, 1) WHERE since = (SELECT min(since) FROM total)`), []string{"counts of hours or days can't be read: of 2"}},
		"a line that was taken away": {run(`DELETE FROM run WHERE due = (SELECT min(due) FROM run)`), []string{"are others than the lines that they were made of: the hours of 2"}},
		"a lost page of an index":    {run(`PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = sql || ' AND 1 = 1' WHERE name = 'slot_open'; DELETE FROM slot WHERE id = 9; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'detail_failed') WHERE name = 'slot_open'`), []string{"the file is damaged: "}},
		"no key":                     {func(t *testing.T, path string) { remove(t, path+".key") }, []string{"the key is not as it must be: it is missing"}},
		"another key":                {func(t *testing.T, path string) { writeFile(t, path+".key", hex.EncodeToString(make([]byte, keyBytes))) }, []string{"the key is not as it must be: it is another one than the store was written with"}},
		"a key for everybody":        {func(t *testing.T, path string) { _ = os.Chmod(path+".key", 0o644) }, []string{"the key is not as it must be: others may read its key"}}, //nolint:gosec // that is the fault
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := lived(t)
			tt.spoil(t, path)
			before, _ := os.ReadFile(path)
			found, err := Check(t.Context(), Place{URL: "sqlite:" + path}, Keep{}, endOfLived)
			if err != nil {
				t.Fatal(err)
			}
			if len(found.Faults) != len(tt.says) {
				t.Fatalf("got %+v, want %q", found.Faults, tt.says)
			}
			for i, f := range found.Faults {
				if !strings.Contains(f.What, tt.says[i]) || f.Next == "" {
					t.Errorf("got %+v, want %q", f, tt.says[i])
				}
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file was changed")
			}
			asPublished(t, found)
		})
	}
}

// What there is of everything is counted.
func TestCheckCounts(t *testing.T) {
	found, err := Check(t.Context(), Place{URL: "sqlite:" + lived(t)}, Keep{}, endOfLived)
	if err != nil {
		t.Fatal(err)
	}
	s, h := found.Slots, found.History
	if s.Jobs != 1 || s.Planned != 144 || s.Executed != 143 || s.Open != 1 || s.Skipped+s.Lost != 0 || !s.Oldest.Equal(start) {
		t.Errorf("slots %+v", s)
	}
	if h.Lines != 143 || h.Runs != 143 || h.Totals < 36 || h.Shapes == 0 || !h.Oldest.Equal(start) {
		t.Errorf("history %+v", h)
	}
	if found.Credentials != (CredentialsCounts{InUse: 1, Sealed: 1}) || found.Store.Key != "right" || found.Store.Version != len(migrations) || found.Store.Made == nil {
		t.Errorf("%+v, %+v", found.Credentials, found.Store)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// asPublished holds what check says to the published schema.
func asPublished(t *testing.T, found *Inspection) {
	t.Helper()
	text, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	if err := published(t, "store")(string(text)); err != nil {
		t.Error(err)
	}
}

// published gives what holds a document to a published schema that lets nothing else in.
func published(t *testing.T, name string) func(doc string) error {
	t.Helper()
	text, err := loginwatch.Embedded.ReadFile("schemas/meta/" + name + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	closeObjects(schema)
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("urn:"+name, schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("urn:" + name)
	if err != nil {
		t.Fatal(err)
	}
	return func(doc string) error {
		parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(doc))
		if err != nil {
			return err
		}
		return compiled.Validate(parsed)
	}
}

// closeObjects lets no object of a schema have a field that it does not name.
func closeObjects(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		if _, names := s["properties"]; names && s["type"] == "object" {
			s["additionalProperties"] = false
		}
		for _, below := range s {
			closeObjects(below)
		}
	case []any:
		for _, below := range s {
			closeObjects(below)
		}
	}
}
