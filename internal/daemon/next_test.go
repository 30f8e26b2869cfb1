package daemon_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/store"
)

// unreadable is a source that nothing can be read from.
type unreadable struct{ secrets }

func (unreadable) Secret(string) (string, bool, error) {
	return "", false, errors.New("permission denied")
}

// What becomes of a next secret is logged once, also where another target of the account
// names none, and so is that one can't be read.
func TestNextSecretIsLoggedOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		next    loginwatch.SecretSource
		answers []loginwatch.StepResult
		want    string
		detail  string // of the run that tried it
	}{
		"accepted":   {secrets{"password": fresh}, []loginwatch.StepResult{judged(loginwatch.OK, "", "success")}, `level=INFO msg="the next secret has taken over"`, "this login tried the next secret"},
		"refused":    {secrets{"password": fresh}, []loginwatch.StepResult{refused, judged(loginwatch.OK, "", "success")}, `level=WARN msg="the next secret has not taken over"`, "this login tried the next secret"},
		"unreadable": {unreadable{}, []loginwatch.StepResult{judged(loginwatch.OK, "", "success")}, `level=WARN msg="the next secret can't be used, the current one goes on" vendor=example target=production error="the next secret password: permission denied"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(store.NewMemory(store.DefaultBudget()), tt.answers...)
			f.job.Target.Next, f.job.Target.Coming = tt.next, []string{"password"}
			with, without := f.job, f.job
			other := *f.job.Target
			other.Name, other.Next, other.Coming = "staging", nil, nil
			without.Target = &other
			for range 4 {
				for _, f.job = range []loginwatch.Job{with, without} {
					f.slots(t.Context(), 1, time.Minute)
				}
			}
			log := f.log.String()
			if f.sent != 8 || strings.Count(log, tt.want) != 1 || strings.Contains(log, "marked-") {
				t.Errorf("%q is not logged once:\n%s", tt.want, log)
			}
			for i, r := range f.runs {
				if (r.Detail == tt.detail) != (i == 0 || tt.detail == "") {
					t.Errorf("run %d: detail %q", i, r.Detail)
				}
			}
		})
	}
}
