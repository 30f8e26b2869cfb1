package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	modernc "modernc.org/sqlite"
)

// applicationID is the file's mark.
const applicationID = 0x6c677731 // "lgw1"

// busy is how long a step waits for another process that writes.
const busy = 5 * time.Second

// OpenSQLite opens the ledger in a file, and makes the file where there is none; it
// and the key beside it are for their owner alone. Zero fields of budget mean the
// defaults. The errors say what is wrong with the file and what to do.
func OpenSQLite(ctx context.Context, path string, budget Budget) (*Ledger, error) {
	s, key, err := openSQLite(ctx, path)
	for begun := time.Now(); isBusy(err) && time.Since(begun) < busy; s, key, err = openSQLite(ctx, path) {
		// SQLite waits by itself but for a file that another process makes at this moment.
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", path, inWords(err))
	}
	return &Ledger{budget: budget.withDefaults(), engine: s, key: key}, nil
}

func openSQLite(ctx context.Context, path string) (_ *sqlite, key []byte, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, nil, withoutPath(err)
	}
	info, err := file.Stat()
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, nil, withoutPath(err)
	}
	if err := ours(ctx, path); err != nil {
		return nil, nil, err
	}
	db, err := sql.Open("sqlite", address(path, "journal_mode(wal)", "synchronous(full)", "foreign_keys(1)"))
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			_ = db.Close() // the error that counts is told
		}
	}()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, nil, err
	}
	s := &sqlite{
		path: path, info: info, db: db, conn: conn, writes: make(chan *write, batch), stop: make(chan struct{}), ended: make(chan struct{}),
		statements: map[string]*sql.Stmt{}, known: newKnown(), pending: newPending(),
	}
	if err := s.prepare(ctx); err != nil {
		return nil, nil, err
	}
	if key, err = s.keyBeside(path); err != nil {
		return nil, nil, err
	}
	go s.writer()
	return s, key, nil
}

// withoutPath gives the error of a file without the path that stands before it.
func withoutPath(err error) error {
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		return at.Err
	}
	return err
}

// address is the file's for the driver.
func address(path string, pragmas ...string) string {
	pragmas = append(pragmas, fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds()))
	at := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	return at.String()
}

// ours holds the file to be one of ours, or empty, before anything in it is changed.
func ours(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", address(path))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // it was read alone
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // it was read alone
	var sound string
	if err := tx.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&sound); err != nil {
		return err
	}
	if sound != "ok" {
		return errors.New("it is damaged: put back a backup, or move it and its -wal away (" + sound + ")")
	}
	_, err = versionOf(ctx, tx)
	return err
}

// versionOf gives the version of a file that is ours, or empty, and not newer than what
// is known here.
func versionOf(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
},
) (version int, err error) {
	var id, tables int
	for query, into := range map[string]*int{"PRAGMA application_id": &id, "PRAGMA user_version": &version, "SELECT count(*) FROM sqlite_schema": &tables} {
		if err := db.QueryRowContext(ctx, query).Scan(into); err != nil {
			return 0, err
		}
	}
	switch {
	case id != applicationID && (id != 0 || tables > 0):
		return 0, errors.New("it is an SQLite file of another program: name another file")
	case version > len(migrations):
		return 0, fmt.Errorf("a newer loginwatch has written it (version %d, this one knows %d): use that one, or name another file", version, len(migrations))
	}
	return version, nil
}

// prepare makes what the file lacks, and writes to it: what can't be written is found
// out before anything is to be sent.
func (s *sqlite) prepare(ctx context.Context) error {
	return s.commit([]*write{{ctx: ctx, do: func(s *sqlite) error {
		if err := s.migrate(ctx); err != nil {
			return err
		}
		return s.exec(`INSERT INTO meta (name, value) VALUES ('opened', ?) ON CONFLICT DO UPDATE SET value = excluded.value`, time.Now().UTC().Format(time.RFC3339Nano))
	}}})
}

