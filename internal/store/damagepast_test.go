package store

import (
	"context"
	"errors"
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
	must := map[string]string{ // those that can't miss it
		"meta":   "serve,check,backup,export,credentials,history,history totals",
		"job":    "serve,check,backup,export,history standings",
		"slot":   "serve,check,backup",
		"record": "serve,check,backup,credentials,history texts",
		"run":    "serve,check,backup,export,history,history entries,history totals",
		"detail": "serve,check,backup",
		"shape":  "serve,check,backup",
		"total":  "serve,check,backup",
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
