package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// newFile is a file that is made whole or not at all, under a name that nothing has yet;
// for its owner alone.
type newFile struct {
	*os.File

	to string
}

// makeNew begins a file under another name beside it, which a process that is killed
// leaves behind.
func makeNew(to string) (*newFile, error) {
	if err := vacant(to); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+".*.part")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", to, inWordsOfFile(err))
	}
	return &newFile{file, to}, nil
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

// place gives the file its name, once all of it is on the disk. A link, unlike a rename,
// takes nobody else's place.
func (n *newFile) place() error {
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
	n.drop()
	return err
}

// drop removes what was begun, with what SQLite has beside it.
func (n *newFile) drop() {
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
