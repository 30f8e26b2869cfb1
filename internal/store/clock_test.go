package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// A clock is trusted once it has run steadily for ten minutes, whatever it said before.
func TestClockIsTrusted(t *testing.T) {
	const minute, day = time.Minute, 24 * time.Hour
	type look struct {
		passed time.Duration // since the look before
		ahead  time.Duration // of the true time
		want   bool
	}
	for name, looks := range map[string][]look{
		"right from the start":              {{0, 0, false}, {9 * minute, 0, false}, {minute, 0, true}, {day, 0, true}},
		"seldom looked at":                  {{0, 0, false}, {day, 0, true}},
		"days ahead once":                   {{0, 0, false}, {11 * minute, 0, true}, {minute, 4 * day, false}, {minute, 0, false}, {9 * minute, 0, false}, {minute, 0, true}},
		"days ahead at first":               {{0, 4 * day, false}, {9 * minute, 4 * day, false}, {minute, 0, false}, {9 * minute, 0, false}, {minute, 0, true}},
		"set back":                          {{0, 0, false}, {11 * minute, 0, true}, {minute, -4 * day, false}, {10 * minute, -4 * day, true}},
		"back and forth":                    {{0, 0, false}, {6 * minute, day, false}, {6 * minute, 0, false}, {6 * minute, day, false}, {6 * minute, 0, false}},
		"a few seconds off, as claims wait": {{0, 0, false}, {6 * minute, 5 * time.Second, false}, {6 * minute, -5 * time.Second, true}},
		"running away":                      {{0, 0, false}, {6 * minute, 40 * time.Second, false}, {6 * minute, 80 * time.Second, false}, {6 * minute, 80 * time.Second, false}, {6 * minute, 80 * time.Second, true}},
	} {
		var elapsed time.Duration
		c := &clock{elapsed: func() time.Duration { return elapsed }}
		for i, l := range looks {
			elapsed += l.passed
			if got := c.steady(start.Add(elapsed + l.ahead)); got != l.want {
				t.Errorf("%s: look %d: trusted %t", name, i, got)
			}
		}
	}
}

// Whatever one claim's clock says, nobody forgets what rests: not what a refused
// credential waits for, nor what a vendor asked for.
func TestOneWrongClockForgetsNothing(t *testing.T) {
	for name, open := range map[string]func() *Ledger{
		"memory": func() *Ledger { return NewMemory(Budget{Rejections: 1}) },
		"SQLite": func() *Ledger {
			l, err := OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "loginwatch.db"), Budget{Rejections: 1})
			if err != nil {
				t.Fatal(err)
			}
			return l
		},
	} {
		for _, ahead := range []time.Duration{40 * 24 * time.Hour, 400 * 24 * time.Hour} {
			l := open()
			var elapsed time.Duration
			l.steady = (&clock{elapsed: func() time.Duration { return elapsed }}).steady
			slots := 0
			ask := func(credential, address string, ahead time.Duration) loginwatch.Ticket {
				t.Helper()
				slots++
				at := start.Add(elapsed + ahead)
				ticket, err := l.Admit(t.Context(), loginwatch.Claim{
					Slot: loginwatch.Slot{Key: loginwatch.Key{Vendor: "acme"}, Due: at.Add(time.Duration(slots))}, At: at, Address: address,
					Credential: loginwatch.Credential{Name: credential, Digest: credential},
				})
				if err != nil {
					t.Fatal(err)
				}
				return ticket
			}
			settle := func(ticket loginwatch.Ticket, s loginwatch.Settlement) {
				t.Helper()
				s.At = start.Add(elapsed)
				if _, err := l.Settle(t.Context(), ticket, s); err != nil {
					t.Fatal(err)
				}
			}
			settle(ask("refused", "one", 0), loginwatch.Settlement{Refusal: loginwatch.RefusalCertain})
			settle(ask("told to wait", "two", 0), loginwatch.Settlement{RetryAfter: time.Hour})
			elapsed += 11 * time.Minute // the clock was trusted
			settle(ask("another", "three", 0), loginwatch.Settlement{})
			elapsed += time.Minute
			settle(ask("another", "three", ahead), loginwatch.Settlement{})
			elapsed += time.Minute
			if a := ask("refused", "one", 0); a.Reason != loginwatch.ReasonSuspended {
				t.Errorf("%s, %s ahead: the refused credential: %+v", name, ahead, a.Admission)
			}
			if a := ask("told to wait", "two", 0); a.Reason != loginwatch.ReasonRetryAfter {
				t.Errorf("%s, %s ahead: the address: %+v", name, ahead, a.Admission)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
