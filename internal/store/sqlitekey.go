package store

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// keyBytes is the length of the key by which credentials are told apart.
const keyBytes = sha256.Size

// keyBeside reads the key that stands beside the file, or makes one; of several
// processes at once one makes it. What was remembered by another key would be forgotten
// without a word, so that is an error.
func (s *sqlite) keyBeside(path string) (key []byte, err error) {
	path += ".key"
	_, err = s.commit([]*write{{do: func(s *sqlite) error {
		known, err := s.meta("key")
		if err != nil {
			return err
		}
		key, err = readKey(path)
		switch missing := errors.Is(err, fs.ErrNotExist); {
		case missing && known != "":
			return fmt.Errorf("its key is missing (%s): put it back; without it every budget would begin again", path)
		case missing:
			key, err = makeKey(path)
		}
		if err != nil {
			return err
		}
		mark := fingerprint(key)
		if known != "" && known != mark {
			return fmt.Errorf("the key beside it (%s) is another one than it was written with: put that one back; with this one every budget would begin again", path)
		}
		return s.exec(`INSERT INTO meta (name, value) VALUES ('key', ?) ON CONFLICT DO NOTHING`, mark)
	}}})
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

// makeKey makes the file whole or not at all, and on the disk before anything is
// written by it.
func makeKey(path string) ([]byte, error) {
	var key [keyBytes]byte
	_, _ = rand.Read(key[:]) // never fails: crypto/rand ends the process first
	dir := filepath.Dir(path)
	made, err := os.CreateTemp(dir, filepath.Base(path)+".*")
	if err != nil {
		return nil, inWordsOfFile(err)
	}
	_, err = made.WriteString(keyText(key[:]))
	err = errors.Join(err, made.Sync(), made.Close())
	if err == nil {
		err = os.Rename(made.Name(), path)
	}
	if err != nil {
		_ = os.Remove(made.Name()) // the error that counts is told
		return nil, err
	}
	if err := syncFolder(dir); err != nil {
		return nil, err
	}
	return readKey(path)
}
