package store

import (
	"database/sql"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// How credentials stand is read as the ledger has it, also while somebody holds the file,
// and nothing of it is changed.
func TestReadCredentials(t *testing.T) {
	path := filepath.Join(t.TempDir(), "loginwatch.db")
	l, err := OpenSQLite(t.Context(), path, Budget{Rejections: 7})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	a, err := l.Admit(t.Context(), claimed(0))
	if err == nil {
		_, err = l.Settle(t.Context(), a, loginwatch.Settlement{At: start, Refusal: loginwatch.RefusalCertain})
	}
	if err != nil {
		t.Fatal(err)
	}
	want, err := l.Credentials(t.Context(), start)
	if err != nil || len(want) != 1 || want[0].Remaining != 6 {
		t.Fatalf("%+v, %v", want, err)
	}
	other, err := sql.Open("sqlite", address(path))
	if err == nil {
		other.SetMaxOpenConns(1)
		_, err = other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	before := filesOf(t, path)
	begun := time.Now()
	got, err := ReadCredentials(t.Context(), Place{URL: "sqlite:" + path}, Budget{}, start)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if waited := time.Since(begun); waited > busy/2 {
		t.Errorf("it waited for %s", waited)
	}
	if after := filesOf(t, path); after != before {
		t.Error("the file was changed")
	}
}

// filesOf is what a store is: its file and what is not moved into it yet.
func filesOf(t *testing.T, path string) (all string) {
	t.Helper()
	for _, part := range []string{"", "-wal", ".key"} {
		text, err := os.ReadFile(path + part)
		if info, failed := os.Stat(path + part); failed == nil && info.IsDir() {
			continue
		}
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		all += part + string(text)
	}
	return all
}
