//go:build !race

package har

import (
	"io"
	"runtime"
	"strings"
	"testing"
)

// stream writes an archive of entries that are pictures but for the first, and looks at
// the memory that is in use meanwhile.
type stream struct {
	rest    string
	entries int
	most    uint64
}

func (s *stream) Read(p []byte) (int, error) {
	if s.rest == "" {
		if s.entries == 0 {
			return 0, io.EOF
		}
		s.entries--
		s.rest = "," + strings.Replace(strings.Replace(call, "POST", "GET", 1), `application/json","text":"{}"`, `image/png","text":"`+strings.Repeat("A", 500<<10)+`"`, 1)
		if s.entries == 0 {
			s.rest += "]}}"
		}
		if s.entries%10 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			s.most = max(s.most, m.HeapAlloc)
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// An archive of 60 MiB takes the memory of its largest entries.
func TestStreamed(t *testing.T) {
	s := &stream{rest: strings.TrimSuffix(archive(call), "]}}"), entries: 120}
	recording, err := Read(s)
	if err != nil || len(recording.Exchanges) != 1 {
		t.Fatalf("%v, %+v", err, recording)
	}
	if s.most > 16<<20 {
		t.Errorf("%d MB are in use", s.most>>20)
	}
	long := io.MultiReader(strings.NewReader(archive(call)), io.LimitReader(blanks{}, Limit))
	if _, err := Read(long); err == nil || err.Error() != errTooLong.Error() {
		t.Errorf("more than 64 MiB: %v", err)
	}
}

// blanks are spaces without an end.
type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
