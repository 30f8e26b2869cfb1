package fetch_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"
)

// What is no answer of HTTP is told in our own words: an error holds nothing of what came.
func TestBrokenAnswers(t *testing.T) {
	for _, marked := range []string{"marked", "\x1b[31mmarked\u202e"} {
		for name, answer := range broken(marked) {
			t.Run(name+strings.Repeat(" with escapes", len(marked)/len("marked\x1b")), func(t *testing.T) {
				t.Parallel()
				base := raw(t, answer)
				_, err := fetcher(time.Minute).Get(t.Context(), base)
				if err == nil || strings.Contains(err.Error(), "marked") || strings.ContainsFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) }) {
					t.Errorf("%q", err)
				}
			})
		}
	}
}

// broken are answers that are none, with something marked in each.
func broken(marked string) map[string]string {
	return map[string]string{
		"no HTTP":           marked + "\r\n\r\n",
		"a status":          "HTTP/1.1 " + marked + "\r\n\r\n",
		"a version":         "HTTP/9" + marked + " 200 OK\r\n\r\n",
		"a header line":     "HTTP/1.1 200 OK\r\n" + marked + "\r\n\r\n",
		"a header's name":   "HTTP/1.1 200 OK\r\n" + marked + "\x00: a\r\n\r\n",
		"a length":          "HTTP/1.1 200 OK\r\nContent-Length: " + marked + "\r\n\r\n",
		"two lengths":       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2" + marked + "\r\n\r\n",
		"a coding":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + marked + "\r\n\r\n",
		"a chunk":           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + marked + "\r\n",
		"a place":           "HTTP/1.1 302 Found\r\nLocation: http://[" + marked + "\r\nContent-Length: 0\r\n\r\n",
		"a place's scheme":  "HTTP/1.1 302 Found\r\nLocation: " + marked + "://x\r\nContent-Length: 0\r\n\r\n",
		"another host":      "HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/" + marked + "\r\nContent-Length: 0\r\n\r\n",
		"a header too long": "HTTP/1.1 200 OK\r\nX: " + strings.Repeat(marked, 100_000) + "\r\n\r\n",
		"gzip that is none": "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\nmarked",
	}
}

// raw serves an answer as it stands.
func raw(t *testing.T, answer string) (base string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = c.Write([]byte(answer)) // the client may be gone by then
		_ = c.Close()
	}))
	t.Cleanup(server.Close)
	return server.URL
}
