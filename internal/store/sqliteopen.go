package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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
	for begun := time.Now(); isBusy(err) && ctx.Err() == nil && time.Since(begun) < busy; s, key, err = openSQLite(ctx, path) {
		// SQLite waits by itself but for a file that another process makes at this moment.
		time.Sleep(10 * time.Millisecond)
	}
	if err == nil {
		budget, err = s.agree(budget)
		if err != nil {
			err = errors.Join(err, s.end())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", path, inWords(err))
	}
	l := newLedger(s, key, budget)
	if err := l.putBack(s); err != nil {
		return nil, fmt.Errorf("store %s: %w", path, errors.Join(inWords(err), s.end()))
	}
	return l, nil
}

// whole gives a path from the root, with its links followed: the key stands beside the
// file itself, whatever it is called by.
func whole(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	followed, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	return followed, err
}

// makeFile makes an empty file where there is none, and tells which file it is.
func makeFile(path string) (fs.FileInfo, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator's own path
	switch {
	case err == nil:
		err = file.Close()
	case errors.Is(err, fs.ErrExist):
		err = nil // not opened: closing it would give away the locks that this process has on it
	}
	if err != nil {
		return nil, err
	}
	return os.Stat(path)
}

func openSQLite(ctx context.Context, path string) (_ *sqlite, key []byte, err error) {
	path, err = whole(path)
	if err != nil {
		return nil, nil, inWordsOfFile(err)
	}
	info, err := makeFile(path)
	if err != nil {
		return nil, nil, inWordsOfFile(err)
	}
	if info.IsDir() {
		return nil, nil, errors.New("it is a folder: name a file in it")
	}
	if err := ours(ctx, path); err != nil {
		return nil, nil, err
	}
	db, err := sql.Open("sqlite", address(path, "journal_mode(wal)", "synchronous(full)", "foreign_keys(1)"))
	if err != nil {
		return nil, nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		_ = db.Close() // the error that counts is told
		return nil, nil, err
	}
	s := &sqlite{
		path: path, info: info, db: db, conn: conn, writes: make(chan *write, batch), stop: make(chan struct{}), ended: make(chan struct{}),
		statements: map[string]*sql.Stmt{}, known: newKnown(), pending: newPending(),
	}
	if err := s.prepare(ctx); err != nil {
		_ = s.release() // the error that counts is told
		return nil, nil, err
	}
	if key, err = s.keyBeside(path); err != nil {
		_ = s.release()
		return nil, nil, err
	}
	go s.writer()
	return s, key, nil
}

// inWordsOfFile says what stands in the way of a file, and what to do, without the path
// that stands before it.
func inWordsOfFile(err error) error {
	at := (*fs.PathError)(nil)
	if !errors.As(err, &at) {
		return err
	}
	for is, do := range map[error]string{
		fs.ErrNotExist:   "its folder has to be there: make it, or name another file",
		fs.ErrPermission: "its folder has to be writable for this user, and so has the file: name one that is, with store: {url: sqlite:FILE}",
		syscall.EROFS:    "name a file on a file system that can be written, with store: {url: sqlite:FILE}",
		syscall.EMFILE:   moreDescriptors,
	} {
		if errors.Is(at.Err, is) {
			return fmt.Errorf("%w: %s", at.Err, do)
		}
	}
	return at.Err
}

// address is the file's for the driver.
func address(path string, pragmas ...string) string {
	pragmas = append(pragmas, fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds()))
	at := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	return at.String()
}

// ours holds the file to be one of ours, or empty, before anything in it is changed.
func ours(ctx context.Context, path string) error {
	db, err := readOnly(ctx, path)
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
		return errors.New(damaged + " (" + printable(sound) + ")")
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
	_, err := s.commit([]*write{{ctx: ctx, do: func(s *sqlite) error {
		if err := s.migrate(ctx); err != nil {
			return err
		}
		now := time.Now().UTC().Format(time.RFC3339Nano)
		if err := s.exec(`INSERT INTO meta (name, value) SELECT 'made', ? WHERE NOT EXISTS (SELECT 1 FROM slot) ON CONFLICT DO NOTHING`, now); err != nil {
			return err
		}
		return s.exec(`INSERT INTO meta (name, value) VALUES ('opened', ?) ON CONFLICT DO UPDATE SET value = excluded.value`, now)
	}}})
	return err
}

