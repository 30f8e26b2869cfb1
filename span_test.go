package loginwatch_test

import (
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

func TestSpan(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "1.5s": 1500 * time.Millisecond, "10s": 10 * time.Second, "1m": time.Minute, "48m21s": 48*time.Minute + 21*time.Second,
		"10m": 10 * time.Minute, "1h": time.Hour, "1h0m10s": time.Hour + 10*time.Second, "20h": 20 * time.Hour, "336h": 14 * 24 * time.Hour, "-1h30m": -90 * time.Minute,
	} {
		if got := loginwatch.Span(d); got != want {
			t.Errorf("%d: got %s, want %s", d, got, want)
		}
	}
}
