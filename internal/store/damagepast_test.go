package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/history"
)

// A damaged page under any table is told by all that read it, or is not read by it: in one
// line, with the store's name, what is wrong and what to do, and nothing panics.
func TestDamageUnderEachTable(t *testing.T) {
	t.Parallel()
	all := map[string]func(ctx context.Context, path string) error{}
	for way, open := range ways {
		all[way] = open
	}
	for way, read := range map[string]func(context.Context, *Reading) error{
		"entries":   func(ctx context.Context, r *Reading) error { _, err := r.Entries(ctx, history.Query{}); return err },
		"run":       func(ctx context.Context, r *Reading) error { _, err := r.Run(ctx, strings.Repeat("0", 32)); return err },
		"totals":    func(ctx context.Context, r *Reading) error { _, err := r.Totals(ctx, history.Query{}); return err },
		"incidents": func(ctx context.Context, r *Reading) error { _, err := r.Incidents(ctx, history.Query{}); return err },
		"standings": func(ctx context.Context, r *Reading) error { _, err := r.Standings(ctx, nil); return err },
		"dropped":   func(ctx context.Context, r *Reading) error { _, err := r.Dropped(ctx); return err },
		"texts":     func(ctx context.Context, r *Reading) error { _, err := r.Texts(ctx); return err },
	} {
		all["history "+way] = func(ctx context.Context, path string) error {
			r, err := Read(ctx, Place{URL: "sqlite:" + path})
			if err == nil {
				err = errors.Join(read(ctx, r), r.Close())
			}
			return err
		}
	}
	const asked = "serve,check,backup,export,history,history entries,history run,history totals,history incidents,history standings"
	must := map[string]string{ // those that can't miss it
		"meta":   "serve,check,backup,export,credentials,history,history totals",
		"job":    "serve,check,backup,export,history,history entries,history run,history totals,history incidents,history standings,history dropped,history texts",
		"slot":   "serve,check,backup,export",
		"record": "serve,check,backup,export,credentials,history texts",
		"run":    asked,
		"detail": asked,
		"shape":  asked,
		"total":  asked,
	}
	for table, who := range must {
		for way, open := range all {
			t.Run(table+"/"+way, func(t *testing.T) {
				t.Parallel()
				path := used(t)
				patch(t, path, rootOf(t, path, table), noise)
				err := open(t.Context(), path)
				if err == nil {
					if slices.Contains(strings.Split(who, ","), way) {
						t.Error("nothing is told")
					}
					return
				}
				says, named, next := err.Error(), "store "+path+": ", "put back a backup"
				if way == "backup" && !strings.HasPrefix(says, named) { // it came upon it in the copy
					named, next = "the copy of "+path+" in ", "store check says more"
				}
				if strings.Count(says, named) != 1 || strings.Count(says, next) != 1 && way != "check" || !strings.Contains(says, "damaged") || !strings.Contains(says, next) || strings.ContainsAny(says, "\r\n") {
					t.Errorf("got %q", says)
				}
			})
		}
	}
}

// What is asked for what a store has, and meets a page that became another one, says so: it
// does not answer that there is nothing. SQLite itself finds nothing, and nothing wrong, where
// the cells of a page are noise, or where it has none.
func TestDamageIsNotNothing(t *testing.T) {
	path := lived(t)
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	read := func(ask func(*Reading) (int, error)) (found int, err error) {
		r, err := Read(t.Context(), Place{URL: "sqlite:" + path})
		if err != nil {
			return 0, err
		}
		found, err = ask(r)
		return found, errors.Join(err, r.Close())
	}
	var ids []string
	if _, err := read(func(r *Reading) (int, error) {
		all, err := r.Entries(t.Context(), history.Query{})
		for _, e := range all {
			ids = append(ids, e.Run)
		}
		return len(all), err
	}); err != nil || len(ids) < 100 {
		t.Fatal(len(ids), err)
	}
	run := func(id string) func() (int, error) {
		return func() (int, error) {
			return read(func(r *Reading) (int, error) {
				record, err := r.Run(t.Context(), id)
				if record == nil {
					return 0, err
				}
				return 1, err
			})
		}
	}
	roots := map[int64]bool{}
	for _, table := range []string{"meta", "job", "slot", "record", "run", "detail", "detail_failed", "shape", "total"} {
		roots[rootOf(t, path, table)] = true
	}
	for name, tt := range map[string]struct {
		ask   func() (int, error)
		pages func(at int64) bool
	}{
		"an early run": {run(ids[3]), func(int64) bool { return true }},
		"a later run":  {run(ids[len(ids)/2]), func(int64) bool { return true }},
		"entries": {func() (int, error) {
			return read(func(r *Reading) (int, error) {
				all, err := r.Entries(t.Context(), history.Query{})
				return len(all), err
			})
		}, func(at int64) bool { return roots[at] }},
		"totals": {func() (int, error) {
			return read(func(r *Reading) (int, error) {
				all, err := r.Totals(t.Context(), history.Query{})
				return len(all), err
			})
		}, func(at int64) bool { return roots[at] }},
		"incidents": {func() (int, error) {
			return read(func(r *Reading) (int, error) {
				all, err := r.Incidents(t.Context(), history.Query{})
				return len(all), err
			})
		}, func(at int64) bool { return roots[at] }},
		"standings": {func() (int, error) {
			return read(func(r *Reading) (int, error) { all, err := r.Standings(t.Context(), nil); return len(all), err })
		}, func(at int64) bool { return roots[at] }},
		"credentials": {func() (int, error) {
			all, err := ReadCredentials(t.Context(), Place{URL: "sqlite:" + path}, Budget{}, endOfLived)
			return len(all), err
		}, func(at int64) bool { return roots[at] }},
	} {
		t.Run(name, func(t *testing.T) {
			had, err := tt.ask()
			if had == 0 || err != nil {
				t.Fatal(had, err)
			}
			defer writeFile(t, path, string(sound))
			for at := int64(4096); at < int64(len(sound)); at += 4096 {
				if !tt.pages(at) {
					continue
				}
				for how, spoil := range map[string]func(page []byte){
					"cells of noise": func(page []byte) { copy(page[100:], noise) },
					"no cells":       func(page []byte) { page[3], page[4] = 0, 0 }, // https://www.sqlite.org/fileformat2.html, 1.6
				} {
					bad := bytes.Clone(sound)
					spoil(bad[at : at+4096])
					writeFile(t, path, string(bad))
					found, err := tt.ask()
					if err == nil && found == 0 {
						t.Errorf("page at %d, %s: nothing is told", at, how)
					}
					if err != nil && (strings.Count(err.Error(), "store "+path+": ") != 1 || strings.Count(err.Error(), damaged) != 1 || strings.ContainsAny(err.Error(), "\r\n")) {
						t.Errorf("page at %d, %s: %v", at, how, err)
					}
				}
			}
		})
	}
}

// rootOf is where the first page of a table is.
func rootOf(t *testing.T, path, table string) int64 {
	t.Helper()
	db, err := readOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	var page int64
	err = db.QueryRowContext(t.Context(), `SELECT rootpage FROM sqlite_schema WHERE name = ?`, table).Scan(&page)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return (page - 1) * 4096
}
