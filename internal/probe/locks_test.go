package probe

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// talkative is a connection on which something comes at any time.
type talkative struct{ net.Conn }

func (talkative) Read(p []byte) (int, error) { return len(p), nil }
func (talkative) RemoteAddr() net.Addr       { return &net.TCPAddr{} }

// net/http may read from the connection still while it is told where an exchange went: a
// login for which one waits for the other would never end, nor would its job ever be run
// again.
func TestDescribedWhileReading(t *testing.T) {
	tr := newTrace()
	if _, err := tr.dialed(talkative{}); err != nil {
		t.Fatal(err)
	}
	tr.line.begun = true
	read := make(chan struct{})
	var both sync.WaitGroup
	both.Go(func() {
		defer close(read)
		one := make([]byte, 1)
		for range 500_000 {
			_, _ = tr.line.Read(one)
		}
	})
	both.Go(func() {
		for {
			select {
			case <-read:
				return
			default:
				tr.describe(&loginwatch.Exchange{}, way{}, nil)
			}
		}
	})
	over := make(chan struct{})
	go func() {
		both.Wait()
		close(over)
	}()
	select {
	case <-over:
	case <-time.After(30 * time.Second):
		t.Fatal("one waits for the other")
	}
}
