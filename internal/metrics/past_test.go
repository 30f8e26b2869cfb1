package metrics

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// What the history has lost is counted where alerts can see it.
func TestHistoryLost(t *testing.T) {
	lost := 0
	m := New(Options{Unwritten: func() int { return lost }})
	lost = 7
	const want = `# HELP loginwatch_history_lost_total Slots that are not in the history, because the store could not be written for so long.
# TYPE loginwatch_history_lost_total counter
loginwatch_history_lost_total 7
`
	if err := testutil.GatherAndCompare(gathered{t, m}, strings.NewReader(want), "loginwatch_history_lost_total"); err != nil {
		t.Error(err)
	}
}