// keyBytes is the length of the key by which credentials are told apart.
const keyBytes = sha256.Size

// keyBeside reads the key that stands beside the file, or makes one. What was
// remembered by another key would be forgotten without a word, so that is an error.
func (s *sqlite) keyBeside(path string) ([]byte, error) {
	path += ".key"
	key, err := readKey(path)
	known := ""
	if scan := s.conn.QueryRowContext(context.Background(), `SELECT value FROM meta WHERE name = 'key'`).Scan(&known); scan != nil && !errors.Is(scan, sql.ErrNoRows) {
		return nil, scan
	}
	if errors.Is(err, fs.ErrNotExist) {
		if known != "" {
			return nil, fmt.Errorf("its key is missing (%s): put it back; without it every budget would begin anew", path)
		}
		key, err = makeKey(path)
	}
	if err != nil {
		return nil, err
	}
	mark := fingerprint(key)
	if known == "" {
		known = mark
		err = s.commit([]*write{{do: func(s *sqlite) error {
			if err := s.exec(`INSERT INTO meta (name, value) VALUES ('key', ?) ON CONFLICT DO NOTHING`, mark); err != nil {
				return err
			}
			st, err := s.statement(`SELECT value FROM meta WHERE name = 'key'`)
			if err != nil {
				return err
			}
			return st.QueryRow().Scan(&known)
		}}})
	}
	if err == nil && known != mark {
		err = fmt.Errorf("the key beside it (%s) is another one than it was written with: put that one back; with this one every budget would begin anew", path)
	}
	return key, err
}

// fingerprint tells keys apart and says nothing of one.
func fingerprint(key []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("the key of a loginwatch store"))
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func readKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("others may read its key (%s has mode %#o): chmod 600 it", path, mode)
	}
	text, err := os.ReadFile(path) //nolint:gosec // beside the operator's own path
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != keyBytes {
		return nil, fmt.Errorf("its key (%s) is damaged: it should be %d hexadecimal digits", path, 2*keyBytes)
	}
	return key, nil
}

// makeKey makes the file whole or not at all, and leaves the one of another process
// that was faster.
func makeKey(path string) ([]byte, error) {
	var key [keyBytes]byte
	_, _ = rand.Read(key[:]) // never fails: crypto/rand ends the process first
	made, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(made.Name()) }() // the link stays
	_, err = made.WriteString(hex.EncodeToString(key[:]) + "\n")
	err = errors.Join(err, made.Sync(), made.Close())
	if err != nil {
		return nil, err
	}
	if err := os.Link(made.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return readKey(path)
}

// end implements engine.
func (s *sqlite) end() error {
	var err error
	s.close.Do(func() {
		close(s.stop)
		<-s.ended
		for _, st := range s.statements { // or the file keeps its -wal
			err = errors.Join(err, st.Close())
		}
		err = errors.Join(err, s.conn.Close(), s.db.Close(), s.pending.leave())
	})
	return err
}

func isBusy(err error) bool {
	var failed *modernc.Error
	return errors.As(err, &failed) && failed.Code()&0xff == 5
}

// inWords says what an error of SQLite's means for who has the file, and what to do
// (https://www.sqlite.org/rescode.html).
func inWords(err error) error {
	var failed *modernc.Error
	if !errors.As(err, &failed) {
		return err
	}
	words := map[int]string{
		5:  "another process holds it for longer than " + busy.String() + ": end that, or give each its own file",
		8:  "it can't be written: it, or its folder, is read-only for this user",
		10: "the disk could not be read or written: it may be full or broken",
		11: "it is damaged: put back a backup, or move it and its -wal away",
		13: "the disk is full",
		14: "it can't be opened: its folder has to be there, and readable and writable for this user",
		26: "it is no SQLite file: name another one",
	}[failed.Code()&0xff]
	if words == "" {
		return err
	}
	return fmt.Errorf("%s (%w)", words, err)
}
