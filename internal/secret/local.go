package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

func fromEnvironment(ref Reference) string { return os.Getenv(ref.From) }

// directory is where a unit of systemd finds what LoadCredential and its like hand to
// it (systemd.exec(5), "Credentials").
const directory = "CREDENTIALS_DIRECTORY"

// readCredential reads a credential of systemd. Its name can lead nowhere else: it has
// no slash, and a link out of the directory is not followed.
func readCredential(ref Reference) (string, error) {
	dir := os.Getenv(directory)
	if dir == "" {
		return "", fmt.Errorf("%s: $%s is not set: systemd sets it for what it starts from a unit with LoadCredential", ref, directory)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fmt.Errorf("%s: the folder in $%s: %w", ref, directory, withoutPath(err))
	}
	defer func() { _ = root.Close() }() // nothing was written
	text, err := readBounded(ref.String(), maxBytes, func() (fs.FileInfo, error) { return root.Stat(ref.From) }, func() (*os.File, error) { return root.Open(ref.From) })
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w in $%s: what LoadCredential of the unit names is handed over when it is started", err, directory)
	}
	return text, err
}

// readFile reads a file of no more bytes than most; name is how its errors call it.
func readFile(name, path string, most int64) (string, error) {
	return readBounded(name, most, func() (fs.FileInfo, error) { return os.Stat(path) }, func() (*os.File, error) { return os.Open(path) })
}

func readBounded(name string, most int64, stat func() (fs.FileInfo, error), open func() (*os.File, error)) (string, error) {
	// Opening a pipe could wait for its writer for ever.
	if info, err := stat(); err == nil && !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s: not a regular file", name)
	}
	f, err := open()
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, withoutPath(err))
	}
	defer func() { _ = f.Close() }() // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return "", fmt.Errorf("%s: can't be read", name)
	}
	if int64(len(data)) > most {
		return "", fmt.Errorf("%s: larger than %d KiB", name, most>>10)
	}
	return string(data), nil
}
