package store

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/report"
)

// exported gives the lines of an export.
func exported(t *testing.T, path string, e Export) []string {
	t.Helper()
	var b bytes.Buffer
	lines := report.NewExport(&b)
	err := ExportTo(t.Context(), Place{URL: "sqlite:" + path}, e, endOfLived, func(of Exported) error {
		return lines.Begin(report.Meta{At: endOfLived, Engine: of.Engine, Version: of.Version, Since: e.Since, Until: e.Until, What: []string{}})
	}, lines)
	if err := errors.Join(err, lines.End()); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// linesByKind counts lines by their kinds.
func linesByKind(t *testing.T, lines []string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, l := range lines {
		var of struct{ Kind string }
		if err := json.Unmarshal([]byte(l), &of); err != nil {
			t.Fatalf("%v: %s", err, l)
		}
		counts[of.Kind]++
	}
	return counts
}

// An export has everything that check counts, each line as it is published, says at its
// end how much there was, and holds nothing of what is secret in any form.
func TestExport(t *testing.T) {
	path := lived(t)
	found, err := Check(t.Context(), Place{URL: "sqlite:" + path}, Keep{}, endOfLived)
	if err != nil {
		t.Fatal(err)
	}
	statement(t, path, `DELETE FROM detail WHERE n <= 10`) // as they go with time
	lines := exported(t, path, Export{})
	got := linesByKind(t, lines)
	for kind, want := range map[string]int{
		"meta": 1, "end": 1, "job": found.Slots.Jobs, "slot": found.Slots.Planned, "line": 10, "run": found.History.Runs - 10,
		"total": found.History.Totals, "credential": 1,
	} {
		if got[kind] != want {
			t.Errorf("%d lines of %s, want %d", got[kind], kind, want)
		}
	}
	var end struct{ Counts map[string]int }
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &end); err != nil {
		t.Fatal(err)
	}
	for kind, n := range end.Counts {
		if n != got[kind] {
			t.Errorf("the end says %d of %s, there are %d", n, kind, got[kind])
		}
	}
	if len(end.Counts) != len(got)-2 {
		t.Errorf("the end says %v", end.Counts)
	}
	asExported(t, lines)
	secrets(t, path, strings.Join(lines, "\n"))
}

// secrets holds that a text has none of what is kept from others, in any form.
func secrets(t *testing.T, path, text string) {
	t.Helper()
	key, err := readKey(path + ".key")
	if err != nil {
		t.Fatal(err)
	}
	v, err := lookAtFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := v.names(t.Context(), `SELECT value FROM record WHERE kind = 'rotated'`)
	if err := errors.Join(err, v.close()); err != nil || len(sealed) != 1 {
		t.Fatal(sealed, err)
	}
	hidden := []string{"marked-NEXT", string(key), sealed[0], "digest d"}
	for _, s := range slices.Clone(hidden) {
		hidden = append(hidden, base64.StdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s)), hex.EncodeToString([]byte(s)))
	}
	for _, s := range hidden {
		if strings.Contains(text, s) {
			t.Errorf("%q is in it", s)
		}
	}
}

