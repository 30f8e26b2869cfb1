package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	modernc "modernc.org/sqlite"

	"github.com/loginwatch/loginwatch/internal/place"
)

// Backup is a copy of a store.
type Backup struct {
	Bytes int64
	Slots int
	Runs  int // in its history
	Key   string
	NoKey error // why that one is of no use; nil when it is the right one
}

// pagesAtOnce is how much is copied before it is asked whether somebody wants to stop.
const pagesAtOnce = 1024

// BackUp copies the file of a store, as it stands at one moment, to a file that is not
// there yet, while others go on writing. The copy is looked through before it gets its
// name. What is needed to use it, the key, is copied beside it where that is asked for.
func BackUp(ctx context.Context, at Place, to string, withKey bool, now time.Time) (*Backup, error) {
	from, isFile := place.File(at.URL)
	if !isFile {
		return nil, noBackup(at)
	}
	v, err := look(ctx, at) // it is one of ours, and no newer one
	if err != nil {
		return nil, err
	}
	path, key, noKey := v.path, v.key, v.noKey
	if err := v.close(); err != nil {
		return nil, fmt.Errorf("store %s: %w", from, err)
	}
	if withKey && key == nil {
		return nil, fmt.Errorf("store %s: its key: %w", from, noKey)
	}
	file, err := CreateNew(to)
	if err != nil {
		return nil, err
	}
	defer file.Drop()
	if err := copyPages(ctx, path, file.Name()); err != nil {
		return nil, fmt.Errorf("copy %s to %s: %w", from, to, inWords(err))
	}
	made, err := finish(ctx, file.Name(), now)
	if err != nil {
		return nil, fmt.Errorf("the copy of %s in %s: %w", from, to, inWords(err))
	}
	made.Key, made.NoKey = path+".key", noKey
	if withKey {
		made.Key = to + ".key"
		if err := copyKey(key, made.Key); err != nil {
			return nil, err
		}
	}
	if err := file.Place(); err != nil {
		return nil, err
	}
	info, err := os.Stat(to)
	if err == nil {
		made.Bytes = info.Size()
	}
	return made, err
}

// ErrNoFile says that a store is no file, and what to do.
var ErrNoFile = errors.New("a store in PostgreSQL is backed up by its server's own means")

// noBackup says how a store is backed up that is no file.
func noBackup(at Place) error {
	conf, err := pgConfig(at)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return fmt.Errorf("%w, such as: pg_dump --format=custom --schema=loginwatch --file=FILE %s; keep its key as well", ErrNoFile, pgWhere(conf.ConnConfig))
}

// copyPages copies a file with what waits in its -wal, as it is at one moment
// (https://www.sqlite.org/backup.html): the read that goes on meanwhile keeps that moment.
func copyPages(ctx context.Context, from, to string) (err error) {
	db, err := readOnly(ctx, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	var tables int
	if _, err = conn.ExecContext(ctx, "BEGIN"); err == nil {
		err = conn.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables)
	}
	if err != nil {
		return err
	}
	return conn.Raw(func(driver any) error {
		source, ok := driver.(interface {
			NewBackup(to string) (*modernc.Backup, error)
		})
		if !ok {
			return errors.New("the driver of SQLite makes no backups")
		}
		b, err := source.NewBackup(address(to))
		if err != nil {
			return err
		}
		more := true
		for more && err == nil {
			if err = ctx.Err(); err == nil {
				more, err = b.Step(pagesAtOnce)
			}
		}
		if failed := b.Finish(); err == nil { // it says the same again
			err = failed
		}
		return err
	})
}

// finish makes one file of a copy, with the mark that it is one, and looks through it.
func finish(ctx context.Context, path string, now time.Time) (made *Backup, err error) {
	db, err := sql.Open("sqlite", address(path, "synchronous(full)"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	var mode, sound string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode = delete").Scan(&mode); err != nil {
		return nil, err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&sound); err != nil {
		return nil, err
	}
	if sound != "ok" {
		return nil, errors.New("the store is damaged, so there is no backup of it; store check says more (" + printable(sound) + ")")
	}
	if _, err := db.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('backup', ?) ON CONFLICT DO UPDATE SET value = excluded.value`, now.UTC().Format(time.RFC3339Nano)); err != nil {
		return nil, err
	}
	made = &Backup{}
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM slot`).Scan(&made.Slots); err != nil {
		return nil, err
	}
	var history int
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name = 'detail'`).Scan(&history)
	if err == nil && history > 0 {
		err = db.QueryRowContext(ctx, `SELECT count(*) FROM detail`).Scan(&made.Runs)
	}
	return made, err
}

// copyKey puts the key beside a backup, unless it is there already.
func copyKey(key []byte, to string) error {
	if there, err := readKey(to); err == nil && keyText(there) == keyText(key) {
		return nil
	}
	file, err := CreateNew(to)
	if err != nil {
		return err
	}
	defer file.Drop()
	if _, err := file.WriteString(keyText(key)); err != nil {
		return fmt.Errorf("%s: %w", to, err)
	}
	return file.Place()
}
