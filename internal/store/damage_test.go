package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/report"
)

// claimed is a claim of a slot of the hour.
func claimed(minute int) loginwatch.Claim {
	at := start.Add(time.Duration(minute) * time.Minute)
	return loginwatch.Claim{
		Slot: loginwatch.Slot{Key: loginwatch.Key{Vendor: "acme", Probe: "login", Target: "t"}, Due: at}, At: at,
		Credential: loginwatch.Credential{Name: "c", Digest: "d"},
	}
}

// used makes a store that remembers some slots and a refusal.
func used(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "loginwatch.db")
	l := openAt(t, path)
	for i := range 60 {
		c := claimed(i)
		c.Slot.Probe = strings.Repeat("p", 1_000) + strconv.Itoa(i)
		a, err := l.Admit(t.Context(), c)
		if err != nil || !a.Granted {
			t.Fatalf("%+v, %v", a, err)
		}
		if _, err := l.Settle(t.Context(), a, loginwatch.Settlement{At: c.At, Accepted: i < 59, Refusal: map[bool]loginwatch.Refusal{true: loginwatch.RefusalCertain}[i == 59]}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// ways are all that opens a file. The error of one that looks through it is what it finds.
var ways = map[string]func(ctx context.Context, path string) error{
	"serve": func(ctx context.Context, path string) error {
		l, err := OpenSQLite(ctx, path, Budget{})
		if err == nil {
			err = l.Close()
		}
		return err
	},
	"history": func(ctx context.Context, path string) error {
		r, err := Read(ctx, Place{URL: "sqlite:" + path})
		if err == nil {
			_, err = r.Entries(ctx, history.Query{})
			err = errors.Join(err, r.Close())
		}
		return err
	},
	"credentials": func(ctx context.Context, path string) error {
		_, err := ReadCredentials(ctx, Place{URL: "sqlite:" + path}, Budget{}, start)
		return err
	},
	"check": func(ctx context.Context, path string) error {
		found, err := Check(ctx, Place{URL: "sqlite:" + path}, Keep{}, endOfLived)
		if err == nil && len(found.Faults) > 0 {
			err = fmt.Errorf("store %s: %+v", path, found.Faults)
		}
		return err
	},
	"export": func(ctx context.Context, path string) error {
		return ExportTo(ctx, Place{URL: "sqlite:" + path}, Export{}, endOfLived, func(Exported) error { return nil }, report.NewExport(io.Discard))
	},
	"backup": func(ctx context.Context, path string) error {
		to := path + ".copy"
		_, err := BackUp(ctx, Place{URL: "sqlite:" + path}, to, false, endOfLived)
		left, failed := filepath.Glob(to + "*")
		if err != nil && len(left) > 0 {
			err = fmt.Errorf("something is left: %v, %w", left, errors.Join(err, failed))
		}
		return err
	},
}

// noise is a page of nothing.
var noise = strings.Repeat("noise ", 4096/6)

// patch writes over a part of a file.
func patch(t *testing.T, path string, at int64, with string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		_, err = f.WriteAt([]byte(with), at)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// pageOfKind finds the last page of a kind (https://www.sqlite.org/fileformat2.html, 1.6).
func pageOfKind(t *testing.T, path string, kind byte) (at int64) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for p := int64(4096); p < int64(len(data)); p += 4096 {
		if data[p] == kind {
			at = p
		}
	}
	if at == 0 {
		t.Fatalf("no page of kind %d", kind)
	}
	return at
}

// What is wrong with a file is told in words, with what to do, by all that open it, and
// nothing of the file is changed.
func TestFilesThatAreNone(t *testing.T) {
	text := func(content string) func(*testing.T, string) {
		return func(t *testing.T, path string) { t.Helper(); writeFile(t, path, content) }
	}
	run := func(text string) func(*testing.T, string) {
		return func(t *testing.T, path string) { t.Helper(); statement(t, path, text) }
	}
	over := func(at int64, with string) func(*testing.T, string) {
		return func(t *testing.T, path string) { t.Helper(); patch(t, path, at, with) }
	}
	page := func(kind byte) func(*testing.T, string) {
		return func(t *testing.T, path string) { t.Helper(); patch(t, path, pageOfKind(t, path, kind), noise) }
	}
	const damaged, hurt = "it is damaged: put back a backup", "damaged"
	for name, tt := range map[string]struct {
		spoil func(*testing.T, string)
		serve string // says
		looks string // say the others
		blind string // of them, those that may never come upon it
	}{
		"a text":                {text("a page of something else altogether, and no store"), "it is no SQLite file: name another one", "it is no SQLite file", ""},
		"another header":        {over(0, "SQLite format 9\x00"), "it is no SQLite file", "it is no SQLite file", ""},
		"cut in its middle":     {func(t *testing.T, path string) { t.Helper(); cut(t, path) }, damaged, hurt, ""},
		"a page of noise":       {over(4096*3, noise), damaged, hurt, "history credentials export"},
		"a leaf of a table":     {page(13), damaged, hurt, "history credentials export"},
		"a leaf of an index":    {page(10), damaged, hurt, "history credentials export"},
		"inside a table":        {page(5), damaged, hurt, "history credentials export"},
		"a list of free pages":  {func(t *testing.T, path string) { t.Helper(); freed(t, path) }, damaged, hurt, "history credentials export"},
		"its first page":        {over(100, noise[:3900]), damaged, hurt, ""},
		"of another program":    {run("PRAGMA application_id = 7"), "it is an SQLite file of another program: name another file", "it is an SQLite file of another program", ""},
		"of a newer loginwatch": {run("PRAGMA user_version = 99"), "a newer loginwatch has written it (version 99, this one knows 2)", "a newer loginwatch has written it", ""},
		"of no program":         {run("PRAGMA application_id = 0"), "it is an SQLite file of another program", "it is an SQLite file of another program", ""},
		"a folder":              {func(t *testing.T, path string) { t.Helper(); folder(t, path) }, "it is a folder: name a file in it", "it is a folder: name a file in it", ""},
		"another file's -wal":   {func(t *testing.T, path string) { t.Helper(); anotherWAL(t, path) }, damaged, hurt, "history credentials export"},
	} {
		for way, open := range ways {
			t.Run(name+"/"+way, func(t *testing.T) {
				t.Parallel()
				path := used(t)
				tt.spoil(t, path)
				before := filesOf(t, path)
				err := open(t.Context(), path)
				says := tt.looks
				if way == "serve" {
					says = "store " + path + ": " + tt.serve
				}
				if may := err == nil && strings.Contains(tt.blind, way); !may && (err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "something is left")) {
					t.Errorf("got %v, want %q", err, says)
				}
				if filesOf(t, path) != before {
					t.Error("the file was changed")
				}
			})
		}
	}
}

// freed makes noise of the first page of those that are free.
func freed(t *testing.T, path string) {
	t.Helper()
	statement(t, path, "CREATE TABLE extra (much BLOB); INSERT INTO extra VALUES (zeroblob(50000)); DROP TABLE extra")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	trunk := int64(binary.BigEndian.Uint32(data[32:])) // https://www.sqlite.org/fileformat2.html, 1.5
	if trunk == 0 {
		t.Fatal("no page is free")
	}
	patch(t, path, (trunk-1)*4096, noise)
}

// anotherWAL puts beside a file what belongs to another one.
func anotherWAL(t *testing.T, path string) {
	t.Helper()
	other := lived(t)
	l := openAt(t, other)
	if _, err := l.Admit(t.Context(), claimed(60*48)); err != nil {
		t.Fatal(err)
	}
	copyFile(t, other+"-wal", path+"-wal")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func cut(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()/2)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func folder(t *testing.T, path string) {
	t.Helper()
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
}

// A store that can't be written any more grants nothing, says why, and goes on by
// itself once it can: nothing that was known before is forgotten.
func TestOutagesOfAFile(t *testing.T) {
	for name, tt := range map[string]struct {
		begin func(*testing.T, *sqlite)
		end   func(*testing.T, *sqlite)
		says  string
	}{
		"the disk is full": {
			func(t *testing.T, s *sqlite) {
				full := "PRAGMA max_page_count = 1" // SQLite makes it as many as there are
				if _, err := s.conn.ExecContext(t.Context(), full); err != nil {
					t.Fatal(err)
				}
			},
			func(t *testing.T, s *sqlite) {
				if _, err := s.conn.ExecContext(t.Context(), "PRAGMA max_page_count = 100000"); err != nil {
					t.Fatal(err)
				}
			},
			"the disk is full",
		},
		"it is read-only": {
			func(t *testing.T, s *sqlite) {
				if _, err := s.conn.ExecContext(t.Context(), "PRAGMA query_only = 1"); err != nil {
					t.Fatal(err)
				}
			},
			func(t *testing.T, s *sqlite) {
				if _, err := s.conn.ExecContext(t.Context(), "PRAGMA query_only = 0"); err != nil {
					t.Fatal(err)
				}
			},
			"it can't be written",
		},
		"it was moved": {
			func(t *testing.T, s *sqlite) {
				if err := os.Rename(s.path, s.path+".aside"); err != nil {
					t.Fatal(err)
				}
			},
			func(t *testing.T, s *sqlite) {
				if err := os.Rename(s.path+".aside", s.path); err != nil {
					t.Fatal(err)
				}
			},
			"was moved, deleted or replaced",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := openAt(t, used(t))
			defer func() { _ = l.Close() }()
			s, _ := l.engine.(*sqlite)
			big := claimed(60)
			big.Slot.Target = strings.Repeat("x", 6_000) // more than the pages have room for
			tt.begin(t, s)
			if a, err := l.Admit(t.Context(), big); err == nil || a.Granted || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %+v, %v; want %q", a, err, tt.says)
			}
			tt.end(t, s)
			if a, err := l.Admit(t.Context(), claimed(61)); err != nil || !a.Granted || a.Credential.Remaining != 2 {
				t.Errorf("afterwards: %+v, %v", a, err)
			}
		})
	}
}