// asExported holds lines to the published schema, and what they share with the history to
// the schema of that, which then lets nothing else in.
func asExported(t *testing.T, lines []string) {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	for _, name := range []string{"history", "export"} {
		text, err := loginwatch.Embedded.ReadFile("schemas/meta/" + name + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err == nil {
			err = compiler.AddResource("urn:loginwatch:meta:"+name, schema)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	whole, err := compiler.Compile("urn:loginwatch:meta:export")
	if err != nil {
		t.Fatal(err)
	}
	shared := published(t, "history")
	for _, l := range lines {
		var line map[string]any
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(l))
		if err := errors.Join(err, whole.Validate(doc), json.Unmarshal([]byte(l), &line)); err != nil {
			t.Errorf("%v: %s", err, l)
		}
		kind, _ := line["kind"].(string)
		part := map[string]string{"line": "slots", "run": "run", "total": "totals"}[kind]
		if part == "" {
			continue
		}
		delete(line, "kind")
		if kind == "total" {
			delete(line, "of")
			delete(line, "since")
		}
		as := any(line)
		if part != "run" {
			as = []any{line}
		}
		text, err := json.Marshal(map[string]any{"version": 1, part: as})
		if err := errors.Join(err, shared(string(text))); err != nil {
			t.Errorf("%v: %s", err, l)
		}
	}
}

// What is asked for is what there is.
func TestExportOfAPart(t *testing.T) {
	path := lived(t)
	for name, tt := range map[string]struct {
		ask  Export
		want map[string]int
	}{
		"jobs and credentials": {Export{What: []string{ExportJobs, ExportCredentials}}, map[string]int{"job": 1, "credential": 1}},
		"an hour":              {Export{Since: start, Until: start.Add(time.Hour), What: []string{ExportRuns, ExportSlots}}, map[string]int{"run": 4, "slot": 4}},
		"nothing":              {Export{Since: start.AddDate(1, 0, 0), What: []string{ExportRuns, ExportSlots, ExportTotals}}, map[string]int{}},
		"up to then":           {Export{Until: start.Add(time.Minute), What: []string{ExportSlots}}, map[string]int{"slot": 1}},
	} {
		got := linesByKind(t, exported(t, path, tt.ask))
		delete(got, "meta")
		delete(got, "end")
		if len(got) != len(tt.want) {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
		for kind, n := range tt.want {
			if got[kind] != n {
				t.Errorf("%s: got %v, want %v", name, got, tt.want)
			}
		}
	}
}

// meddling is a sink that is told of a job, does something, and may fail at a slot.
type meddling struct {
	*report.Export

	at    func()
	once  sync.Once
	slots int
	fails bool
}

func (m *meddling) Job(k loginwatch.Key) error {
	m.once.Do(m.at)
	return m.Export.Job(k)
}

func (m *meddling) Slot(c history.Claimed) error {
	if m.slots++; m.fails && m.slots == 3 {
		return errors.New("a pipe is broken")
	}
	return m.Export.Slot(c)
}

// What is written while an export goes on is not in it, and an export that does not come
// to its end has none.
func TestExportOfAMoment(t *testing.T) {
	path := lived(t)
	l := openAt(t, path)
	defer func() { _ = l.Close() }()
	for _, fails := range []bool{false, true} {
		var b bytes.Buffer
		sink := &meddling{Export: report.NewExport(&b), fails: fails, at: func() {
			for i := range 20 {
				c := claimed(60*100 + i)
				c.Slot.Target = map[bool]string{false: "later", true: "later still"}[fails]
				c.Credential = loginwatch.Credential{}
				if a, err := l.Admit(context.Background(), c); err != nil || !a.Granted {
					t.Errorf("%+v, %v", a, err)
				}
			}
		}}
		before, err := Check(t.Context(), Place{URL: "sqlite:" + path}, Keep{}, start.AddDate(1, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		err = ExportTo(t.Context(), Place{URL: "sqlite:" + path}, Export{}, endOfLived, func(Exported) error { return nil }, sink)
		if fails {
			if err == nil || err.Error() != "a pipe is broken" {
				t.Errorf("got %v", err)
			}
			continue
		}
		if err := errors.Join(err, sink.End()); err != nil || sink.slots != before.Slots.Planned {
			t.Errorf("%d slots, want %d; %v", sink.slots, before.Slots.Planned, err)
		}
	}
}

// No file of a store, its backup among them, holds what is secret; the key is in its own.
func TestFilesHoldNoSecret(t *testing.T) {
	path := lived(t)
	l := openAt(t, path) // so that something is in the -wal
	defer func() { _ = l.Close() }()
	if _, err := l.Admit(t.Context(), claimed(60*48)); err != nil {
		t.Fatal(err)
	}
	if _, err := BackUp(t.Context(), Place{URL: "sqlite:" + path}, path+".copy", false, time.Now()); err != nil {
		t.Fatal(err)
	}
	key, err := readKey(path + ".key")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"", "-wal", ".copy"} {
		text, err := os.ReadFile(path + part)
		if err != nil || len(text) == 0 {
			t.Fatalf("%s: %d bytes, %v", part, len(text), err)
		}
		for _, secret := range []string{"marked-NEXT", string(key)} {
			for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret))} {
				if bytes.Contains(text, []byte(form)) {
					t.Errorf("%s holds %q", part, form)
				}
			}
		}
	}
}
