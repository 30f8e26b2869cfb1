//go:build !race

package curl

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// Whatever is opened a hundred thousand times, it costs what its length costs.
func TestHostile(t *testing.T) {
	for _, part := range []string{
		"(", "$(", "{", "`", "\"", "'", "$'", "\\", "<<E ", "<(", "A=$(", "A=$(curl x)\n", "${", "[", "^", "%A%", "@'\n", "$a", "$A_", "\n", "curl x;", "curl x\n", "-", " --next x", " -d a", " -F a=b",
		" -H a:b", " {{a}}", "HTTP/1.1 200 OK\n\n", "curl x\n{\n", "$ curl x\n", "curl x -d @- <<E\nE\n", "a=\"$a$a\"\n", "A=\"$A$A\";", " x?a&b", "/../", "curl \"", "é", " -ss",
	} {
		for _, head := range []string{"", "curl https://x/", "curl ^\n", "curl `\n"} {
			size := Limit / 64
			if len(part) == 1 && head == "curl https://x/" {
				size = Limit
			}
			data := []byte(head + strings.Repeat(part, (size-len(head))/len(part)))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			_, err := Read(data)
			took := time.Since(began)
			runtime.ReadMemStats(&after)
			if took > 10*time.Second {
				t.Errorf("%q behind %q took %v (%v)", part, head, took, err)
			}
			if grown := (after.TotalAlloc - before.TotalAlloc) >> 20; grown > 100 {
				t.Errorf("%q behind %q took %d MB", part, head, grown)
			}
		}
	}
	if _, err := Read(make([]byte, Limit+1)); err == nil {
		t.Error("a byte too many is read")
	}
}
