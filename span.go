package loginwatch

import (
	"strings"
	"time"
)

// Span writes a duration without units that are zero at its end, as everybody is told one:
// 48m21s, 336h.
func Span(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = strings.TrimSuffix(text, zero[1:])
		}
	}
	return text
}