// A file that another process holds is waited for, and then said.
func TestLockedFile(t *testing.T) {
	t.Parallel() // it waits
	path := used(t)
	l := openAt(t, path)
	defer func() { _ = l.Close() }()
	other, err := sql.Open("sqlite", address(path))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	hold, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lock := func(statement string) {
		if _, err := hold.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	lock("BEGIN IMMEDIATE")
	if a, err := l.Admit(t.Context(), claimed(60)); err == nil || a.Granted || !strings.Contains(err.Error(), "another process holds it") {
		t.Errorf("got %+v, %v", a, err)
	}
	waited := make(chan error)
	go func() {
		a, err := l.Admit(context.Background(), claimed(61))
		if err == nil && !a.Granted {
			err = errors.New("not granted")
		}
		waited <- err
	}()
	lock("ROLLBACK") // whichever of the two is first
	if err := <-waited; err != nil {
		t.Errorf("after a short while: %v", err)
	}
}

// Nothing in the folder is for others, while it is used and afterwards.
func TestFilesAreForTheirOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "loginwatch.db")
	l := openAt(t, path)
	if _, err := l.Admit(t.Context(), claimed(0)); err != nil {
		t.Fatal(err)
	}
	seen := 0
	look := func() {
		err := filepath.WalkDir(filepath.Dir(path), func(_ string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			info, err := e.Info()
			if err == nil && info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", e.Name(), info.Mode())
			}
			seen++
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	look()
	if seen != 4 { // with -wal and -shm
		t.Errorf("%d files", seen)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	look()
}
