package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
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

// What is wrong with a file is told in words, with what to do, and nothing of the file
// is changed.
func TestFilesThatAreNone(t *testing.T) {
	write := func(content string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			t.Helper()
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	patch := func(at int64, with string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
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
	}
	run := func(statement string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			t.Helper()
			db, err := sql.Open("sqlite", address(path))
			if err == nil {
				_, err = db.ExecContext(t.Context(), statement)
				err = errors.Join(err, db.Close())
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	noise := strings.Repeat("noise ", 4096/6)
	for name, tt := range map[string]struct {
		spoil func(*testing.T, string)
		says  string
	}{
		"a text":                {write("a page of something else altogether, and no store"), "it is no SQLite file: name another one"},
		"another header":        {patch(0, "SQLite format 9\x00"), "it is no SQLite file"},
		"cut in its middle":     {func(t *testing.T, path string) { cut(t, path) }, "it is damaged: put back a backup"},
		"a page of noise":       {patch(4096*3, noise), "it is damaged: put back a backup"},
		"its first page":        {patch(100, noise[:3900]), "it is damaged: put back a backup"},
		"of another program":    {run("PRAGMA application_id = 7"), "it is an SQLite file of another program: name another file"},
		"of a newer loginwatch": {run("PRAGMA user_version = 99"), "a newer loginwatch has written it (version 99, this one knows 2)"},
		"of no program":         {run("PRAGMA application_id = 0"), "it is an SQLite file of another program"},
		"a folder":              {func(t *testing.T, path string) { folder(t, path) }, "it is a folder: name a file in it"},
	} {
		t.Run(name, func(t *testing.T) {
			path := used(t)
			tt.spoil(t, path)
			before, _ := os.ReadFile(path)
			l, err := OpenSQLite(t.Context(), path, Budget{})
			if err == nil {
				_ = l.Close()
			}
			if err == nil || !strings.Contains(err.Error(), "store "+path+": ") || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %q", err, tt.says)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
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
