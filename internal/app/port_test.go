package app

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// piped is a listener of connections that are given to it.
type piped struct {
	net.Listener
	next chan net.Conn
}

func (p piped) Accept() (net.Conn, error) { return <-p.next, nil }

// An answer ends when a part of it is not taken in the time for one, or all of it not in
// the time for all; whoever reads at the slowest pace that is allowed has everything.
func TestAnswersAreTakenAtSomePace(t *testing.T) {
	const parts = 40
	limits := DefaultPortLimits()
	for name, tt := range map[string]struct {
		every time.Duration // between two parts that are read; 0 reads none
		bytes int           // of each
		end   time.Duration // until it is cut; 0 for an answer that is complete
	}{
		"at once":                   {time.Nanosecond, part, 0},
		"slowly":                    {7 * time.Second, part, 0},
		"not at all":                {0, 0, limits.Part},
		"byte by byte":              {time.Second, 1, limits.Part},
		"too slowly for all of it":  {14 * time.Second, part, limits.Answer},
		"in halves, a bit too slow": {8 * time.Second, part / 2, 8*time.Second + limits.Part},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				l := piped{next: make(chan net.Conn, 1)}
				l.next <- ours
				conn, err := newGuests(l, limits, slog.New(slog.DiscardHandler)).Accept()
				if err != nil {
					t.Fatal(err)
				}
				read := make(chan struct{})
				go func() {
					defer close(read)
					for buf := make([]byte, max(1, tt.bytes)); tt.every > 0; time.Sleep(tt.every) {
						if _, err := io.ReadFull(theirs, buf); err != nil {
							return
						}
					}
				}()
				begun := time.Now()
				if err := conn.SetWriteDeadline(begun.Add(limits.Answer)); err != nil {
					t.Fatal(err)
				}
				n, err := conn.Write(make([]byte, parts*part))
				took := time.Since(begun)
				if tt.end == 0 && (err != nil || n != parts*part) || tt.end > 0 && (!errors.Is(err, os.ErrDeadlineExceeded) || took != tt.end) {
					t.Errorf("%d bytes in %s: %v", n, took, err)
				}
				if _, err := conn.Write([]byte("more")); (err == nil) != (tt.end == 0) {
					t.Errorf("what comes after that: %v", err)
				}
				_, _ = conn.Close(), theirs.Close()
				<-read
			})
		})
	}
}

// For a connection too many that one is closed which was quiet the longest, not the oldest.
func TestTheQuietConnectionGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := DefaultPortLimits()
		limits.Connections = 3
		l := piped{next: make(chan net.Conn, 1)}
		g := newGuests(l, limits, slog.New(slog.DiscardHandler))
		var ours, theirs []net.Conn
		accept := func() {
			t.Helper()
			a, b := net.Pipe()
			l.next <- a
			conn, err := g.Accept()
			if err != nil {
				t.Fatal(err)
			}
			ours, theirs = append(ours, conn), append(theirs, b)
			time.Sleep(time.Second)
		}
		for range 3 {
			accept()
		}
		go func() { _, _ = theirs[0].Write([]byte("x")) }()
		if _, err := ours[0].Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		_ = ours[2].Close() // makes place for one
		accept()
		accept()
		for i, closed := range []bool{false, true, true, false, false} {
			if err := ours[i].SetReadDeadline(time.Time{}); (err != nil) != closed {
				t.Errorf("connection %d: %v", i, err)
			}
		}
		for i := range ours {
			_, _ = ours[i].Close(), theirs[i].Close()
		}
		if len(g.in) != 0 {
			t.Errorf("%d are counted after the end", len(g.in))
		}
	})
}
