package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// terminal tells whether colour is welcome and how wide a line may be.
func terminal(w io.Writer) (color bool, width int) {
	if !isTerminal(w) {
		return false, 0
	}
	width, err := strconv.Atoi(os.Getenv("COLUMNS"))
	if err != nil {
		width = 0
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", width
}

// isTerminal tells whether a person is at the other end of a reader or writer.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// interruptible reads what somebody types, and gives up when the program is to end.
type interruptible struct {
	ctx context.Context
	in  io.Reader
}

func (i interruptible) Read(b []byte) (int, error) {
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		own := make([]byte, len(b)) // b is the caller's again once this has given up
		n, err := i.in.Read(own)
		done <- result{own[:n], err}
	}()
	select {
	case r := <-done:
		return copy(b, r.data), r.err
	case <-i.ctx.Done():
		return 0, i.ctx.Err()
	}
}

// progressOn gives where progress goes: the terminal, or nowhere.
func progressOn(w io.Writer) io.Writer {
	if isTerminal(w) {
		return w
	}
	return io.Discard
}

// textOf reads a pack's file, as positions name it.
func textOf(packs []string) func(file string) ([]byte, error) {
	return func(file string) ([]byte, error) {
		data, err := fs.ReadFile(loginwatch.Embedded, file)
		for _, dir := range packs {
			if err != nil && strings.HasPrefix(file, dir+"/") {
				data, err = os.ReadFile(file)
			}
		}
		return data, err
	}
}

// sourceLine reads one line of a pack's file, for excerpts under a finding.
// Positions of added packs begin with their folder.
func sourceLine(packs []string) func(file string, line int) (string, bool) {
	read := textOf(packs)
	return func(file string, line int) (string, bool) {
		data, err := read(file)
		if err != nil {
			return "", false
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		lines.Buffer(nil, 1<<20)
		for n := 1; lines.Scan(); n++ {
			if n == line {
				return lines.Text(), true
			}
		}
		return "", false
	}
}
