package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	modernc "modernc.org/sqlite"

	"github.com/loginwatch/loginwatch/internal/place"
)

// view is a store as it stood at one moment, whatever others write meanwhile. Nothing of
// it is changed by looking.
type view struct {
	pastReader

	engine  string // sqlite or postgresql
	where   string // for people
	path    string // of the file itself; "" in PostgreSQL
	locks   bool   // records may be empty: they were made to be locked
	version int
	known   int // the version that this program writes
	meta    map[string]string
	tables  []string
	key     []byte // nil where it can't be used
	noKey   error  // why
	close   func() error
}

// has tells whether the store has a table: an older one may not.
func (v *view) has(table string) bool { return slices.Contains(v.tables, table) }

// look opens a store that is there to see what is in it.
func look(ctx context.Context, at Place) (v *view, err error) {
	if path, isFile := place.File(at.URL); isFile {
		v, err = lookAtFile(ctx, path)
	} else if place.IsShared(at.URL) {
		v, err = lookAtPostgreSQL(ctx, at)
	} else {
		err = errors.New("a store in memory is seen by nobody outside its process")
	}
	if err != nil {
		return nil, err
	}
	if known := v.meta["key"]; v.key != nil && known != "" && known != fingerprint(v.key) {
		v.key, v.noKey = nil, errors.New("it is another one than the store was written with")
	}
	return v, nil
}

func (v *view) readMeta(ctx context.Context, table string) error {
	v.meta = map[string]string{}
	return v.each(ctx, func(scan func(...any) error) error {
		var name, value string
		err := scan(&name, &value)
		v.meta[name] = value
		return err
	}, `SELECT name, value FROM `+table)
}

func lookAtFile(ctx context.Context, path string) (_ *view, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("store %s: %w", path, inWords(err))
		}
	}()
	whole, err := whole(path)
	if err != nil {
		return nil, inWordsOfFile(err)
	}
	switch info, err := os.Stat(whole); {
	case err != nil:
		return nil, inWordsOfFile(err)
	case info.IsDir():
		return nil, errors.New("it is a folder: name a file in it")
	case info.Size() == 0:
		return nil, errors.New("it is empty: serve makes a store of it")
	}
	db, err := readOnly(ctx, whole)
	if err != nil {
		return nil, err
	}
	v := &view{engine: "sqlite", where: path, path: whole, known: len(migrations)}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	v.pastReader, v.close = pastReader{tx}, func() error { return errors.Join(tx.Rollback(), db.Close()) }
	if v.version, err = versionOf(ctx, tx); err == nil {
		v.tables, err = v.names(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table'`)
	}
	if err == nil && v.version == 0 {
		err = errors.New("nothing is in it yet: serve makes a store of it")
	}
	if err == nil {
		err = v.readMeta(ctx, "meta")
	}
	if err != nil {
		return nil, errors.Join(err, v.close())
	}
	if v.key, v.noKey = readKey(whole + ".key"); errors.Is(v.noKey, fs.ErrNotExist) {
		v.noKey = fmt.Errorf("it is missing (%s)", whole+".key")
	}
	return v, nil
}

// learned gives what is learned of answers, by its keys.
func (v *view) learned(ctx context.Context) (map[string]string, error) {
	all := map[string]string{}
	err := v.each(ctx, func(scan func(...any) error) error {
		var key, text string
		err := scan(&key, &text)
		all[outOfText(key)] = text
		return err
	}, `SELECT key, value FROM record WHERE kind = ? AND value <> ''`, kindLearned)
	return all, err
}

// names gives the texts that a query answers.
func (v *view) names(ctx context.Context, query string) (names []string, err error) {
	err = v.each(ctx, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	}, query)
	return names, err
}

// sound tells of damage that no query comes upon: where a page has become another one, SQLite
// may find nothing, and nothing wrong. It reads the whole tables
// (https://www.sqlite.org/pragma.html#pragma_integrity_check).
func (v *view) sound(ctx context.Context, tables ...string) error {
	if v.engine != "sqlite" {
		return nil
	}
	for _, table := range tables {
		if !v.has(table) {
			continue
		}
		says, err := v.names(ctx, `PRAGMA integrity_check(`+table+`)`)
		if err != nil {
			return err
		}
		if !slices.Equal(says, []string{"ok"}) {
			return &inWordsError{damaged, errors.New(printable(strings.Join(says, " ")))}
		}
	}
	return nil
}

// readOnly opens a file to read it, whether a daemon uses it or not, as long as it can be
// read at all: on a full disk, and where nothing can be written, too. What its -wal holds
// is read, and never moved into the file: it may be another file's.
func readOnly(ctx context.Context, path string) (*sql.DB, error) {
	how := "rw" // and tidies up behind itself; nothing waits in a -wal that is not there or empty
	wal, err := os.Stat(path + "-wal")
	if err == nil && wal.Size() > 0 {
		how = "ro"
	}
	db, err := opened(ctx, address(path, "query_only(1)")+"&mode="+how)
	if failed := (*modernc.Error)(nil); errors.As(err, &failed) && how == "rw" && slices.Contains([]int{8, 10, 14}, failed.Code()&0xff) {
		// Nothing can be made beside it, in a folder that is read-only or a full one, so
		// nobody who could write has it open.
		return opened(ctx, address(path, "query_only(1)")+"&mode=ro&immutable=1")
	}
	return db, err
}

// opened opens a file and reads of it.
func opened(ctx context.Context, address string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	var tables int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// keyText is the key as its file has it.
func keyText(key []byte) string { return hex.EncodeToString(key) + "\n" }