// agree gives the budget that holds: the one that is given, for those who come after and
// give none as well, or the one that was given last.
func (s *sqlite) agree(given Budget) (holds Budget, err error) {
	holds = given
	err = s.run(context.Background(), func(s *sqlite) error {
		if given != (Budget{}) {
			text, err := json.Marshal(given)
			if err != nil {
				return err
			}
			return s.exec(`INSERT INTO meta (name, value) VALUES ('budget', ?) ON CONFLICT DO UPDATE SET value = excluded.value`, string(text))
		}
		text, err := s.meta("budget")
		if err != nil || text == "" {
			return err
		}
		return json.Unmarshal([]byte(text), &holds)
	})
	return holds, err
}

// meta gives what stands under a name; "" for nothing.
func (s *sqlite) meta(name string) (value string, err error) {
	st, err := s.statement(`SELECT value FROM meta WHERE name = ?`)
	if err != nil {
		return "", err
	}
	err = st.QueryRowContext(context.Background(), name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

// end implements engine.
func (s *sqlite) end() (err error) {
	s.close.Do(func() {
		close(s.stop)
		<-s.ended
		err = errors.Join(s.release(), s.pending.leave())
	})
	return err
}

// release lets go of the file.
func (s *sqlite) release() (err error) {
	for _, st := range s.statements { // or the file keeps its -wal
		err = errors.Join(err, st.Close())
	}
	return errors.Join(err, s.conn.Close(), s.db.Close())
}

const damaged = "it is damaged: put back a backup; who moves it and its -wal away lets every suspension end and every budget begin again"

func isBusy(err error) bool {
	var failed *modernc.Error
	return errors.As(err, &failed) && failed.Code()&0xff == 5
}

// inWords says what an error of SQLite's means for who has the file, and what to do
// (https://www.sqlite.org/rescode.html).
func inWords(err error) error {
	var failed *modernc.Error
	if !errors.As(err, &failed) || errors.As(err, new(*inWordsError)) {
		return err
	}
	words := map[int]string{
		5:  "another process holds it for longer than " + busy.String() + ": find and end that one (a shell, a backup); no file of its own, which would be a second budget for the same accounts",
		8:  "it can't be written: it, or its folder, is read-only for this user: make both writable, or be the user to whom they belong",
		10: "the disk could not be read or written: make room if it is full, and see what the kernel says of it if not",
		11: damaged,
		13: "the disk is full: make room",
		14: "it can't be opened: its folder has to be there, and readable and writable for this user",
		26: "it is no SQLite file: name another one",
	}[failed.Code()&0xff]
	if failed.Code()&0xff == 14 && fewDescriptors() {
		words = "it can't be opened: this process has hardly a file descriptor left: " + moreDescriptors
	}
	if words == "" {
		return err
	}
	return &inWordsError{words, err}
}

const moreDescriptors = "let it have more files open at a time (LimitNOFILE= of its unit, ulimit -n)"

// fewDescriptors tells whether this process may have opened the last of the files that
// SQLite needs at a time (the store's, its -wal and -shm, its folder), of which SQLite does not say why
// it could not.
func fewDescriptors() bool {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return false
	}
	open, err := os.ReadDir("/dev/fd")
	return errors.Is(err, syscall.EMFILE) || err == nil && uint64(len(open))+4 > limit.Cur
}

// inWordsError is an error of SQLite's whose words are said: no caller says them again.
type inWordsError struct {
	words string
	is    error
}

func (e *inWordsError) Error() string {
	return e.words + " (" + printable(strings.Replace(e.is.Error(), ": not an error", "", 1)) + ")" // as the driver says of a copy
}

func (e *inWordsError) Unwrap() error { return e.is }
