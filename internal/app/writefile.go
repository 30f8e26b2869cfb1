package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile makes a file, or puts another content in the place of its own: all of it, or
// it stays as it was. What is no regular file, such as a pipe, is written to, and so is a
// file beside which nothing can be made.
func WriteFile(name string, data []byte) error {
	mode := fs.FileMode(0o644)
	to := name
	if info, err := os.Stat(name); err == nil {
		if !info.Mode().IsRegular() {
			return writeOver(name, data)
		}
		mode = info.Mode().Perm()
		if f, err := os.OpenFile(name, os.O_WRONLY, 0); err != nil { // one that is read-only stays
			return fmt.Errorf("%s: %w", name, withoutPath(err))
		} else if err := f.Close(); err != nil {
			return err
		}
		if to, err = filepath.EvalSymlinks(name); err != nil {
			return err
		}
	}
	part, err := writePart(to, data, mode)
	if errors.Is(err, fs.ErrPermission) && part == "" {
		return writeOver(name, data)
	}
	if err == nil {
		err = os.Rename(part, to)
	}
	if err == nil {
		return nil
	}
	if part != "" {
		_ = os.Remove(part)
	}
	return fmt.Errorf("%s: %w", name, withoutPath(err))
}

func writeOver(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// writePart writes what is to be a file under another name beside it, which nobody has. It
// gives that name once it is there, also with an error.
func writePart(name string, data []byte, mode fs.FileMode) (part string, err error) {
	part = filepath.Join(filepath.Dir(name), rand.Text()+".part")
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	return part, errors.Join(err, f.Close())
}
