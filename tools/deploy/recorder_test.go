package main

import (
	"io"
	"regexp"
	"sync"
)

// recorder keeps what a terminal showed.
type recorder struct {
	mu    sync.Mutex
	shown []byte
}

func (r *recorder) readAll(from io.Reader) {
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		r.mu.Lock()
		r.shown = append(r.shown, buf[:n]...)
		r.mu.Unlock()
		if err != nil {
			return
		}
	}
}

var controls = regexp.MustCompile(`\x1b(\[[0-9;?>=]*[a-zA-Z]|\][^\x07]*\x07|[()][A-Z0-9]|[=>])`)

// plain is what was shown, without what moves the cursor.
func (r *recorder) plain() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return string(controls.ReplaceAll(r.shown, nil))
}
