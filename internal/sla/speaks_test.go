package sla

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// How long a run speaks follows from the slots of the month, skipped ones too, and from
// no others but the one before them; and every form of the dossier says how long it is.
func TestHowLongARunSpeaks(t *testing.T) {
	at := func(all ...time.Duration) []time.Duration { return all }
	every := func(d time.Duration, n int) (all []time.Duration) {
		for i := range n {
			all = append(all, time.Duration(i)*d)
		}
		return all
	}
	for name, tt := range map[string]struct {
		slots  []time.Duration // from the month's begin
		clause time.Duration
		want   string
	}{
		"every half an hour":           {every(30*time.Minute, 100), 0, "1:30:00"},
		"every second":                 {every(time.Second, 100), 0, "0:01:00"},
		"one alone":                    {at(time.Hour), 0, "1:00:00"},
		"one, and one before it":       {at(-48*time.Hour, time.Hour), 0, "147:00:00"},
		"once often, now each day":     {append(every(-time.Minute, 500)[1:], every(24*time.Hour, 20)[1:]...), 0, "72:00:00"},
		"each day, and often after it": {append(every(24*time.Hour, 30), at(30*24*time.Hour+time.Second, 30*24*time.Hour+2*time.Second)...), 0, "72:00:00"},
		"as the clause says":           {every(30*time.Minute, 100), 50 * time.Minute, "0:50:00"},
	} {
		c := DefaultClause()
		c.Speaks, c.Confirm = tt.clause, 100
		ring := history.NewRing(1_000)
		for i, s := range tt.slots {
			v := []loginwatch.Verdict{loginwatch.Skipped, loginwatch.Unavailable}[i%2]
			record(t, ring, history.Entry{Key: key, Due: november.Add(s), At: november.Add(s), Verdict: v, Reason: loginwatch.ReasonTimeout})
		}
		d, err := Make(t.Context(), ring, "acme", "", "2026-11", c, november.AddDate(0, 2, 0))
		if err != nil {
			t.Fatal(err)
		}
		for format, says := range map[string]string{"text": "  a run speaks  " + tt.want + " ", "html": `<th scope="row">a run speaks</th><td class="figure">` + tt.want, "json": `"speaks_seconds": `} {
			var b bytes.Buffer
			if err := d.Write(&b, format); err != nil || !strings.Contains(b.String(), says) {
				t.Errorf("%s: %v, want %q in\n%s", name, err, says, b.String())
			}
		}
		if got := time.Duration(d.json().Logins[0].Speaks) * time.Second; clock(got) != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
