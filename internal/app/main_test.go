package app_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is also the process that [TestMissedSlot] puts to sleep.
func TestMain(m *testing.M) {
	if base := os.Getenv(sleeperBase); base != "" {
		os.Exit(sleeper(base, os.Stdin, os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}
