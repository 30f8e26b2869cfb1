package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// A credential that rests on purpose is no silence that nobody knows about, and
// no column promises a login before its end.
func TestRestingCredentials(t *testing.T) {
	until := start.Add(14 * time.Minute)
	suspended := func(r loginwatch.Refusal) loginwatch.CredentialState {
		return loginwatch.CredentialState{Credential: "a-production", Suspended: true, Refusal: r, Until: until}
	}
	for _, tt := range []struct {
		name        string
		state       loginwatch.CredentialState
		vendors     int
		next        time.Time
		header, row string
		silent      bool
	}{
		{"refused", suspended(loginwatch.RefusalCertain), 1, start, "1 rests: its credential was refused. As of", "skipped next try in 14 min", false},
		{"perhaps refused", suspended(loginwatch.RefusalPossible), 1, start, "1 rests: its credential may have been refused. As of", "skipped next try in 14 min", false},
		{"several", suspended(loginwatch.RefusalCertain), 2, start, "2 rest: what they log in with was refused. As of", "skipped next try in 14 min", false},
		{"a slot after the rest", suspended(loginwatch.RefusalCertain), 1, until.Add(time.Hour), "1 rests: its credential was refused. As of", "in 1 h 14 min", false},
		{"the rest is over", loginwatch.CredentialState{Credential: "a-production", Suspended: true, Until: start}, 1, start.Add(2 * time.Second), "1 not probed for a while. As of", "in 2 s", true},
		{"the planner is late", suspended(loginwatch.RefusalCertain), 1, start.Add(-time.Hour), "1 not probed for a while. As of", "1 h ago", true},
		{"no suspension", loginwatch.CredentialState{Credential: "a-production", Remaining: 2}, 1, start.Add(2 * time.Second), "1 not probed for a while. As of", "in 2 s", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := NewBoard(func() time.Time { return start })
			var jobs []loginwatch.Job
			for _, vendor := range []string{"a", "b"}[:tt.vendors] {
				j := job(vendor)
				j.Target.Credential = "a-production"
				jobs = append(jobs, j)
			}
			b.SetJobs(jobs)
			var slots []loginwatch.Slot
			for _, j := range jobs {
				slots = append(slots, loginwatch.Slot{Key: j.Key(), Planned: tt.next})
				recorded(t, b.RecordRun(t.Context(), run(j.Key().Vendor, start.Add(-time.Hour), loginwatch.OK, "", 200)))
				for range staleAfter {
					recorded(t, b.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: slots[len(slots)-1], Reason: loginwatch.ReasonSuspended, Refusal: tt.state.Refusal}))
				}
			}
			res, page := get(t, Handler(Options{Board: b, Ledger: ledger{states: []loginwatch.CredentialState{tt.state}}, Upcoming: func() []loginwatch.Slot { return slots }}), "/")
			row := rows(t, page)["a"]
			if res.StatusCode != http.StatusOK || !strings.Contains(page, tt.header) || !strings.Contains(row, tt.row) {
				t.Errorf("want %q and %q:\n%s\n%s", tt.header, tt.row, page[strings.Index(page, "<header"):strings.Index(page, "</header>")], row)
			}
			if strings.Contains(row, "us It was not probed") != tt.silent || strings.Contains(row, "our credential It was not probed for a while: the credential cools down") == tt.silent {
				t.Errorf("blamed otherwise: %s", row)
			}
		})
	}
}

// The operator names the credential, and may name it as he likes.
func TestCredentialIsNamed(t *testing.T) {
	b := NewBoard(func() time.Time { return start })
	j := job("a")
	j.Target.Credential = "a/<b>robot</b>\u202e"
	b.SetJobs([]loginwatch.Job{j})
	_, page := get(t, Handler(Options{Board: b}), "/")
	if !strings.Contains(page, "<code>a/&lt;b&gt;robot&lt;/b&gt;\ufffd</code>") {
		t.Errorf("the page does not name it:\n%s", page)
	}
}
