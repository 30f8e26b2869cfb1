package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// NewFile is a file that is made whole or not at all, under a name that nothing has yet;
// for its owner alone.
type NewFile struct {
	*os.File

	to string
}

// CreateNew begins a file under another name beside it, which a process that is killed
// leaves behind.
func CreateNew(to string) (*NewFile, error) {
	if err := vacant(to); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+".*.part")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", to, inWordsOfFile(err))
	}
	return &NewFile{file, to}, nil
}

// vacant holds that nothing has a name.
func vacant(to string) error {
	switch _, err := os.Lstat(to); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", to, inWordsOfFile(err))
	}
	return fmt.Errorf("%s: there is a file of that name, and none is overwritten: name another one", to)
}

// Place gives the file its name, once all of it is on the disk. A link, unlike a rename,
// takes nobody else's place.
func (n *NewFile) Place() error {
	err := errors.Join(n.Sync(), n.Close())
	if err == nil {
		err = os.Link(n.Name(), n.to)
		if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) { // a file system without links
			if err = vacant(n.to); err == nil {
				err = os.Rename(n.Name(), n.to)
			}
		}
	}
	if err == nil {
		err = syncFolder(filepath.Dir(n.to))
	}
	n.Drop()
	if err != nil {
		return fmt.Errorf("%s: %w", n.to, err)
	}
	return nil
}

// Drop removes what was begun, with what SQLite has beside it.
func (n *NewFile) Drop() {
	_ = n.Close() // it was, or is not to be kept
	for _, part := range []string{"", "-journal", "-wal", "-shm"} {
		_ = os.Remove(n.Name() + part) // most are not there
	}
}

// syncFolder has the names in a folder on the disk.
func syncFolder(dir string) error {
	folder, err := os.Open(dir) //nolint:gosec // the operator's own path
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
