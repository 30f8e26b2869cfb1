package app

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A file is written whole, through a link and with the rights that it has; a pipe is
// written to; and what was begun under another name is nowhere left.
func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(in("old"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("old", in("link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"new", "old", "link", strings.Repeat("n", 255)} {
		if err := WriteFile(in(name), []byte("by "+name)); err != nil {
			t.Error(err)
		}
	}
	if text, _ := os.ReadFile(in("old")); string(text) != "by link" {
		t.Errorf("the file behind the link has %q", text)
	}
	if info, err := os.Lstat(in("link")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is gone")
	}
	if info, err := os.Stat(in("old")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the rights of the file became %v", info.Mode())
	}

	if err := syscall.Mkfifo(in("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	came := make(chan string)
	go func() {
		f, err := os.Open(in("pipe"))
		if err != nil {
			came <- err.Error()
			return
		}
		text, _ := io.ReadAll(f)
		_ = f.Close()
		came <- string(text)
	}()
	if err := WriteFile(in("pipe"), []byte("piped")); err != nil {
		t.Error(err)
	}
	if text := <-came; text != "piped" {
		t.Errorf("of the pipe came %q", text)
	}

	if err := WriteFile("/dev/full", []byte("x")); err == nil {
		t.Error("a full device takes it")
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if strings.HasSuffix(n.Name(), ".part") {
			t.Errorf("%s is left", n.Name())
		}
	}
}
