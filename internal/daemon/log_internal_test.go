package daemon

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// Seconds are a plain decimal in either format, and a number in JSON.
func TestSecondsInTheLog(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", 20 * time.Nanosecond: "0", 20430 * time.Nanosecond: "0.00002", time.Microsecond: "0.000001",
		312 * time.Millisecond: "0.312", 90 * time.Second: "90", 1234567891 * time.Nanosecond: "1.234568",
	} {
		var text, json bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("run", "seconds", decimal(d))
		slog.New(slog.NewJSONHandler(&json, nil)).Info("run", "seconds", decimal(d))
		if !strings.HasSuffix(text.String(), " seconds="+want+"\n") || !strings.HasSuffix(json.String(), `,"seconds":`+want+"}\n") {
			t.Errorf("%s: want %s, got %s%s", d, want, &text, &json)
		}
	}
}
